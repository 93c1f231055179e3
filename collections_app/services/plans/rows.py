"""A plan's row, held; what is written of it into the audit trail."""

from datetime import date
from typing import Any

from collections_app.models import PaymentPlan
from collections_app.services.plans.errors import PlanError
from ledger.selectors import first_open_day
from org.actors import Actor
from workflow.services import record


def locked(plan: PaymentPlan, *states: str) -> PaymentPlan:
    """The row as it stands, held to the end of the transaction. Raises PlanError where it is in none of the states."""
    rows = PaymentPlan.objects.select_for_update(of=("self",), no_key=True).select_related("company", "customer")
    held: PaymentPlan = rows.get(pk=plan.pk)
    if states and held.state not in states:
        raise PlanError(f"{held.number} is {held.get_state_display()} by now")
    return held


def books_day(plan: PaymentPlan, day: date) -> date:
    """Where what happens to a plan on `day` is posted: the first day of an open period; `day` itself where none is, and posting says so."""
    return first_open_day(plan.company_id, day) or day


def tell(actor: Actor, plan: PaymentPlan, type: str, **data: Any) -> None:
    """Write what happened to a plan into the audit trail."""
    record(
        actor=actor, type=f"plan.{type}", company_id=plan.company_id, subject=plan, customer_id=plan.customer_id, number=plan.number,
        amount=plan.total, currency=plan.currency, **data,
    )  # fmt: skip


def change(plan: PaymentPlan, **fields: Any) -> PaymentPlan:
    """Set fields of a held row; its version counts up."""
    for name, value in fields.items():
        setattr(plan, name, value)
    plan.version += 1
    plan.save(update_fields=[*fields, "version"])
    return plan
