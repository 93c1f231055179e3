"""A running plan paid off before its time: what is left falls due on one day, with interest up to it and none beyond."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from collections_app.models import Instalment, PaymentPlan
from collections_app.policy.plans import Due, settled_early
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.rows import locked, tell
from ledger.selectors import lock_items
from ledger.services import move_due_dates
from org.actors import Actor, require


@dataclass(frozen=True, slots=True)
class Payoff:
    """What ends a plan by a day: what is left of the debt, the interest up to the day, the interest that is then not asked for; and what is
    late already, with its interest, which isn't in the sums."""

    by: date
    left: int
    interest: int
    saved: int
    late: int


def payoff_of(plan: PaymentPlan, by: date) -> Payoff:
    """What the customer pays to be done by a day."""
    rows: list[Instalment] = list(plan.instalments.select_related("open_item", "interest_item"))  # type: ignore[attr-defined]
    ahead, behind = _ahead(rows, by), [row for row in rows if row.due_on <= by]
    since = max((row.due_on for row in behind), default=plan.signed_on or plan.made_on)
    left, interest = settled_early([Due(r.due_on, r.open_item.balance) for r in ahead if r.open_item], plan.rate, since, by)
    late = sum(i.balance for row in behind for i in (row.open_item, row.interest_item) if i)
    saved = sum(row.interest for row in [*ahead, *_paid_ahead(rows, by)]) - interest
    return Payoff(by, left, interest, saved, late)


def _ahead(rows: list[Instalment], by: date) -> list[Instalment]:
    return [row for row in rows if row.due_on > by and row.open_item and row.open_item.balance and row.interest_item is None]


def _paid_ahead(rows: list[Instalment], by: date) -> list[Instalment]:
    """Later instalments that are paid, their interest not yet asked for: once all is paid on one day, it never is."""
    return [row for row in rows if row.due_on > by and row.open_item and not row.open_item.balance and row.interest_item is None]


@transaction.atomic
def settle_early(*, actor: Actor, plan: PaymentPlan, by: date, today: date) -> PaymentPlan:
    """Agree that all that is left is paid by a day, today or later: the instalments beyond it are due then, with interest up to that day.

    Raises PlanError, NotAllowed.
    """
    require(actor, "plans.make", plan.company_id)
    held = locked(plan, PaymentPlan.State.ACTIVE)
    if by < today:
        raise PlanError("the day lies behind")
    lock_items(held.instalments.filter(open_item__isnull=False).values_list("open_item", flat=True))  # type: ignore[attr-defined]
    rows: list[Instalment] = list(held.instalments.select_related("open_item", "interest_item"))  # type: ignore[attr-defined]
    ahead, payoff = _ahead(rows, by), payoff_of(held, by)
    if not ahead:
        raise PlanError("nothing that is left is due later than that day")
    for n, row in enumerate(ahead):
        row.due_on, row.interest = by, payoff.interest if n == 0 else 0
    paid = _paid_ahead(rows, by)
    for row in paid:
        row.interest = 0
    Instalment.objects.bulk_update([*ahead, *paid], ["due_on", "interest"])
    moved = [row.open_item for row in ahead if row.open_item]
    move_due_dates(actor=actor, items=moved + ([held.rest_item] if held.rest_item else []), due_date=by)
    tell(actor, held, "settled_early", by=by.isoformat(), left=payoff.left, interest=payoff.interest, saved=payoff.saved)
    return held
