"""Statements on paper and in workbooks: of a customer, or of a group with a summary of its accounts in front. In the language of whom
they go to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.merging import amount_in, day_in, language_of, short_day_in
from arops.lib.sheets import Cover, to_xlsx
from arops.lib.tables import Column, Table
from arops.lib.words import by_language
from collections_app.policy.statement_words import WORDS, bucket_words, event_words, kind_words
from collections_app.selectors.statement import Statement, StatementItem, StatementPart
from customers.models import Customer
from invoicing.services.paper import in_colour, look_of

CSS = Path(settings.BASE_DIR) / "static" / "css" / "paper.css"
ROWS = 600
"""Rows of all tables of a statement on paper together: some four seconds and a hundred megabytes to set, which a web process bears. Of
more it says how many and what they sum to; the workbook lists all."""
FEWEST = 5
"""Rows that each table shows however many accounts there are."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def paper_of(made: Sequence[Statement]) -> bytes:
    """The statement as PDF on the letterhead of the first one's company; several are a group's. Raises PdfUnavailable."""
    head = made[0].customer
    language = language_of(head.language)
    look = look_of(head.company, language)
    most = longest([len(rows) for one in made for part in one.parts for rows in (part.lines, part.items)])
    context = {
        "words": WORDS[language], "language": language, "customer": head, "as_of": day_in(made[0].as_of, language),
        "accounts": [_account(one, language, most) for one in made], "sums": _sums(made, language) if len(made) > 1 else [], **look,
    }  # fmt: skip
    return pdf.from_html(render_to_string("customers/statement_paper.html", context), in_colour(CSS.read_text(), look["accent"]))


def longest(lengths: Sequence[int]) -> int:
    """How many rows a table may show for all of these to fit the paper: short ones are whole, long ones share what is left."""
    left = ROWS
    for n, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - n)
        if length > share:
            return max(share, FEWEST)
        left -= length
    return ROWS


def _account(made: Statement, language: str, most: int) -> dict[str, Any]:
    parts = [_part(part, made, language, most) for part in made.parts if len(made.parts) == 1 or part.opening or part.lines or part.items]
    return {"customer": made.customer, "parts": parts}


def _part(part: StatementPart, made: Statement, language: str, most: int) -> dict[str, Any]:
    """A currency of an account in words: movements, open items, ageing; cut where there is more than paper holds."""
    words, c = WORDS[language], part.currency
    rest = part.items[most:]
    later = part.lines[-most:]
    opening = part.opening + sum(line.amount for line in part.lines[: len(part.lines) - len(later)])
    return {
        "currency": c, "first": short_day_in(made.first if len(later) == len(part.lines) else later[0].day, language),
        "opening": amount_in(opening, c, language), "as_of": short_day_in(made.as_of, language),
        "closing": amount_in(part.closing, c, language),
        "lines": [
            (short_day_in(line.day, language), event_words(line.code, language), line.number, amount_in(line.amount, c, language),
             amount_in(line.balance, c, language))
            for line in later
        ],
        "items": [_item(row, language) for row in part.items[:most]],
        "more": (words["more_rows"].format(n=len(rest)), amount_in(sum(row.item.balance for row in rest), c, language)) if rest else None,
        "labels": [words["current"], *(bucket_words(label, language) for label in made.labels[1:])],
        "buckets": [amount_in(n, c, language) for n in part.ageing.buckets],
        "credits": amount_in(part.ageing.credits, c, language),
    }  # fmt: skip


def _item(row: StatementItem, language: str) -> dict[str, Any]:
    item, c = row.item, row.item.currency
    return {
        "number": item.number, "kind": kind_words(item.kind, language), "dated": short_day_in(item.document_date, language),
        "due": short_day_in(item.due_date, language), "days": row.days or "", "amount": amount_in(item.amount, c, language),
        "open": amount_in(item.balance, c, language), "disputed": amount_in(row.disputed, c, language) if row.disputed else "",
    }  # fmt: skip


def _sums(made: Sequence[Statement], language: str) -> list[dict[str, Any]]:
    """A currency: what each account of the group owes, and together."""
    found = []
    for currency in sorted({c for one in made for c in one.balances}):
        rows = [(one.customer, one.balances[currency], one.past_due.get(currency, 0)) for one in made if currency in one.balances]
        found.append({
            "currency": currency, "total": amount_in(sum(n for _, n, _ in rows), currency, language),
            "late": amount_in(sum(n for *_, n in rows), currency, language),
            "rows": [
                (c.number, c.name, amount_in(late, currency, language), amount_in(owed, currency, language)) for c, owed, late in rows
            ],
        })  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Posted:
    """A row of an account: the opening balance, or what moved it; the amounts of a currency sum to its closing balance."""

    customer: Customer
    currency: str
    day: date
    text: str
    number: str
    amount: int
    balance: int


def items_table(made: Sequence[Statement], language: str = "en") -> Table:
    """The open items; the closing balance is their total."""
    rows = [(one.customer, row) for one in made for part in one.parts for row in part.items]
    w = WORDS[language]
    columns = [
        *([Column("customer", w["customer"], lambda r: r[0].name, grow=True)] if len(made) > 1 else []),
        Column("number", w["item"], lambda r: r[1].item.number),
        Column("kind", w["kind"], lambda r: kind_words(r[1].item.kind, language)),
        Column("document_date", w["dated"], lambda r: r[1].item.document_date, kind="date"),
        Column("due_date", w["due"], lambda r: r[1].item.due_date, kind="date"),
        Column("days", w["days"], lambda r: r[1].days, kind="num"),
        Column("amount", w["amount"], lambda r: r[1].item.amount, kind="money"),
        Column("balance", w["open"], lambda r: r[1].item.balance, kind="money", total=True),
        Column("disputed", w["disputed"], lambda r: r[1].disputed, kind="money", total=True),
    ]
    return Table(columns, rows, currency=lambda r: r[1].item.currency)


def account_table(made: Sequence[Statement], language: str = "en") -> Table:
    """Opening balances and movements; their total is the closing balance."""
    w = WORDS[language]
    columns = [
        *([Column("customer", w["customer"], lambda r: r.customer.name, grow=True)] if len(made) > 1 else []),
        Column("day", w["date"], lambda r: r.day, kind="date"), Column("text", w["event"], lambda r: r.text, grow=True),
        Column("number", w["item"], lambda r: r.number), Column("amount", w["amount"], lambda r: r.amount, kind="money", total=True),
        Column("balance", w["balance"], lambda r: r.balance, kind="money"),
    ]  # fmt: skip
    return Table(columns, [row for one in made for row in _posted(one, language)], currency=lambda r: r.currency)


def _posted(made: Statement, language: str) -> Iterator[Posted]:
    for part in made.parts:
        yield Posted(made.customer, part.currency, made.first, WORDS[language]["forward"], "", part.opening, part.opening)
        for line in part.lines:
            text = event_words(line.code, language)
            yield Posted(made.customer, part.currency, line.day, text, line.number, line.amount, line.balance)


def workbook_of(made: Sequence[Statement], author: str = "") -> bytes:
    """The statement as an Excel workbook in the customer's language: open items, the account, and what it is; `author` is who asked for
    it."""
    head = made[0]
    language = language_of(head.customer.language)
    words = by_language("workbook")[language]
    about = {WORDS[language]["customer"]: head.customer.name, words["from"]: short_day_in(head.first, language)}
    about |= {words["accounts"]: str(len(made))} if len(made) > 1 else {}
    title = f"{WORDS[language]['statement']} {head.customer.number}"
    cover = Cover(title, author or head.customer.company.name, head.as_of, about, words)
    return to_xlsx(items_table(made, language), cover, {words["Account"]: account_table(made, language)})


def cover_of(made: Sequence[Statement], author: str) -> Cover:
    """What the workbook says of itself."""
    head = made[0]
    about = {"customer": head.customer.name, "from": head.first.isoformat(), "accounts": str(len(made)) if len(made) > 1 else ""}
    return Cover(f"Statement {head.customer.number}", author, head.as_of, about)
