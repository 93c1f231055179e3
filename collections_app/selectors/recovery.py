"""What came in on accounts that are with an agency or lawyer, from the ledger: also where what was placed went into a payment plan
meanwhile, or came back out of one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from collections_app.models import Escalation, PlacedItem
from collections_app.policy.escalation import recovered
from collections_app.selectors.plan_items import taken_lines
from ledger.models import Entry, Line, OpenItem

Payments = Mapping[int, Sequence[tuple[date, int]]]
Shares = Mapping[int, Mapping[int, int]]
"""Instalment → item → minor units."""


def recovery_of(cases: Iterable[Escalation]) -> dict[int, tuple[int, int]]:
    """Case → what was placed, and what came in on it from the day it was placed until it was recalled or closed: from the ledger, receipts
    alone; a receipt that was taken back, whenever, counts no more."""
    held = {case.pk: case for case in cases if case.placed_on}
    placed: dict[int, dict[int, int]] = {pk: {} for pk in held}
    for case, item, amount in PlacedItem.objects.filter(escalation__in=held).values_list("escalation", "open_item", "amount"):
        placed[case][item] = amount
    keys = {item for items in placed.values() for item in items}
    taken, given = _moved(keys)
    others = {item for shares in given.values() for item in shares}
    came = _came_in(keys | set(taken) | others)
    return {pk: recovered(_Recovery(held[pk], came).of(items, taken, given)) for pk, items in placed.items()}


@dataclass(frozen=True, slots=True)
class _Recovery:
    """The money of one case's days."""

    case: Escalation
    came: Payments

    def of(self, placed: Mapping[int, int], taken: Shares, given: Shares) -> list[tuple[int, int]]:
        """Of each placed item, what was placed and what came in: on itself, on the instalments it went into, on what it gave back."""
        found, spare = {}, {}
        for item, amount in placed.items():
            paid = self._paid(item)
            found[item] = max(0, min(amount, paid))
            spare[item] = max(0, paid) - found[item]
        for instalment in taken.keys() - placed.keys():
            for item, share in self._shared(instalment, taken[instalment]):
                if item in placed:
                    found[item] = min(placed[item], found[item] + share)
        for instalment in given.keys() & placed.keys():
            for item, back in given[instalment].items():
                left = spare.get(item, max(0, self._paid(item)))
                share = min(left, back, placed[instalment] - found[instalment])
                found[instalment], spare[item] = found[instalment] + share, left - share
        return [(amount, found[item]) for item, amount in placed.items()]

    def _paid(self, item: int) -> int:
        start, end = self.case.placed_on, self.case.recalled_on or self.case.closed_on
        return sum(part for day, part in self.came.get(item, ()) if start and start <= day and (end is None or day <= end))

    def _shared(self, instalment: int, shares: Mapping[int, int]) -> Iterable[tuple[int, int]]:
        """What was paid on an instalment counts for the first of its items first; what was paid before is passed over."""
        before = sum(part for day, part in self.came.get(instalment, ()) if self.case.placed_on and day < self.case.placed_on)
        upto, begin = before + max(0, self._paid(instalment)), 0
        for item, share in shares.items():
            yield item, max(0, min(upto, begin + share) - max(before, begin))
            begin += share


def _moved(items: Collection[int]) -> tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]]:
    """Of the instalments that hold something of the items, or are among them: what they took of which items, and what they gave back."""
    lines = Line.objects.filter(open_item__in=items, entry__kind=Entry.Kind.INSTALMENT, entry__opens__isnull=False)
    found: tuple[dict[int, dict[int, int]], dict[int, dict[int, int]]] = ({}, {})
    for instalment, item, amount, _ in taken_lines(set(lines.order_by().values_list("entry__opens", flat=True))):
        shares = found[amount < 0].setdefault(instalment, {})
        shares[item] = shares.get(item, 0) + abs(amount)
    return found


def _came_in(items: Collection[int]) -> Payments:
    """Item → (day, minor units) that receipts paid on it; taken back, negative, on the day that they had come on."""
    cash = Line.objects.filter(entry=OuterRef("entry"), open_item__kind=OpenItem.Kind.RECEIPT)
    undone = Line.objects.filter(entry=OuterRef("entry__reverses"), open_item__kind=OpenItem.Kind.RECEIPT)
    kinds = Q(entry__kind__in=(Entry.Kind.APPLICATION, Entry.Kind.REVERSAL))
    rows = Line.objects.filter(Exists(cash) | Exists(undone), kinds, open_item__in=items).order_by()
    rows = rows.annotate(day=Coalesce("entry__reverses__effective_date", "entry__effective_date"))
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for item, day, amount in rows.values_list("open_item", "day", "amount"):
        found[item].append((day, -amount))
    return found
