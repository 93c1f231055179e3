"""Statement of account: what was open, what moved it, what is open, and which items that is. One part for each currency."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from customers.models import Customer
from ledger.models import Entry
from reports.selectors.ageing import Amounts, ageing
from reports.selectors.customer import about
from reports.selectors.items import ItemRow, item_list
from reports.selectors.question import Question


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An event that changed what the customer owes, and the balance after it (signed minor units)."""

    day: date
    text: str
    number: str
    entry_id: int
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class StatementPart:
    """One currency: opening + lines = closing = open items, and the ageing of these."""

    currency: str
    opening: int
    lines: list[StatementLine]
    closing: int
    items: list[ItemRow]
    ageing: Amounts
    disputed: int

    @property
    def difference(self) -> int:
        """Closing balance of the movements less the open items: nought."""
        return self.closing - sum(row.item.balance for row in self.items)


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's account from the day after `first` to `as_of`."""

    customer: Customer
    first: date
    as_of: date
    labels: tuple[str, ...]
    parts: list[StatementPart]


def statement(customer: Customer, first: date, as_of: date) -> Statement:
    """The customer's account: movements from `first` on, open items as of the day. A customer without books has an empty part."""
    question = about(customer, as_of)
    openings = _balances(customer, first - timedelta(days=1))
    movements = _movements(customer, first, as_of)
    report = ageing(question, by=("currency",))
    aged = {line.currency: line.own for line in report.lines}
    rows = item_list(question, limit=None).rows
    currencies = sorted({customer.currency, *openings, *movements, *aged}, key=lambda c: (c != customer.currency, c))
    parts = [
        _part(question, c, openings.get(c, 0), movements.get(c, []), [r for r in rows if r.item.currency == c], aged.get(c))
        for c in currencies
    ]
    return Statement(customer, first, as_of, report.labels, parts)


def _part(
    question: Question,
    currency: str,
    opening: int,
    moves: list[tuple[date, str, str, int, int]],
    items: list[ItemRow],
    aged: Amounts | None,
) -> StatementPart:
    lines, balance = [], opening
    for day, text, number, entry_id, amount in moves:
        balance += amount
        lines.append(StatementLine(day, text, number, entry_id, amount, balance))
    amounts = aged or Amounts([0] * len(question.buckets.labels))
    return StatementPart(currency, opening, lines, balance, items, amounts, amounts.disputed)


def _balances(customer: Customer, day: date) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.currency, sum(l.amount) FROM ledger_openitem i JOIN ledger_line l ON l.open_item_id = i.id"
            " JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_account a ON a.id = i.account_id"
            " WHERE i.customer_id = %s AND e.effective_date <= %s AND a.kind IN ('receivable', 'retainage') GROUP BY 1",
            [customer.pk, day],
        )
        return {currency: int(amount) for currency, amount in cursor.fetchall() if amount}


def _movements(customer: Customer, first: date, last: date) -> dict[str, list[tuple[date, str, str, int, int]]]:
    """Entries that changed the balance, by currency; applications among the customer's own items cancel out and are left away."""
    names = dict(Entry.Kind.choices)
    found: dict[str, list[tuple[date, str, str, int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.currency, e.effective_date, e.kind, r.kind, e.id, sum(l.amount),"
            " coalesce(min(i.number) FILTER (WHERE i.opened_by_id IN (e.id, r.id)), min(i.number) FILTER (WHERE "
            "i.amount > 0), min(i.number))"
            " FROM ledger_openitem i JOIN ledger_line l ON l.open_item_id = i.id JOIN ledger_entry e ON e.id = l.entry_id"
            " LEFT JOIN ledger_entry r ON r.id = e.reverses_id JOIN ledger_account a ON a.id = i.account_id"
            " WHERE i.customer_id = %s AND e.effective_date BETWEEN %s AND %s AND a.kind IN ('receivable', 'retainage')"
            " GROUP BY i.currency, e.effective_date, e.kind, r.kind, e.id HAVING sum(l.amount) <> 0 ORDER BY e.effective_date, e.id",
            [customer.pk, first, last],
        )
        for currency, day, kind, reversed_kind, entry_id, amount, number in cursor.fetchall():
            found.setdefault(currency, []).append((day, _text(names, kind, reversed_kind), number, entry_id, int(amount)))
    return found


def _text(names: dict[str, str], kind: str, reversed_kind: str | None) -> str:
    if reversed_kind:
        return f"{names[reversed_kind].capitalize()} reversed"
    return {"application": "Discount or difference allowed", "receipt": "Payment received"}.get(kind, names[kind].capitalize())
