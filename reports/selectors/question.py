"""What is asked of the books: as of which day, as known when, of which items, aged how. Every report, page, export and API answer
is computed from one of these, so that they can't differ."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from customers.models import Customer
from ledger.aging import USUAL, Buckets
from ledger.asof import Scope
from org.actors import Actor, Reach
from org.models import Company

DEBIT_KINDS = ("invoice", "debit_memo", "late_fee", "instalment")


@dataclass(frozen=True, slots=True)
class Question:
    """`credits_apart`: credits and unapplied cash stand in a column of their own, not in the buckets by their own date."""

    as_of: date
    scope: Scope
    known_at: datetime | None = None
    basis: str = "due"
    buckets: Buckets = USUAL
    credits_apart: bool = True

    def on(self, day: date) -> "Question":
        """The same question for another day."""
        return replace(self, as_of=day)

    def within(self, **scope: Any) -> "Question":
        """The same question of fewer items."""
        return replace(self, scope=replace(self.scope, **scope))

    @property
    def is_whole(self) -> bool:
        """Whether whole accounts are asked for, not some customers or kinds: then totals tie to the general ledger itself."""
        scope = self.scope
        narrowed = (scope.customer_ids, scope.item_ids, scope.collector_ids, scope.kinds, scope.dates)
        return all(part is None for part in narrowed) and not scope.reach.portfolios


def companies_in(reach: Reach) -> list[Company]:
    """The companies in reach, by code."""
    found = Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies | reach.portfolios)
    return list(found)


def customers_of(
    actor: Actor, *, segment: str | None = None, parent_id: int | None = None, unassigned: bool = False
) -> Collection[int] | None:
    """Keys of the customers that a filter means; None when nothing is filtered. A parent brings its children."""
    found = Customer.objects.visible_to(actor)
    if segment is None and parent_id is None and not unassigned:
        return None
    if segment is not None:
        found = found.filter(segment=segment)
    if parent_id is not None:
        found = found.filter(pk=parent_id) | found.filter(parent_id=parent_id)
    if unassigned:
        found = found.filter(collector=None)
    return set(found.values_list("pk", flat=True))
