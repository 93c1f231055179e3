"""On which day a settlement may take effect, at which rate, and what was given up before."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Max, Sum

from cashapp.models import Receipt
from ledger.drafts import Books
from ledger.errors import PeriodNotOpen
from ledger.models import Account, Entry, Line
from ledger.selectors import books_of, first_open_day
from org.models import Company


class Days:
    """Open days and books, each asked of the database once."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, date], date] = {}
        self._books: dict[tuple[int, str, date], Books] = {}

    def open_day(self, company_id: int, wanted: date) -> date:
        """The first day on or after `wanted` that takes postings. Raises PeriodNotOpen."""
        key = (company_id, wanted)
        if key not in self._open:
            found = first_open_day(company_id, wanted)
            if found is None:
                raise PeriodNotOpen(f"there is no open period on or after {wanted}: open one first")
            self._open[key] = found
        return self._open[key]

    def books(self, company: Company, currency: str, day: date) -> Books:
        """The company's books for that currency and day. Raises MissingRate."""
        key = (company.pk, currency, day)
        if key not in self._books:
            self._books[key] = books_of(company, currency, day)
        return self._books[key]


def floors(item_ids: Iterable[int]) -> dict[int, date]:
    """Item → the last day on which something on it was reversed. Before that day the item was not open, so nothing may take effect on it:
    ageing as of such a day would otherwise see it paid twice."""
    rows = Line.objects.filter(open_item__in=set(item_ids), entry__reverses__isnull=False)
    return dict(rows.values_list("open_item").annotate(last=Max("entry__effective_date")).order_by())


def given_up(kind: Account.Kind, item_ids: Iterable[int]) -> int:
    """What applications of these items that still stand wrote to accounts of that kind (discounts, rounding), in minor units. An entry
    of several items counts whole, so it is the most that can have been given on them."""
    standing = Entry.objects.filter(kind=Entry.Kind.APPLICATION, reversed_by=None, lines__open_item__in=set(item_ids))
    lines = Line.objects.filter(entry__in=standing.values("pk"), account__kind=kind)
    return int(lines.aggregate(total=Sum("amount"))["total"] or 0)


def parts_of(receipt: Receipt) -> list[int]:
    """Keys of all that was split off a receipt, or off its parts, and wasn't joined back."""
    found, todo = list[int](), [receipt.pk]
    while todo:
        todo = list(Receipt.objects.filter(split_from__in=todo, joined_back=False).values_list("pk", flat=True))
        found += todo
    return found


def items_of_payment(receipt: Receipt) -> set[int]:
    """The open items of a receipt and of everything that was split off the same payment."""
    whole = receipt
    while whole.split_from is not None:
        whole = whole.split_from
    found, todo = {whole.open_item_id}, {whole.pk}
    while todo:
        parts = list(Receipt.objects.filter(split_from__in=todo).values_list("pk", "open_item_id"))
        found |= {item for _, item in parts}
        todo = {pk for pk, _ in parts}
    return found
