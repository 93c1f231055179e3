"""Writing a reminder: its subject, its text for the mail, its page for PDF or print."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.merging import LANGUAGES, amount_in, day_in, language_note, language_of, merge, one_line, short_day_in, sum_in
from collections_app.models import StrategyStep
from collections_app.policy.dunning import Asked, Decision
from collections_app.policy.letters import WORDS, Row, enclosed_words, plain_table
from collections_app.selectors.dunning import Case
from customers.models import Customer
from invoicing.services.paper import in_colour, look_of
from ledger.models import OpenItem

CSS = Path(settings.BASE_DIR) / "static" / "css" / "letter.css"
LISTED = 400
"""Items that a letter lists; of more it says how many and their sum, since a page of tens of thousands takes minutes to set."""


NAMED = 5
"""Credits that a letter names where it sets them off."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A reminder as it goes out. `file` is a PDF, or where this server can't make one (`has_pdf` False) the same page as HTML."""

    subject: str
    body: str
    file: bytes
    file_name: str
    content_type: str

    @property
    def has_pdf(self) -> bool:
        """Whether the page is a PDF."""
        return self.content_type == "application/pdf"


def draft_letter(case: Case, step: StrategyStep, day: date) -> tuple[str, str]:
    """Subject and text of the reminder of a case at a step, in the customer's language, of a day."""
    language = letter_language(step, case.customer.language)[0]
    subject, body = _texts(step, language)
    values, rows = _values(case, step, day, language), _rows(case, language)
    more = len(case.decision.asked) - len(rows)
    said = WORDS[language]["more"].format(n=more) if more else ""
    return one_line(merge(subject, values))[:250], merge(body, values | {"items": plain_table(rows, values["total"], language, said)})


def write_letter(case: Case, step: StrategyStep, day: date, *, statement: bool = False, copies: int = 0) -> Letter:
    """The reminder as it goes out, with its page; it names what goes along: a statement, so many copies of invoices."""
    language = letter_language(step, case.customer.language)[0]
    heading, text = draft_letter(case, step, day)
    values, rows, body = _values(case, step, day, language), _rows(case, language), _texts(step, language)[1]
    look, printed = look_of(case.customer.company, language), pdf.is_available()
    shown = _page(case, language, values, rows) | _around(body, values) | look | {"heading": heading, "printed": printed}
    shown |= {"account": None if statement else _account(case, language), "enclosed": enclosed_words(language, statement, copies)}
    html, css = render_to_string("letters/dunning.html", shown), in_colour(CSS.read_text(), look["accent"])
    name = re.sub(r"[^\w.-]+", "-", f"reminder-{case.customer.number}-{day}")
    if printed:
        return Letter(heading, text, pdf.from_html(html, css), f"{name}.pdf", "application/pdf")
    styled = html.replace("<!--style-->", f"<style>{css}</style>", 1)
    said = f"{text}\n\n{WORDS[language]['without_pdf']}\n"
    return Letter(heading, said, styled.encode(), f"{name}.html", "text/html; charset=utf-8")


def letter_language(step: StrategyStep, code: str) -> tuple[str, str]:
    """The language that a step's letter to somebody of a language code is in, all of it, and what people are told where it isn't theirs:
    English, where the step's own text is in no other."""
    wanted = language_of(code)
    if wanted == "en":
        return "en", language_note(code)
    if any(text.language == wanted for text in step.texts.all()):
        return wanted, ""
    return "en", f"the step has no text in {LANGUAGES[wanted]}: the letter is in English"


def _texts(step: StrategyStep, language: str) -> tuple[str, str]:
    """Subject and body in the language; who signs by name stands below a text that doesn't say so itself."""
    subject, body = next(((t.subject, t.body) for t in step.texts.all() if t.language == language), (step.subject, step.body))
    by_name = step.signer != StrategyStep.Signer.COMPANY and "{signer}" not in body
    return subject, f"{body.rstrip()}\n\n{{signer}}" if by_name else body


def signer_of(step: StrategyStep, customer: Customer) -> str:
    """Who signs: the person named, the customer's collector where there is one, else the company."""
    if step.signer == StrategyStep.Signer.NAMED and step.signed_by:
        return step.signed_by
    collector = customer.collector if step.signer == StrategyStep.Signer.COLLECTOR else None
    return collector.name if collector else customer.company.name


def _values(case: Case, step: StrategyStep, day: date, language: str) -> dict[str, str]:
    decision, customer = case.decision, case.customer
    company, currency = customer.company, decision.account.currency
    return {
        "customer": customer.name, "number": customer.number, "company": company.name,
        "total": sum_in(decision.amount, currency, language), "oldest": decision.asked[0].debit.number,
        "days": str(decision.days), "day": day_in(day, language),
        "signer": signer_of(step, customer), "answer_to": company.email or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">"),
    }  # fmt: skip


def _rows(case: Case, language: str) -> list[Row]:
    return [_row(asked, case.decision.account.currency, language) for asked in case.decision.asked[:LISTED]]


def _row(asked: Asked, currency: str, language: str) -> Row:
    debit = asked.debit
    held = debit.balance - asked.amount - asked.covered
    return Row(
        debit.number, short_day_in(debit.document_date, language), short_day_in(debit.due_date, language), asked.days,
        amount_in(debit.balance, currency, language), amount_in(held, currency, language) if held else "",
        amount_in(asked.amount, currency, language),
    )  # fmt: skip


def _around(body: str, values: dict[str, str]) -> dict[str, str]:
    """The text before and after the list of items."""
    before, _, after = body.partition("{items}")
    return {"before": merge(before, values).strip(), "after": merge(after, values).strip()}


def _page(case: Case, language: str, values: dict[str, str], rows: list[Row]) -> dict[str, Any]:
    """What the page of the letter shows beside its text: the items asked for, and the whole account."""
    decision, currency = case.decision, case.decision.account.currency
    more = len(decision.asked) - len(rows)
    covered = sum(a.covered for a in decision.asked)
    return {
        "language": language, "words": WORDS[language], "customer": case.customer, "company": case.customer.company,
        "day": values["day"], "rows": rows, "number": values["number"],
        "currency": currency, "has_held": any(r.held for r in rows), "total": amount_in(decision.amount, currency, language),
        "covered": amount_in(-covered, currency, language) if covered else "",
        "more": WORDS[language]["more"].format(n=more) if more > 0 else "", "credits_named": _credits_named(case) if covered else "",
    }  # fmt: skip


def _credits_named(case: Case) -> str:
    """Which credits are set off: their numbers, of many the first."""
    credits = OpenItem.objects.open().credits().filter(customer=case.customer, currency=case.decision.account.currency)
    numbers = list(credits.order_by("document_date", "pk").values_list("number", flat=True)[: NAMED + 1])
    return ", ".join(numbers[:NAMED]) + (" …" if len(numbers) > NAMED else "")


def _account(case: Case, language: str) -> dict[str, Any]:
    """All that is open in the letter's currency, credits and what isn't due yet included, with its sum."""
    currency, words = case.decision.account.currency, WORDS[language]
    items = OpenItem.objects.open().collectable().filter(customer=case.customer, currency=currency).order_by("due_date", "pk")
    listed = list(items[:LISTED])
    balances = list(items.values_list("balance", flat=True))
    held = {d.item_id: d.disputed + d.promised + d.offered for d in case.decision.account.debits}
    return {
        "rows": [
            (i.number, words.get(i.kind, i.kind), short_day_in(i.document_date, language), short_day_in(i.due_date, language),
             amount_in(i.amount, currency, language), amount_in(i.balance, currency, language),
             amount_in(min(held[i.pk], i.balance), currency, language) if held.get(i.pk) else "")
            for i in listed
        ],
        "more": words["more"].format(n=len(balances) - len(listed)) if len(balances) > len(listed) else "",
        "balance": amount_in(sum(balances), currency, language),
    }  # fmt: skip


def listed_items(decision: Decision) -> list[dict[str, Any]]:
    """The items of a letter as its row keeps them: what was open, held out and asked for, in minor units."""
    return [
        {
            "id": a.debit.item_id, "number": a.debit.number, "dated": a.debit.document_date.isoformat(),
            "due": a.debit.due_date.isoformat(), "days": a.days, "amount": a.debit.amount, "balance": a.debit.balance,
            "disputed": a.debit.disputed, "promised": a.debit.promised, "offered": a.debit.offered, "covered": a.covered, "asked": a.amount,
        }
        for a in decision.asked
    ]  # fmt: skip
