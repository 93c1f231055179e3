"""Statement of account: what was open, what moved it, what is open, and which items that is. One part for each currency.

Many customers at once cost as many queries as one: statements by schedule are built in batches.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Sum

from arops.lib.months import months_before
from collections_app.policy.statement_words import event_words
from customers.models import Customer
from disputes.models import DisputeMovement
from ledger import asof
from ledger.aging import CREDIT_KINDS, RETAINED, USUAL, Amounts
from ledger.asof import ItemBalance, Scope
from org.actors import Reach

MONTHS = 3
"""Months of movements that a statement shows unless other days are asked for."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An event that changed what the customer owes, and the balance after it (signed minor units). `code` names it in any language."""

    day: date
    code: str
    text: str
    number: str
    entry_id: int
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class StatementItem:
    """An open item, its days past due (none of a credit), and how much of it is disputed."""

    item: ItemBalance
    days: int
    disputed: int

    @property
    def kind_words(self) -> str:
        """`credit memo` for credit_memo."""
        return self.item.kind.replace("_", " ")


@dataclass(frozen=True, slots=True)
class StatementPart:
    """One currency: opening + lines = closing = open items, and the ageing of these."""

    currency: str
    opening: int
    lines: list[StatementLine]
    closing: int
    items: list[StatementItem]
    ageing: Amounts

    @property
    def disputed(self) -> int:
        """What of the open items is disputed."""
        return self.ageing.disputed

    @property
    def difference(self) -> int:
        """Closing balance of the movements less the open items: nought."""
        return self.closing - sum(row.item.balance for row in self.items)


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's account from `first` to `as_of`, both included."""

    customer: Customer
    first: date
    as_of: date
    labels: tuple[str, ...]
    parts: list[StatementPart]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open and nothing moved."""
        return not any(part.opening or part.lines or part.items for part in self.parts)

    @property
    def balances(self) -> dict[str, int]:
        """Currency → what is owed, of those in which something is open or moved."""
        return {part.currency: part.closing for part in self.parts if part.opening or part.lines or part.items}

    @property
    def past_due(self) -> dict[str, int]:
        """Currency → what is past due, of those in which something is."""
        return {part.currency: part.ageing.past_due for part in self.parts if part.ageing.past_due}


Moves = list[tuple[date, str, str, int, int]]
Key = tuple[int, str]


def first_day(as_of: date) -> date:
    """The first day that a statement as of a day usually shows: that of the month, three months before."""
    return months_before(as_of, MONTHS).replace(day=1)


def statement(customer: Customer, first: date, as_of: date) -> Statement:
    """The customer's account: movements from `first` on, open items as of the day. A customer without books has an empty part."""
    return statements([customer], first, as_of)[0]


def statements(customers: Sequence[Customer], first: date, as_of: date) -> list[Statement]:
    """The accounts of customers, in their order, as `statement` shows each."""
    ids = [customer.pk for customer in customers]
    openings, movements = _balances(ids, first - timedelta(days=1)), _movements(ids, first, as_of)
    items = _items(ids, as_of)
    currencies: dict[int, set[str]] = defaultdict(set)
    for pk, currency in (*openings, *movements, *items):
        currencies[pk].add(currency)
    return [
        Statement(
            customer, first, as_of, USUAL.labels,
            [
                _part(c, openings.get((customer.pk, c), 0), movements.get((customer.pk, c), []), items.get((customer.pk, c), []), as_of)
                for c in sorted({customer.currency, *currencies[customer.pk]}, key=lambda c: (c != customer.currency, c))
            ],
        )
        for customer in customers
    ]  # fmt: skip


def _part(currency: str, opening: int, moves: Moves, items: list[StatementItem], as_of: date) -> StatementPart:
    lines, balance = [], opening
    for day, code, number, entry_id, amount in moves:
        balance += amount
        lines.append(StatementLine(day, code, event_words(code, "en"), number, entry_id, amount, balance))
    return StatementPart(currency, opening, lines, balance, items, _aged(items, as_of))


def _aged(items: Sequence[StatementItem], as_of: date) -> Amounts:
    """The items by their days past due, credits apart: as every ageing report does it."""
    amounts = Amounts([0] * len(USUAL.labels))
    for row in items:
        if row.item.kind in CREDIT_KINDS:
            amounts.credits += row.item.balance
            continue
        amounts.buckets[USUAL.index(row.item.due_date, as_of)] += row.item.balance
        amounts.retained += row.item.balance if row.item.kind == RETAINED else 0
        amounts.disputed += row.disputed
    return amounts


def _items(ids: Collection[int], as_of: date) -> dict[Key, list[StatementItem]]:
    held = _disputed(ids, as_of)
    found: dict[Key, list[StatementItem]] = defaultdict(list)
    for item in asof.item_balances(as_of, Scope(Reach(everything=True), customer_ids=ids)):
        days = 0 if item.kind in CREDIT_KINDS else max(0, (as_of - item.due_date).days)
        row = StatementItem(item, days, min(held.get(item.item_id, 0), item.balance) if item.balance > 0 else 0)
        found[item.customer_id or 0, item.currency].append(row)
    return found


def _disputed(ids: Collection[int], as_of: date) -> dict[int, int]:
    moved = DisputeMovement.objects.filter(day__lte=as_of, open_item__customer__in=ids).order_by()
    return dict(moved.values_list("open_item_id").annotate(total=Sum("delta")).filter(total__gt=0))


_OF = (
    " FROM ledger_openitem i JOIN ledger_line l ON l.open_item_id = i.id JOIN ledger_entry e ON e.id = l.entry_id"
    " JOIN ledger_account a ON a.id = i.account_id LEFT JOIN ledger_entry r ON r.id = e.reverses_id"
    " WHERE i.customer_id = ANY(%s) AND a.kind IN ('receivable', 'retainage')"
)


def _balances(ids: Collection[int], day: date) -> dict[Key, int]:
    sql = f"SELECT i.customer_id, i.currency, sum(l.amount){_OF} AND e.effective_date <= %s GROUP BY 1, 2"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids), day])
        return {(pk, currency): int(amount) for pk, currency, amount in cursor.fetchall() if amount}


def _movements(ids: Collection[int], first: date, last: date) -> dict[Key, Moves]:
    """Entries that changed a balance; applications among the customer's own items cancel out and are left away."""
    found: dict[Key, Moves] = defaultdict(list)
    sql = (
        "SELECT i.customer_id, i.currency, e.effective_date, e.kind, r.kind, e.id, sum(l.amount),"
        " coalesce(min(i.number) FILTER (WHERE i.opened_by_id IN (e.id, r.id)), min(i.number) FILTER (WHERE i.amount > 0), min(i.number))"
        f"{_OF} AND e.effective_date BETWEEN %s AND %s GROUP BY i.customer_id, i.currency, e.effective_date, e.kind, r.kind, e.id"
        " HAVING sum(l.amount) <> 0 ORDER BY e.effective_date, e.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids), first, last])
        for pk, currency, day, kind, reversed_kind, entry_id, amount, number in cursor.fetchall():
            found[pk, currency].append((day, f"-{reversed_kind}" if reversed_kind else kind, number, entry_id, int(amount)))
    return found
