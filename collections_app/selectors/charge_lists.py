"""Late charges as their pages show them: lists in sight, the month to assess next, what a preview came to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from collections_app.models import Charge, ChargePolicy, ChargeRun
from collections_app.policy.charges import REASONS
from collections_app.selectors.charges import Assessed, ChargeBook, Period, assessed, candidates, month_before, month_of
from customers.models import Customer
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Company

PREVIEWED = 3_000
"""Customers that a preview on screen goes through."""


def charges_in_sight(actor: Actor, permission: str = "collections.view") -> QuerySet[Charge]:
    """Charges with what their pages show."""
    rows = Charge.objects.visible_to(actor, permission)
    return rows.select_related("run", "customer", "company", "policy", "open_item", "approval", "notice")


def months_in(rows: QuerySet[Charge]) -> list[date]:
    """The first days of the latest 24 months that have charges among these: a look-up for each run, not a reading of all charges."""
    some = rows.order_by().select_related(None).filter(run=OuterRef("pk"))
    runs = ChargeRun.objects.filter(Exists(some)).order_by("-period_from")
    return list(runs.values_list("period_from", flat=True).distinct()[:24])


def narrowed(rows: QuerySet[Charge], asked: dict[str, str]) -> QuerySet[Charge]:
    """Charges by month (2026-10), state, company and customer."""
    if asked["month"]:
        rows = rows.filter(run__period_from=f"{asked['month']}-01")
    if asked["company"]:
        rows = rows.filter(company__code=asked["company"])
    if asked["q"]:
        named = Q(customer__name__icontains=asked["q"]) | Q(customer__number__iexact=asked["q"])
        rows = rows.filter(named | Q(open_item__number__iexact=asked["q"]))
    if asked["state"] == "open":
        return rows.filter(open_item__balance__gt=0)
    return rows.filter(state=asked["state"]) if asked["state"] else rows


@dataclass(frozen=True, slots=True)
class Next:
    """A company's month to assess: `run` where it has begun; `so_far`: the month isn't over, its last day is yesterday."""

    company: Company
    period: Period
    run: ChargeRun | None
    has_policy: bool
    so_far: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it is assessed."""
        return bool(self.run and self.run.finished_at)


def next_month(company: Company, today: date) -> Next:
    """The last whole month, and where it stands."""
    period = month_before(today)
    run = ChargeRun.objects.filter(company=company, period_from=period.first).first()
    return Next(company, period, run, ChargeBook(company, period).has_policy)


def to_preview(company: Company, today: date) -> Next:
    """The month that is assessed next: the last whole one, or where that is done this month up to yesterday (without a run)."""
    last = next_month(company, today)
    if not last.is_done:
        return last
    this = month_of(today)
    return Next(company, Period(this.first, today - timedelta(days=1)), None, ChargeBook(company, this).has_policy, so_far=True)


def companies_that_charge(actor: Actor) -> list[Company]:
    """Companies in sight, those with policies first."""
    held = set(ChargePolicy.objects.values_list("company", flat=True).distinct())
    return sorted(Company.objects.visible_to(actor, "collections.view"), key=lambda c: (c.pk not in held, c.code))


def segments_of(company: Company) -> list[str]:
    """The segments of its customers."""
    return sorted(set(Customer.objects.filter(company=company).exclude(segment="").values_list("segment", flat=True).distinct()))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a month would come to: the accounts, what is charged by currency, what is left out by reason, and how many weren't looked at."""

    rows: tuple[Assessed, ...]
    charged: dict[str, int]
    left_out: dict[str, int]
    beyond: int


def preview(actor: Actor, company: Company, period: Period) -> Preview:
    """The month's charges for customers in sight, without doing anything."""
    book = ChargeBook(company, period)
    ids = candidates(book)
    seen = set(Customer.objects.visible_to(actor, "collections.view").filter(company=company, pk__in=ids).values_list("pk", flat=True))
    own = [pk for pk in ids if pk in seen]
    rows = sorted(assessed(book, own[:PREVIEWED]), key=lambda a: (-a.assessment.amount, a.customer.name))
    return Preview(tuple(rows), *_sums(rows), max(0, len(own) - PREVIEWED))


def _sums(rows: Sequence[Assessed]) -> tuple[dict[str, int], dict[str, int]]:
    charged: dict[str, int] = defaultdict(int)
    left: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.assessment.reason:
            left[REASONS[row.assessment.reason]] += 1
        else:
            charged[row.assessment.account.currency] += row.assessment.amount
    return dict(sorted(charged.items())), dict(left)


def items_of(charge: Charge) -> dict[int, OpenItem]:
    """The items that a charge rests on, by key."""
    return OpenItem.objects.in_bulk([line["item"] for line in charge.lines])
