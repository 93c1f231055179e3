"""Plans as they are negotiated: a draft, changed as often as wanted before it is asked for; a running plan is re-scheduled by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db import transaction

from collections_app.models import Instalment, PaymentPlan, PlanItem
from collections_app.policy.plans import Due, PlanTermsError, Terms, schedule, waived_of
from collections_app.selectors.plan_items import HELD, free_of, plans_of_items, returning_to
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.rows import change, locked, tell
from collections_app.services.policies import policy_of
from customers.models import Contact, Customer
from ledger.models import OpenItem
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company

State = PaymentPlan.State
OPEN_TO_CHANGE = (State.DRAFT, State.REFUSED)
MOST_RATE = 60
"""Per cent a year beyond which a rate is surely mistyped."""


@transaction.atomic
def make_plan(
    *, actor: Actor, customer: Customer, items: Sequence[OpenItem], terms: Terms, today: date, pays: int | None = None,
    contact: Contact | None = None, note: str = "", default_days: int | None = None, plan: PaymentPlan | None = None,
) -> PaymentPlan:  # fmt: skip
    """Keep what was negotiated as a draft; `plan` is the draft or refused plan that it replaces.

    It covers what is open of the items and not in dispute, the earliest due first. `pays` makes it a settlement: so many minor units are
    paid by the instalments, and the rest is given up in the end. Raises PlanError, NotAllowed.
    """
    require(actor, "plans.make", customer.company_id)
    ordered = sorted(items, key=lambda i: (i.due_date, i.pk))
    covered = check_items(customer, ordered)
    total = sum(covered.values())
    dues, waived = check_terms(customer.company, total, terms, pays)
    fields = {
        "kind": PaymentPlan.Kind.PLAN if pays is None else PaymentPlan.Kind.SETTLEMENT, "contact": contact, "note": note.strip(),
        "currency": ordered[0].currency, "total": total, "waived": waived, "rate": terms.rate, "made_on": today, "made_by": actor.label,
        "default_days": _days(customer.company, default_days), "state": State.DRAFT,
    }  # fmt: skip
    return _kept(actor, customer, fields, covered, dues, plan)


def _kept(
    actor: Actor, customer: Customer, fields: Mapping[str, object], covered: Mapping[int, int], dues: Sequence[Due],
    plan: PaymentPlan | None,
) -> PaymentPlan:  # fmt: skip
    if plan is None:
        (number,) = next_numbers(company=customer.company, kind="payment_plan", prefix="PLN-")
        made = PaymentPlan.objects.create(company=customer.company, customer=customer, number=number, **fields)
    else:
        made = _changed(plan, customer, fields)
    PlanItem.objects.bulk_create(PlanItem(plan=made, open_item_id=pk, amount=amount) for pk, amount in covered.items())
    Instalment.objects.bulk_create(
        Instalment(plan=made, ordinal=n, due_on=due.due_on, amount=due.amount, interest=due.interest) for n, due in enumerate(dues, 1)
    )
    tell(actor, made, "made" if plan is None else "changed", instalments=len(dues), waived=made.waived, rate=str(made.rate))
    return made


@transaction.atomic
def reschedule_plan(
    *, actor: Actor, running: PaymentPlan, terms: Terms, today: date, contact: Contact | None = None, note: str = "",
    default_days: int | None = None, plan: PaymentPlan | None = None,
) -> PaymentPlan:  # fmt: skip
    """Keep a new schedule of what isn't paid of a running plan as a draft; `plan` is the draft or refused one that it replaces.

    It is asked for, allowed and signed as the first was; until then the running plan stands. What was given up stays given up, interest
    runs on from where the old schedule asked for it last. Raises PlanError, NotAllowed.
    """
    require(actor, "plans.make", running.company_id)
    held = locked(running, State.ACTIVE)
    elsewhere = held.versions.filter(state__in=(*OPEN_TO_CHANGE, *HELD)).exclude(pk=plan.pk if plan else None)  # type: ignore[attr-defined]
    if other := elsewhere.first():
        raise PlanError(f"{other.number} is a new schedule of {held.number} already: change or cancel that one")
    covered, dues, given_up = renewed(held, terms, today)
    fields = {
        "kind": held.kind, "contact": contact, "note": note.strip(), "currency": held.currency,
        "total": sum(covered.values()), "waived": given_up, "rate": terms.rate, "made_on": today,
        "made_by": actor.label, "default_days": _days(held.company, default_days),
        "state": State.DRAFT, "replaces": held,
    }  # fmt: skip
    return _kept(actor, held.customer, fields, covered, dues, plan)


def renewed(running: PaymentPlan, terms: Terms, today: date) -> tuple[dict[int, int], tuple[Due, ...], int]:
    """What a new schedule of a running plan covers (item → minor units), its instalments, and what it gives up. Raises PlanError."""
    covered = in_their_order(returning_to(running))
    rest = running.rest_item
    if rest and free_of([rest])[rest.pk] < rest.balance:
        raise PlanError(f"what {running.number} gives up is in dispute: have that case decided first")
    total, waived = sum(covered.values()), rest.balance if rest else 0
    if total <= waived:
        raise PlanError(f"nothing of {running.number} is left to be paid that isn’t in dispute")
    wanted = replace(terms, start=interest_since(running, today), earliest=today)
    return covered, *check_terms(running.company, total, wanted, total - waived if waived else None)


def in_their_order(covered: Mapping[int, int]) -> dict[int, int]:
    """The same, the earliest due first."""
    found = OpenItem.objects.filter(pk__in=covered).order_by("due_date", "pk").values_list("pk", flat=True)
    return {pk: covered[pk] for pk in found}


def interest_since(plan: PaymentPlan, today: date) -> date:
    """The last day up to which a running plan has asked for interest: the latest instalment that is behind and whose interest, if any, is
    in the books, and before the first whose interest isn't (paid off early, several are due on one day); before the first the day of the
    signature."""
    behind = plan.instalments.filter(due_on__lte=today)  # type: ignore[attr-defined]
    unasked = min(behind.filter(interest__gt=0, interest_item=None).values_list("due_on", flat=True), default=date.max)
    asked = [day for day in behind.values_list("due_on", flat=True) if day < unasked]
    return max(asked, default=plan.signed_on or plan.made_on)


def _changed(plan: PaymentPlan, customer: Customer, fields: Mapping[str, object]) -> PaymentPlan:
    held = locked(plan, *OPEN_TO_CHANGE)
    if held.customer_id != customer.pk:
        raise PlanError(f"{held.number} is another customer’s")
    held.items.all().delete()  # type: ignore[attr-defined]
    held.instalments.all().delete()  # type: ignore[attr-defined]
    return change(held, **fields)


def check_items(customer: Customer, items: Sequence[OpenItem]) -> dict[int, int]:
    """Key of an item → how much of it the plan covers, in the order given. Raises PlanError."""
    if not items:
        raise PlanError("choose what the plan covers")
    if {item.customer_id for item in items} != {customer.pk} or len({item.currency for item in items}) > 1:
        raise PlanError("a plan covers items of one customer, in one currency")
    if taken := [item.number for item in items if item.kind == OpenItem.Kind.INSTALMENT]:
        raise PlanError(f"{taken[0]} is an instalment already: re-schedule its plan, or end it")
    free, elsewhere = free_of(items), plans_of_items([item.pk for item in items])
    for item in items:
        if other := elsewhere.get(item.pk):
            raise PlanError(f"{item.number} is in {other} already, which waits for an answer")
        if free[item.pk] <= 0:
            raise PlanError(f"nothing of {item.number} is open that isn’t in dispute")
    return {item.pk: free[item.pk] for item in items}


def check_terms(company: Company, total: int, terms: Terms, pays: int | None) -> tuple[tuple[Due, ...], int]:
    """The instalments, and what a settlement gives up. Raises PlanError."""
    try:
        waived = 0 if pays is None else waived_of(total, pays)
        dues = schedule(total - waived, terms)
    except PlanTermsError as error:
        raise PlanError(str(error)) from None
    if terms.rate > MOST_RATE:
        raise PlanError(f"{terms.rate} per cent a year is more than {MOST_RATE}: check the rate")
    longest, lasts = policy_of(company).plan_longest_days, (dues[-1].due_on - (terms.earliest or terms.start)).days
    if lasts > longest:
        raise PlanError(f"the last instalment is {lasts} days away, {longest} at most: fewer instalments, or more often")
    return dues, waived


def _days(company: Company, wanted: int | None) -> int:
    if wanted is None:
        return policy_of(company).plan_default_days
    if not 0 <= wanted <= 90:
        raise PlanError("a plan ends 0 to 90 days after a missed instalment")
    return wanted
