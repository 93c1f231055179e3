"""What there is to know to climb the ladder: where many accounts stand, by a few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from collections_app.models import Activity, Escalation, PaymentPlan, PlannedStep, Promise, Rung, StrategyStep
from collections_app.policy.escalation import BROKEN, DEFAULT, REFUSED, RETURNED, Standing, Step
from collections_app.selectors.dunning import minimum_in, promised_left
from collections_app.selectors.plan_items import offered_left, without_rests
from customers.models import Customer
from disputes.selectors import disputed_by_item
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Company
from workflow.models import Event

YEAR, LATELY = timedelta(days=365), timedelta(days=60)
BATCH = 1000
OPEN = (Escalation.State.PROPOSED, Escalation.State.OPEN, Escalation.State.PLACED)
Key = tuple[int, str]


class Ladder:
    """The rungs of a company in use, read once; as rules in any currency."""

    def __init__(self, company: Company, day: date) -> None:
        self.company, self.day = company, day
        self.rungs = list(Rung.objects.filter(company=company, is_active=True).order_by("ordinal"))
        self._steps: dict[str, list[Step]] = {}

    def steps(self, currency: str) -> list[Step]:
        """The rungs as rules, their least amounts in that currency."""
        if currency not in self._steps:
            base = self.company.base_currency
            self._steps[currency] = [
                Step(
                    r.pk, r.name, r.ordinal, r.days_past_due, minimum_in(r.minimum, base, currency, self.day) if r.minimum else 0, r.risks,
                    r.broken_promises, r.event,
                )
                for r in self.rungs
            ]  # fmt: skip
        return self._steps[currency]

    def in_base(self, amount: int, currency: str) -> int:
        """An amount in the company's currency, to compare accounts by."""
        return minimum_in(amount, currency, self.company.base_currency, self.day)


def standings(ids: Collection[int], day: date) -> list[Standing]:
    """Where each account of these customers with something chaseable past due stands; those that are on the ladder now are left out.

    What is disputed, promised or in a plan that waits for the customer's answer on the day doesn't count (see `peace`).
    """
    busy = set(Escalation.objects.filter(customer__in=ids, state__in=OPEN).values_list("customer", "currency"))
    amounts: dict[Key, int] = defaultdict(int)
    oldest: dict[Key, tuple[date, str]] = {}
    for key, due, risk, left, (offered, _) in _late(ids, day):
        if left > offered and key not in busy:
            amounts[key] += left - offered
            oldest.setdefault(key, (due, risk))
    broken, events, reached = broken_promises(ids, day), _events(ids, day), _reached(ids)
    return [
        Standing(
            *key, (day - due).days, amounts[key], risk, broken.get(key, 0), frozenset(events[key] | events[key[0]]), reached.get(key, 0)
        )
        for key, (due, risk) in sorted(oldest.items())
    ]  # fmt: skip


def _late(ids: Collection[int], day: date) -> Iterator[tuple[Key, date, str, int, tuple[int, str]]]:
    """Items past due, the oldest first: account, due date, risk, what is neither disputed nor promised, what is offered, and where."""
    late = without_rests(OpenItem.objects.past_due(day).filter(customer__in=ids)).order_by("due_date", "pk")
    items = list(late.values_list("pk", "customer", "currency", "due_date", "balance", "customer__risk"))
    disputed, promised, offered = disputed_by_item([row[0] for row in items]), promised_left(ids), offered_left(ids, day)
    for pk, customer, currency, due, balance, risk in items:
        yield (customer, currency), due, risk, balance - disputed.get(pk, 0) - promised.get(pk, 0), offered.get(pk, (0, ""))


def left_by_offers(ids: Collection[int], day: date) -> dict[Key, str]:
    """Account that would climb but for a plan that waits for the customer's answer on the day → in which plan it is, in words."""
    rows = list(_late(ids, day)) if offered_left(ids, day) else []
    climbing = {key for key, _, _, left, (offered, _) in rows if left > offered}
    return {key: words for key, _, _, left, (_, words) in rows if left > 0 and key not in climbing}


def broken_promises(ids: Collection[int], day: date) -> dict[Key, int]:
    """Account → promises broken in a year."""
    rows = Promise.objects.filter(customer__in=ids, state=Promise.State.BROKEN, due_on__gt=day - YEAR, due_on__lte=day).order_by()
    return {(r["customer"], r["currency"]): r["n"] for r in rows.values("customer", "currency").annotate(n=Count("pk"))}


def _events(ids: Collection[int], day: date) -> dict[Key | int, set[str]]:
    """Account, or customer → what happened lately, as rungs name it."""
    since = day - LATELY
    broken = Promise.objects.filter(customer__in=ids, state=Promise.State.BROKEN, decided_on__gt=since, decided_on__lte=day)
    plans = PaymentPlan.objects.filter(customer__in=ids, state=PaymentPlan.State.DEFAULTED, ended_on__gt=since, ended_on__lte=day)
    returned = Event.objects.filter(
        customer_ref__in=ids, type="receipt.returned", data__day__gt=since.isoformat(), data__day__lte=day.isoformat()
    )
    refused = Activity.objects.filter(customer__in=ids, outcome=Activity.Outcome.REFUSED, happened_on__gt=since, happened_on__lte=day)
    happened: tuple[tuple[str, QuerySet[Any, Any]], ...] = (
        (BROKEN, broken.values_list("customer", "currency")), (DEFAULT, plans.values_list("customer", "currency")),
        (RETURNED, returned.values_list("customer_ref", flat=True)), (REFUSED, refused.values_list("customer", flat=True)),
    )  # fmt: skip
    found: dict[Key | int, set[str]] = defaultdict(set)
    for event, keys in happened:
        for key in keys:
            found[key].add(event)
    return found


def _reached(ids: Collection[int]) -> dict[Key, int]:
    """Account → the highest rung that was decided, dismissed or recalled since its last case was closed by payment."""
    rows = Escalation.objects.filter(customer__in=ids).order_by("pk").values_list("customer", "currency", "closed_on", "rung__ordinal")
    found: dict[Key, int] = {}
    for customer, currency, closed_on, ordinal in rows:
        if closed_on:
            found[customer, currency] = 0
        else:
            found[customer, currency] = max(found.get((customer, currency), 0), ordinal)
    return found


def steps_that_escalate(company: Company, day: date, rungs: Collection[str]) -> list[PlannedStep]:
    """Steps of strategies, due and open, that raise an account on the ladder, the oldest first."""
    rows = PlannedStep.objects.filter(company=company, state=PlannedStep.State.OPEN, due_on__lte=day, step__escalate_to__in=rungs)
    return list(rows.filter(step__channel=StrategyStep.Channel.ESCALATE).select_related("step", "customer__company").order_by("pk"))


def cases_in_sight(actor: Actor, permission: str = "collections.view") -> QuerySet[Escalation]:
    """Cases with what their pages show."""
    rows: QuerySet[Escalation] = Escalation.objects.visible_to(actor, permission)
    return rows.select_related("company", "customer__collector", "rung", "assigned_to", "pack")


def settled_cases(company: Company, day: date) -> list[Escalation]:
    """Cases on the ladder, and dismissed ones, of accounts of which nothing is past due any more; locked. One that is placed outside isn't
    settled while a payment plan runs: what comes in by it is recovered there."""
    account = {"customer": OuterRef("customer"), "currency": OuterRef("currency")}
    late = OpenItem.objects.past_due(day).filter(**account)
    runs = PaymentPlan.objects.filter(state=PaymentPlan.State.ACTIVE, **account)
    rows = Escalation.objects.filter(company=company, closed_on=None).exclude(state=Escalation.State.CLOSED)
    rows = rows.filter(~Exists(late)).filter(~Q(state=Escalation.State.PLACED) | ~Exists(runs))
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def last_receipt(customer: Customer, currency: str) -> tuple[date, int] | None:
    """Day and amount of the customer's last payment."""
    rows = OpenItem.objects.filter(customer=customer, currency=currency, kind=OpenItem.Kind.RECEIPT)
    row = rows.order_by("-document_date", "-pk").first()
    return (row.document_date, -row.amount) if row else None


def paid_since(customer: Customer, currency: str, day: date) -> int:
    """What came in from the customer since a day."""
    rows = OpenItem.objects.filter(customer=customer, currency=currency, kind=OpenItem.Kind.RECEIPT, document_date__gt=day)
    return -int(rows.aggregate(total=Sum("amount"))["total"] or 0)


def days_late(customer: Customer, currency: str, day: date) -> int | None:
    """How many days late invoices that were closed in a year were on average; None where none was."""
    closed = OpenItem.objects.filter(customer=customer, currency=currency, kind=OpenItem.Kind.INVOICE, balance=0)
    rows = closed.annotate(last=Max("lines__entry__effective_date")).filter(last__gt=day - YEAR)
    late = [(last - due).days for last, due in rows.values_list("last", "due_date")[:2000]]
    return round(sum(late) / len(late)) if late else None
