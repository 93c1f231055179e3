"""A day at the bank as its page, its files and its paper show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from arops.lib.http import address
from arops.lib.tables import Column, Table
from cashapp.models import DayReconciliation, ReconcilingItem, StatementLine
from cashapp.selectors.bank_day import Account
from cashapp.selectors.bank_grid import posted_later
from cashapp.services.reconciling.preparing import FIGURES
from cashapp.services.reconciling.signing import digest_of
from ledger.models import Line

KINDS = {
    "bank_only": ("At the bank, not in the books", 1), "ledger_only": ("In the books, not at the bank", 2), "timing": ("On another day", 3),
    "not_receivable": ("Not of receivables", 4), "opening": ("Before the first statement", 5),
}  # fmt: skip
SHOWN = 300
"""Lines of a side that a page shows; files hold all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item between bank and books: `days` is its age, `href` where it leads, `ref` what it is tied by (`bank:3`, `book:7`)."""

    item: ReconcilingItem
    days: int
    href: str
    ref: str

    @property
    def group(self) -> str:
        """What kind of item it is; statements that don't follow each other come first."""
        return "Statements that don’t follow" if self.item.blocks else KINDS[self.item.kind][0]

    @property
    def order(self) -> tuple[int, date, int]:
        """Gaps first, then by kind, the oldest first."""
        return (0 if self.item.blocks else KINDS[self.item.kind][1], self.item.since, -abs(self.item.amount))


@dataclass
class DayPage:
    """Everything a page says of an account on a day."""

    account: Account
    day: date
    row: DayReconciliation
    items: list[Shown]
    changed: bool
    later: int
    bank_now: int
    as_signed: bool

    @property
    def unexplained(self) -> int:
        """What the items leave: 0, or it can't be signed."""
        return (self.row.bank_closing or 0) - self.row.ledger_closing - self.row.explained

    @property
    def told(self) -> bool:
        """Whether a statement reaches the day."""
        return self.account.last_day is not None and self.account.last_day >= self.day

    @property
    def silent(self) -> list[Shown]:
        """Gaps that nobody has explained: they keep the day from being prepared."""
        return [shown for shown in self.items if shown.item.blocks and not shown.item.explanation]

    @property
    def groups(self) -> list[tuple[str, int, list[Shown]]]:
        """Items by kind with their sums."""
        found: dict[str, list[Shown]] = {}
        for shown in self.items:
            found.setdefault(shown.group, []).append(shown)
        return [(name, sum(s.item.amount for s in rows), rows) for name, rows in found.items()]


def day_page(account: Account, day: date) -> DayPage:
    """The day as it is signed or prepared; an open one as it stands, with the words that were said of its items."""
    row = DayReconciliation.objects.filter(bank_account=account.row, day=day).select_related("bank_account__company").first()
    row = row or DayReconciliation(bank_account=account.row, day=day)
    stored = list(ReconcilingItem.objects.filter(reconciliation=row.pk).select_related("owner", "statement_line__statement"))
    if row.state == DayReconciliation.State.SIGNED:
        later, signed = posted_later([row]).get(row.pk, 0), row.signed_hash == digest_of(row)
        return DayPage(account, day, row, _shown(stored, day), False, later, account.bank_balance(day), signed)
    live = account.day(day)
    same = all(getattr(live, name) == getattr(row, name) for name in FIGURES)
    same = same and {(i.key, i.amount) for i in stored} == {(i.key, i.amount) for i in live.items}
    for name in FIGURES:
        setattr(row, name, getattr(live, name))
    items = _items(row, live.items)
    changed = row.state == DayReconciliation.State.PREPARED and not same
    return DayPage(account, day, row, _shown(items, day), changed, 0, live.bank_closing, True)


def _items(row: DayReconciliation, found: Iterable[Any]) -> list[ReconcilingItem]:
    """Items as they stand, unsaved, with owner and word of the last time that they were told."""
    keys = [item.key for item in found]
    said = ReconcilingItem.objects.filter(reconciliation__bank_account=row.bank_account_id, reconciliation__day__lte=row.day, key__in=keys)
    known = {i.key: i for i in said.select_related("owner").order_by("reconciliation__day")}
    lines = StatementLine.objects.select_related("statement").in_bulk([i.bank_line for i in found if i.bank_line])
    made = []
    for item in found:
        before = known.get(item.key)
        before = before if before and (before.amount == item.amount or not item.blocks) else None
        made.append(
            ReconcilingItem(
                key=item.key, kind=item.kind, amount=item.amount, since=item.since, label=item.label, blocks=item.blocks,
                statement_line=lines.get(item.bank_line or 0), ledger_line_ref=item.book_line,
                owner=before.owner if before else None, explanation=before.explanation if before else "",
            )
        )  # fmt: skip
    return made


def _shown(items: Iterable[ReconcilingItem], day: date) -> list[Shown]:
    rows = list(items)
    entries = dict(Line.objects.filter(pk__in=[i.ledger_line_ref for i in rows if i.ledger_line_ref]).values_list("pk", "entry_id"))
    found = []
    for item in rows:
        href, ref = "", ""
        if item.statement_line:
            href, ref = reverse("cashapp:file", args=[item.statement_line.statement.bank_file_id]), f"bank:{item.statement_line_id}"
        elif item.ledger_line_ref and item.ledger_line_ref in entries:
            href, ref = address("ledger:entry", entries[item.ledger_line_ref]), f"book:{item.ledger_line_ref}"
        tieable = item.kind in ("bank_only", "ledger_only", "not_receivable")
        found.append(Shown(item, (day - item.since).days, href, ref if tieable else ""))
    return sorted(found, key=lambda s: s.order)


def items_table(page: DayPage) -> Table:
    """The items between bank and books, for files."""
    columns = [
        Column("kind", "Kind", lambda s: s.group), Column("since", "Since", lambda s: s.item.since, kind="date"),
        Column("days", "Days", lambda s: s.days, kind="num"), Column("label", "What", lambda s: s.item.label, grow=True),
        Column("amount", "Amount", lambda s: s.item.amount, kind="money", total=True),
        Column("owner", "Owner", lambda s: s.item.owner.name if s.item.owner else ""),
        Column("explanation", "Explanation", lambda s: s.item.explanation, grow=True),
    ]  # fmt: skip
    return Table(columns, page.items, currency=page.account.row.currency)


def figures_table(page: DayPage) -> Table:
    """Both sides' figures, for files."""
    row = page.row
    lines = [
        ("At the bank, opening", row.bank_opening), ("At the bank, movements", row.bank_movements),
        ("At the bank, closing", row.bank_closing), ("In the books, opening", row.ledger_opening),
        ("In the books, movements", row.ledger_movements), ("In the books, closing", row.ledger_closing),
        ("Between them, explained", row.explained), ("Unexplained", page.unexplained),
    ]  # fmt: skip
    columns = [Column("what", "What", lambda x: x[0], grow=True), Column("amount", "Amount", lambda x: x[1], kind="money")]
    return Table(columns, lines, currency=page.account.row.currency)


@dataclass(frozen=True, slots=True)
class BankRow:
    """A line of the bank on the day, and what it is tied to in the books."""

    line: StatementLine
    words: str
    tied: str
    tone: str
    href: str


def bank_rows(page: DayPage) -> list[BankRow]:
    """Every line of the bank on the day, with its tie."""
    tied = page.account.tied_on(page.day)
    loose = {s.item.statement_line_id: s.item.kind for s in page.items if s.item.statement_line_id}
    lines = page.account.lines_of(page.day).select_related("receipt", "returns", "statement")
    return [_bank_row(line, tied.get(line.pk), loose.get(line.pk, "")) for line in lines]


def _bank_row(line: StatementLine, tie: tuple[int, date] | None, loose: str) -> BankRow:
    words = " · ".join(filter(None, [line.payer_name, " ".join(line.text.split())[:120]])) or line.bank_reference
    receipt = getattr(line, "receipt", None) or line.returns
    href = reverse("cashapp:receipt", args=[receipt.pk]) if receipt else reverse("cashapp:file", args=[line.statement.bank_file_id])
    if not loose:
        named = receipt.number if receipt and tie else ""
        return BankRow(line, words, f"{'reversal of ' if named and line.treatment == 'return' else ''}{named or 'tied'}", "ok", href)
    if loose == "not_receivable":
        return BankRow(line, words, "not of receivables", "", href)
    told = f"in the books on {tie[1]}" if tie else "on another day" if loose == "timing" else "not in the books"
    return BankRow(line, words, told, "warn", href)


def bank_table(rows: Iterable[BankRow], currency: str) -> Table:
    """Lines of the bank, for files and pages."""
    columns = [
        Column("booked", "Booked", lambda r: r.line.booking_date, kind="date"),
        Column("words", "What the bank says", lambda r: r.words, grow=True),
        Column("reference", "Reference", lambda r: r.line.bank_reference, priority=3),
        Column("tied", "In the books", lambda r: r.tied, kind="badge", tone=lambda r: r.tone, href=lambda r: r.href),
        Column("amount", "Amount", lambda r: r.line.amount, kind="money", total=True),
    ]  # fmt: skip
    return Table(
        columns, rows, currency=currency, name="bank", empty="The bank booked nothing on this day.", row_id=lambda r: f"bank-{r.line.pk}"
    )


def book_rows(page: DayPage) -> list[Line]:
    """Every line of the cash account on the day."""
    lines = page.account.book_lines().filter(entry__effective_date=page.day)
    return list(lines.select_related("entry").order_by("pk"))


def book_table(rows: Iterable[Line], page: DayPage) -> Table:
    """Lines of the books, for files and pages."""
    words = {"timing": "on another day", "ledger_only": "not at the bank"}
    loose = {s.item.ledger_line_ref: words.get(s.item.kind, "not at the bank") for s in page.items if s.item.ledger_line_ref}
    columns = [
        Column("kind", "Entry", lambda x: x.entry.get_kind_display(), href=lambda x: address("ledger:entry", x.entry_id)),
        Column("words", "What", lambda x: x.entry.narrative or x.entry.source, grow=True),
        Column("posted", "Posted", lambda x: f"{x.entry.posted_at:%Y-%m-%d %H:%M}", priority=3),
        Column("tied", "At the bank", lambda x: loose.get(x.pk, "tied"), kind="badge", tone=lambda x: "warn" if x.pk in loose else "ok"),
        Column("amount", "Amount", lambda x: x.amount, kind="money", total=True),
    ]  # fmt: skip
    currency = page.account.row.currency
    return Table(columns, rows, currency=currency, name="book", empty="Nothing was posted on this day.", row_id=lambda x: f"book-{x.pk}")
