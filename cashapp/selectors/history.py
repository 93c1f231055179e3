"""Settled receipts and the world as it was on their day: what trials replay.

The past is told as it finally stands: entries that were reversed, and their reversals, count as if they had never been. On a receipt's day
everything before it has been applied as it is applied today, and nothing of that day's receipts; what was issued that day is there. A payer
is known by what was learnt of earlier receipts alone: what this receipt itself taught would make every trial look good.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from cashapp import engine
from cashapp.engine.trials import Stood
from cashapp.models import PayerAlias, Receipt
from cashapp.selectors.engine_input import CLOSED_DAYS, engine_receipts
from cashapp.selectors.payers import payers_of
from disputes.models import DisputeMovement
from ledger.models import Entry, Line, OpenItem
from ledger.selectors import moved_to_instalments

_CLOSED_KINDS = ("invoice", "debit_memo", "late_fee", "instalment")
_KIND = {"late_fee": "debit_memo", "instalment": "debit_memo"}


@dataclass(frozen=True, slots=True)
class Day:
    """The receipts of one day with what became of each, what was open that day, and who was known to pay."""

    day: date
    receipts: Sequence[engine.Receipt]
    stood: dict[int, Stood]
    candidates: Sequence[engine.Candidate]
    payers: Sequence[engine.Payer]


def settled_receipts(company_id: int, first: date, last: date) -> QuerySet[Receipt]:
    """Receipts of those days that are dealt with for good: applied or left on account, not returned, not split."""
    parts = Receipt.objects.filter(split_from=OuterRef("pk"), joined_back=False)
    done = Q(open_item__balance=0) | Q(on_account=True)
    rows = Receipt.objects.filter(company=company_id, value_date__range=(first, last), split_from=None, returned_on=None)
    return cast(Any, rows).filter(done).exclude(Exists(parts))


def left_out(company_id: int, first: date, last: date) -> dict[str, int]:
    """Receipts of those days that can't be judged, by why."""
    rows = Receipt.objects.filter(company=company_id, value_date__range=(first, last), split_from=None)
    counted = {
        "returned": rows.exclude(returned_on=None).count(),
        "split": rows.filter(returned_on=None).filter(Exists(Receipt.objects.filter(split_from=OuterRef("pk"), joined_back=False))).count(),
        "not settled yet": rows.filter(returned_on=None, on_account=False).exclude(open_item__balance=0).count(),
    }
    return {why: n for why, n in counted.items() if n}


def stood_of(receipts: QuerySet[Receipt]) -> dict[int, Stood]:
    """What left each item because of each receipt, by applications that stand."""
    lines = Line.objects.filter(entry__match__receipt__in=receipts.order_by().values("pk"), entry__match__reversed_by=None)
    lines = lines.filter(open_item__isnull=False).exclude(open_item=F("entry__match__receipt__open_item"))
    settled: dict[int, dict[int, int]] = defaultdict(dict)
    for receipt, item, amount in lines.order_by().values_list("entry__match__receipt", "open_item").annotate(total=Sum("amount")):
        if amount:
            settled[receipt][item] = -int(amount)
    rows = receipts.order_by().values_list("pk", "customer", "on_account")
    return {pk: Stood(customer, settled.get(pk, {}), on_account) for pk, customer, on_account in rows}


def days_of(company_id: int, first: date, last: date) -> Iterator[Day]:
    """Each day that has settled receipts, in order. A few queries in all; memory for the company's items once."""
    rows = settled_receipts(company_id, first, last).select_related("open_item__opened_by").order_by("value_date", "pk")
    stood = stood_of(settled_receipts(company_id, first, last))
    batches: dict[date, list[engine.Receipt]] = defaultdict(list)
    held = list(rows)
    for row, receipt in zip(held, engine_receipts(held), strict=True):
        batches[row.value_date].append(_as_it_came(row, receipt))
    if batches:
        world, payers = _World(company_id, first), _Payers(company_id)
        for day in sorted(batches):
            batch = batches[day]
            ids = {r.id for r in batch}
            yield Day(day, batch, {pk: stood[pk] for pk in ids}, world.on(day, ids), payers.on(day))


def _as_it_came(row: Receipt, receipt: engine.Receipt) -> engine.Receipt:
    """Whole, and without a payer unless the payer was known when it was recorded."""
    known = row.open_item.opened_by.kind == Entry.Kind.RECEIPT
    return replace(receipt, amount=row.amount, customer_id=row.customer_id if known else None)


@dataclass(slots=True)
class _Item:
    pk: int
    customer: int
    number: str
    kind: str
    currency: str
    balance: int
    document: date
    due: date
    discount_until: date | None
    discount: int
    po_number: str
    opened: date
    disputed: int = 0
    is_spread: bool = False
    """Whether a payment plan took something of it: closed, it isn't known to be paid."""
    shown: engine.Candidate | None = None


_COLUMNS = (
    "pk", "customer_id", "number", "kind", "currency", "balance", "document_date", "due_date", "discount_until", "discount_amount",
    "po_number", "opened_by__effective_date",
)  # fmt: skip


class _World:
    """What is open, day by day, forwards."""

    def __init__(self, company_id: int, first: date) -> None:
        items = OpenItem.objects.collectable().filter(company=company_id, customer__isnull=False)
        self.items = {row[0]: _Item(*row) for row in items.order_by().values_list(*_COLUMNS)}
        self.waiting = set(Receipt.objects.filter(company=company_id).to_clear().values_list("open_item", flat=True))
        self.item_of = dict(Receipt.objects.filter(company=company_id, value_date__gte=first).values_list("pk", "open_item"))
        self.moves: dict[date, list[tuple[int, int, int | None]]] = defaultdict(list)
        lines = Line.objects.filter(entry__company=company_id, entry__effective_date__gte=first, open_item__isnull=False)
        lines = lines.filter(entry__reverses=None, entry__reversed_by=None).order_by()
        columns = ("entry__effective_date", "open_item", "amount", "entry__match__receipt", "entry__match__receipt__value_date")
        for effective, item, amount, receipt, came in lines.values_list(*columns):
            # Applied again after a reversal, money takes effect later than it came; told as it stands, it was applied when it came.
            day = max(came, self.items[item].opened) if came and item in self.items else effective
            if item in self.items and day >= first:
                self.items[item].balance -= amount
                self.moves[day].append((item, amount, receipt))
        self.todo = sorted(self.moves)
        for (converted,) in moved_to_instalments(company_id).values_list("open_item"):
            if converted in self.items:
                self.items[converted].is_spread = True
        self.contested = self._contests(company_id)

    def _contests(self, company_id: int) -> list[tuple[date, int, int]]:
        moves = DisputeMovement.objects.filter(open_item__company=company_id).order_by("-day", "-pk")
        return [(day, item, delta) for day, item, delta in moves.values_list("day", "open_item", "delta") if item in self.items]

    def on(self, day: date, batch: set[int]) -> list[engine.Candidate]:
        """What the engine may choose from on that day; to be asked for days in their order. `batch` are the day's own receipts."""
        late: list[tuple[int, int]] = []
        while self.todo and self.todo[0] <= day:
            moved = self.todo.pop(0)
            for item, amount, receipt in self.moves.pop(moved):
                if moved == day and receipt in batch:
                    late.append((item, amount))
                else:
                    self._move(item, amount)
        while self.contested and self.contested[-1][0] < day:
            _, item, delta = self.contested.pop()
            self.items[item].disputed += delta
            self.items[item].shown = None
        own = self.waiting | {self.item_of[r] for r in batch}
        found = [c for i in self.items.values() if i.opened <= day and i.pk not in own and (c := _candidate(i, day))]
        for item, amount in late:
            self._move(item, amount)
        return found

    def _move(self, item: int, amount: int) -> None:
        self.items[item].balance += amount
        self.items[item].shown = None


def _candidate(item: _Item, day: date) -> engine.Candidate | None:
    if not item.balance and (item.is_spread or item.kind not in _CLOSED_KINDS or item.document < day - timedelta(days=CLOSED_DAYS)):
        return None
    if item.shown is None:
        open_discount = min(item.discount, item.balance) if item.balance > 0 else 0
        item.shown = engine.Candidate(
            item.pk, item.customer, item.number, cast(Any, _KIND.get(item.kind, item.kind)), item.currency, item.balance, item.document,
            item.due, item.discount_until, open_discount, item.po_number, max(0, min(item.disputed, item.balance)),
        )  # fmt: skip
    return item.shown


class _Payers:
    """Payers as they were known: without what only later receipts taught."""

    def __init__(self, company_id: int) -> None:
        self.payers = payers_of(company_id)
        learnt = PayerAlias.objects.filter(company=company_id, learned_from__isnull=False)
        self.learnt: dict[int, dict[str, date]] = defaultdict(dict)
        for customer, value, day in learnt.values_list("customer", "value", "learned_from__value_date"):
            self.learnt[customer][value] = day

    def on(self, day: date) -> list[engine.Payer]:
        """Everybody, as known before that day."""
        return [self._known(p, day) if p.customer_id in self.learnt else p for p in self.payers]

    def _known(self, payer: engine.Payer, day: date) -> engine.Payer:
        later = {value for value, learnt in self.learnt[payer.customer_id].items() if learnt >= day}
        if not later:
            return payer
        return replace(
            payer, aliases=tuple(a for a in payer.aliases if a not in later), accounts=tuple(a for a in payer.accounts if a not in later)
        )
