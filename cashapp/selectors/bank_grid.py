"""Bank accounts by days: where each day stands, and what signed days have had posted into them since."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Min

from cashapp.models import BankAccount, DayReconciliation, ReconcilingItem, StatementLine
from cashapp.selectors.bank_day import Account
from ledger.models import Line

STATES = {
    "todo": ("To prepare", "info"), "open": ("Begun", "info"), "prepared": ("To sign", "warn"), "signed": ("Signed", "ok"),
    "differs": ("Differs", "bad"), "gap": ("Gap", "bad"), "missing": ("No statement", "warn"), "quiet": ("", ""),
}  # fmt: skip
"""State of a cell → its word and its colour."""

LATER = """
    SELECT r.id, sum(b.amount)::bigint FROM cashapp_dayreconciliation r
    JOIN cashapp_bankaccount a ON a.id = r.bank_account_id
    JOIN ledger_line b ON b.id > r.ledger_mark AND b.account_id = a.ledger_account_id
    JOIN ledger_entry e ON e.id = b.entry_id AND e.effective_date <= r.day AND e.currency = a.currency
    WHERE r.id = ANY(%s) AND r.state = 'signed' GROUP BY r.id"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One account on one day."""

    day: date
    state: str
    row: DayReconciliation | None

    @property
    def word(self) -> str:
        """Its state in a word."""
        return STATES[self.state][0]

    @property
    def tone(self) -> str:
        """Its colour."""
        return STATES[self.state][1]


@dataclass(frozen=True, slots=True)
class GridRow:
    """An account with its days, how far the bank has told, and the first day that somebody has to do something about."""

    account: BankAccount
    told_until: date | None
    cells: list[Cell]

    @property
    def next_day(self) -> date:
        """The day to open: the oldest with something to do, else the last one shown."""
        waiting = [c.day for c in self.cells if c.state not in ("quiet", "signed")]
        return waiting[0] if waiting else self.cells[-1].day


def posted_later(rows: Iterable[DayReconciliation]) -> dict[int, int]:
    """Signed day → what was posted into it, or before it, since it was signed and nobody has said that it is carried."""
    carried = {row.pk: row.carried for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(LATER, [list(carried)])
        later = dict(cursor.fetchall())
    return {pk: later.get(pk, 0) - amount for pk, amount in carried.items() if later.get(pk, 0) != amount}


def grid(accounts: Collection[BankAccount], days: Sequence[date]) -> list[GridRow]:
    """The accounts by these days (consecutive, ascending)."""
    rows = DayReconciliation.objects.filter(bank_account__in=accounts, day__range=(days[0], days[-1])).select_related("bank_account")
    by_cell = {(row.bank_account_id, row.day): row for row in rows}
    later = posted_later(by_cell.values())
    moved = _moved(accounts, days)
    return [_row(Account(account), days, by_cell, set(later), moved) for account in accounts]


def _row(
    account: Account, days: Sequence[date], rows: dict[tuple[int, date], DayReconciliation], differing: set[int],
    moved: set[tuple[int, date]],
) -> GridRow:  # fmt: skip
    pk = account.row.pk
    gaps = {link.first_day for link in account.links if link.blocks} - _explained(account)
    closes = {link.last_day for link in account.links}
    begins = account.links[0].first_day if account.links else None
    cells = []
    for day in days:
        row = rows.get((pk, day))
        happened = (pk, day) in moved or day in closes
        cells.append(Cell(day, _state(day, row, happened, day in gaps, account, begins, differing), row))
    return GridRow(account.row, account.last_day, cells)


def _state(
    day: date, row: DayReconciliation | None, happened: bool, gap: bool, account: Account, begins: date | None, differing: set[int]
) -> str:
    if row and row.state == DayReconciliation.State.SIGNED:
        return "differs" if row.pk in differing else "signed"
    if gap:
        return "gap"
    if row and row.state == DayReconciliation.State.PREPARED:
        return "prepared"
    if begins is None or day < begins or (account.last_day or day) < day:
        return "missing" if happened and begins is not None else "quiet"
    if row:
        return "open" if happened else "quiet"
    return "todo" if happened else "quiet"


def _explained(account: Account) -> set[date]:
    """Days of gaps that somebody has explained."""
    found = ReconcilingItem.objects.filter(reconciliation__bank_account=account.row, blocks=True).exclude(explanation="")
    return set(found.values_list("since", flat=True))


def _moved(accounts: Collection[BankAccount], days: Sequence[date]) -> set[tuple[int, date]]:
    """Account and day on which anything moved, at the bank or in the books."""
    span = (days[0], days[-1])
    lines = StatementLine.objects.filter(statement__bank_account__in=accounts, statement__kind="booked", booking_date__range=span)
    found = set(lines.order_by().values_list("statement__bank_account", "booking_date").distinct())
    by_ledger = {account.ledger_account_id: account.pk for account in accounts}
    books = Line.objects.filter(account__in=by_ledger, entry__effective_date__range=span).order_by()
    return found | {(by_ledger[pk], day) for pk, day in books.values_list("account", "entry__effective_date").distinct()}


def neighbours(account: Account, day: date) -> tuple[date | None, date | None]:
    """The days before and after on which there is something to look at."""
    closes = sorted({link.last_day for link in account.links})
    window = [day + timedelta(days=n) for n in range(-14, 15)]
    busy = sorted({d for _, d in _moved([account.row], window)} | {d for d in closes if window[0] <= d <= window[-1]})
    before = [d for d in busy if d < day] or [d for d in closes if d < day]
    after = [d for d in busy if d > day] or [d for d in closes if d > day]
    return (before[-1] if before else None), (after[0] if after else None)


def first_day(accounts: Collection[BankAccount]) -> date | None:
    """The first day that any bank has told of."""
    found = StatementLine.objects.filter(statement__bank_account__in=accounts, statement__kind="booked").aggregate(d=Min("booking_date"))
    day: date | None = found["d"]
    return day
