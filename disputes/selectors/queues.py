"""Queues of cases: whose they are, what is late or about to be, what waits; cheap on a hundred thousand cases.

Lists are read a page at a time by cursor. Counts of the tabs are one pass over open cases, by the index made for it; totals are summed
unasked up to a bound.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from arops.lib.keyset import in_order, slice_of
from customers.models import Customer
from disputes.models import Dispute, DisputePolicy
from disputes.policy.clock import add_working_days
from disputes.policy.track import CLOSED
from disputes.selectors.questions import ESCALATION, LABEL
from org.actors import Actor
from org.models import Company
from workflow.models import Task
from workflow.selectors.tasks import departments_of

VIEWS = (
    ("mine", "Mine"), ("department", "My department’s"), ("soon", "Breaching soon"), ("late", "Late"), ("customer", "Waiting on customer"),
    ("nobody", "Nobody’s"), ("escalated", "Escalated"), ("all", "All open"), ("closed", "Closed"), ("every", "Open and closed"),
)  # fmt: skip
SORTS = {
    "due": "due_date", "amount": "amount", "customer": "customer__name", "number": "pk", "opened": "opened_on", "state": "state",
    "closed": "resolved_on",
}  # fmt: skip
SHOWN = (
    "number", "company", "customer__name", "customer__number", "open_item__number", "amount", "claimed", "agreed", "currency", "reason",
    "state", "waiting_on", "resolution", "resolved_on", "owner", "department", "cause", "opened_on", "due_date", "paused_on",
)  # fmt: skip
"""What a list tells of a case; the rest of the row stays where it is."""
WARN_DAYS: int = DisputePolicy._meta.get_field("warn_days").default  # type: ignore[attr-defined]
"""Working days before its day that a case breaches soon, where the company hasn't said."""
PAGE, SUMMED, NAMED = 60, 5_000, 500
"""Cases of a page; cases up to which totals are summed unasked; customers that a typed name may mean."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are asked for; what is empty narrows nothing. Amounts are minor units of what is in dispute now."""

    view: str = "mine"
    text: str = ""
    company: int | None = None
    reason: str = ""
    state: str = ""
    customer: int | None = None
    cause: int | None = None
    owner: str = ""
    department: int | None = None
    currency: str = ""
    least: int | None = None
    most: int | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    sort: str = "due"


@dataclass(frozen=True, slots=True)
class Totals:
    """By currency: (currency, cases, in dispute). None: more than is summed unasked."""

    rows: list[tuple[str, int, int]] | None

    @property
    def count(self) -> int | None:
        """How many cases; None where there are more than are counted unasked."""
        return None if self.rows is None else sum(n for _, n, _ in self.rows)


@dataclass(frozen=True, slots=True)
class Page:
    """Cases of a page with the place of each in the queue, and the cursor of the next page."""

    rows: list[Dispute] = field(default_factory=list)
    after: str = ""


class Queues:
    """The queues of a person on a day: what each view means, read once."""

    def __init__(self, actor: Actor, today: date) -> None:
        self.actor, self.today = actor, today
        self.departments = list(departments_of(actor).values_list("pk", flat=True))
        self.views: dict[str, Q] = {
            "mine": Q(owner=actor.reach().person_id or 0), "department": Q(department__in=self.departments), "soon": soon(actor, today),
            "late": late(today), "customer": Q(waiting_on=Dispute.WaitingOn.CUSTOMER), "nobody": Q(owner=None),
            "escalated": Q(pk__in=escalations().values("subject_id")), "all": Q(),
        }  # fmt: skip

    def find(self, wanted: Wanted) -> QuerySet[Dispute]:
        """The cases in sight that are asked for, without order."""
        found: Any = Dispute.objects.visible_to(self.actor, "disputes.view")
        if wanted.view == "closed":
            found = found.filter(state__in=CLOSED)
        elif wanted.view != "every":
            found = found.open().filter(self.views[wanted.view])
        exact = {
            "company": wanted.company, "reason": wanted.reason, "state": wanted.state, "customer": wanted.customer, "cause": wanted.cause,
            "department": wanted.department, "currency": wanted.currency, "amount__gte": wanted.least, "amount__lte": wanted.most,
            "opened_on__gte": wanted.opened_from, "opened_on__lte": wanted.opened_to,
        }  # fmt: skip
        found = found.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
        if wanted.owner:
            found = found.filter(_of_owner(self.actor, wanted.owner))
        return _named(found, wanted.text, self.actor) if wanted.text else found

    def tally(self) -> dict[str, Totals]:
        """What each view of open cases holds, without filters: one pass over them. What is closed isn't counted, for it only grows."""
        seen = Dispute.objects.visible_to(self.actor, "disputes.view").open()
        asked: dict[str, Any] = {f"n_{code}": Count("pk", filter=q) if q else Count("pk") for code, q in self.views.items()}
        asked |= {f"a_{code}": Sum("amount", filter=q) if q else Sum("amount") for code, q in self.views.items()}
        rows = list(seen.order_by().values("currency").annotate(**asked).order_by("currency"))
        return {
            code: Totals([(row["currency"], row[f"n_{code}"], row[f"a_{code}"]) for row in rows if row[f"n_{code}"]]) for code in self.views
        }


def escalations() -> QuerySet[Task]:
    """Tasks by which seniors are asked to look at cases, and that they haven’t answered yet."""
    return Task.objects.filter(subject_type=LABEL, kind=ESCALATION, state=Task.State.OPEN)


def late(today: date) -> Q:
    """Past its day, as the clock goes: one whose clock stands still is late only if it was when it stopped. No day passes at a weekend."""
    return Q(paused_on=None, due_date__lt=_worked(today)) | Q(paused_on__isnull=False, due_date__lt=F("paused_on"))


def soon(actor: Actor, today: date) -> Q:
    """Due within the working days in which its company wants to be warned, its clock going."""
    bounds: dict[date, list[int]] = {}
    usual = add_working_days(today, WARN_DAYS)
    for company, days in DisputePolicy.objects.visible_to(actor, "disputes.view").values_list("company", "warn_days"):
        bounds.setdefault(add_working_days(today, days), []).append(company)
    own = {bound: keys for bound, keys in bounds.items() if bound != usual}
    within = Q(due_date__lte=usual) & ~Q(company__in=[key for keys in own.values() for key in keys]) if own else Q(due_date__lte=usual)
    for bound, keys in own.items():
        within |= Q(company__in=keys, due_date__lte=bound)
    return Q(paused_on=None, due_date__gte=_worked(today)) & within


def _worked(today: date) -> date:
    """The last working day up to this one."""
    return today - timedelta(days=max(0, today.weekday() - 4))


def _of_owner(actor: Actor, owner: str) -> Q:
    """`me`, `nobody`, or a person's key."""
    if owner == "nobody":
        return Q(owner=None)
    if owner == "me":
        return Q(owner=actor.reach().person_id or 0)
    return Q(owner=int(owner)) if owner.isascii() and owner.isdigit() and len(owner) < 19 else Q()


def _named(found: Any, text: str, actor: Actor) -> Any:
    """By the case's number, or the customer's name or number. Keys are looked up first, each by its own index."""
    names = Q(name__icontains=text) | Q(number__iexact=text)
    customers = list(Customer.objects.visible_to(actor, "disputes.view").filter(names).values_list("pk", flat=True)[:NAMED])
    companies = list(companies_of(actor).values_list("pk", flat=True))
    cases = list(Dispute.objects.filter(company__in=companies, number__in={text, text.upper()}).values_list("pk", flat=True))
    return found.filter(Q(customer__in=customers) | Q(pk__in=cases))


def totals(found: QuerySet[Dispute], *, everything: bool = False) -> Totals:
    """Cases and what is in dispute by currency; of more than SUMMED cases only where `everything` is asked for."""
    if everything:
        sums = found.order_by().values("currency").annotate(n=Count("pk"), a=Sum("amount")).order_by("currency")
        return Totals([(row["currency"], row["n"], row["a"]) for row in sums])
    read = list(found.order_by().values_list("currency", "amount")[: SUMMED + 1])
    if len(read) > SUMMED:
        return Totals(None)
    sums_of: dict[str, tuple[int, int]] = {}
    for currency, amount in read:
        n, total = sums_of.get(currency, (0, 0))
        sums_of[currency] = (n + 1, total + amount)
    return Totals([(currency, *pair) for currency, pair in sorted(sums_of.items())])


def page_of(found: QuerySet[Dispute], *, sort: str, after: str = "", size: int = PAGE) -> Page:
    """A page of a queue, and the cursor of the next."""
    down, path = _path(sort)
    slice = slice_of(found, path, down=down, after=after, size=size)
    # Few rows of these four serve all cases: fetched once each, for a join of seven tables costs more to plan than to run.
    whole = Dispute.objects.select_related("customer", "open_item").prefetch_related("company", "owner", "department", "cause")
    return Page(in_order(whole.only(*SHOWN), slice.keys), slice.after)


def place_of(case: Dispute, sort: str) -> str:
    """Where a case stands in a queue of that order: the cursor of what comes after it."""
    value: Any = case
    for name in _path(sort)[1].split("__"):
        value = getattr(value, name)
    return f"{value}~{case.pk}"


def next_after(found: QuerySet[Dispute], *, sort: str, place: str, pk: int) -> Dispute | None:
    """The case that follows a place in the queue; None when that was the last one."""
    down, path = _path(sort)
    keys = slice_of(found.exclude(pk=pk), path, down=down, after=place, size=1).keys
    return Dispute.objects.select_related("customer").filter(pk__in=keys).first()


def _path(sort: str) -> tuple[bool, str]:
    return sort.startswith("-"), SORTS.get(sort.lstrip("-"), "due_date")


def companies_of(actor: Actor) -> QuerySet[Company]:
    """Companies whose cases are in sight, wholly or in part."""
    reach = actor.reach("disputes.view")
    return Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies | reach.portfolios)
