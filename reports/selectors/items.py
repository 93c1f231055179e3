"""The open items behind a figure: as of the same day, of the same scope, so that they sum to it exactly."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from customers.models import Customer
from ledger import asof
from ledger.aging import CREDIT_KINDS
from ledger.asof import ItemBalance
from org.models import Company
from reports.selectors.ageing import Tie, disputed_items, ties
from reports.selectors.question import DEBIT_KINDS, Question


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with the names a person wants to see; `days` past the date that is counted from, `bucket` its number."""

    item: ItemBalance
    company: Company
    customer: Customer | None
    days: int
    bucket: int
    disputed: int

    @property
    def kind_words(self) -> str:
        """`credit memo` for credit_memo."""
        return self.item.kind.replace("_", " ")


@dataclass(frozen=True, slots=True)
class ItemList:
    """The first rows, and of all of them: how many there are, what they sum to, by currency and by company currency, and how much of
    that is disputed by currency (without those of which nothing is)."""

    rows: list[ItemRow]
    count: int
    totals: dict[str, int]
    base_totals: dict[str, int]
    disputed: dict[str, int]
    ties: list[Tie]


def part_of(question: Question, part: str) -> Question:
    """The items of a column of an ageing table: `credits`, `overdue`, `current` or the number of a bucket; all for an empty text."""
    debits = {"kinds": DEBIT_KINDS} if question.credits_apart else {}
    if part == "credits":
        return question.within(kinds=CREDIT_KINDS)
    if part in ("overdue", "current"):
        return question.within(**debits, dates=_either_side(question, part))
    if not part:
        return question
    if not part.isascii() or not part.isdigit() or int(part) >= len(question.buckets.labels):
        raise ValueError(f"there is no column {part!r}: it is credits, overdue, current or the number of a bucket")
    return question.within(**debits, dates=(question.basis, *question.buckets.dates(int(part), question.as_of)))


def _either_side(question: Question, part: str) -> tuple[str, Any, Any]:
    first, last = question.buckets.dates(0, question.as_of)[0], question.buckets.dates(1, question.as_of)[1]
    return (question.basis, None, last) if part == "overdue" else (question.basis, first, None)


def item_list(question: Question, *, limit: int | None = 500, disputed_only: bool = False) -> ItemList:
    """Items with a balance as of the day, the earliest date first; totals are of all of them, `limit` cuts only the rows."""
    contested = disputed_items(question)
    held = {d.item.item_id: d.amount for d in contested}
    if disputed_only:
        question = question.within(item_ids=list(held))
    order = "due_date" if question.basis == "due" else "document_date"
    items = asof.item_balances(question.as_of, question.scope, known_at=question.known_at, order=order, limit=limit)
    sums = asof.totals(question.as_of, question.scope, known_at=question.known_at)
    totals = _totals((currency, amount) for _, currency, _, amount, _ in sums)
    bases = dict(Company.objects.filter(pk__in={company for company, *_ in sums}).values_list("pk", "base_currency"))
    base_totals = _totals((bases[company], base) for company, _, _, _, base in sums)
    count = sum(n for _, _, n, _, _ in sums)
    disputed = _totals((d.item.currency, d.amount) for d in contested)
    return ItemList(_rows(question, items, held), count, totals, base_totals, disputed, [] if disputed_only else ties(question, totals))


def _rows(question: Question, items: list[ItemBalance], held: dict[int, int]) -> list[ItemRow]:
    companies = Company.objects.in_bulk({item.company_id for item in items})
    customers = Customer.objects.in_bulk({item.customer_id for item in items if item.customer_id})
    return [
        ItemRow(
            item, companies[item.company_id], customers.get(item.customer_id or 0), _days(question, item),
            question.buckets.index(counted(question, item), question.as_of), held.get(item.item_id, 0),
        )
        for item in items
    ]  # fmt: skip


def _days(question: Question, item: ItemBalance) -> int:
    """Whole days past the date; none of a credit that stands apart, for it has no due date of its own."""
    if question.credits_apart and item.kind in CREDIT_KINDS:
        return 0
    return max(0, (question.as_of - counted(question, item)).days)


def counted(question: Question, item: ItemBalance) -> Any:
    """The date that days are counted from."""
    return item.due_date if question.basis == "due" else item.document_date


def _totals(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for currency, amount in pairs:
        found[currency] += amount
    return dict(sorted(found.items()))
