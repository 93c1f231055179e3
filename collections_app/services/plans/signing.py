"""The customer agrees: a signed file, or a note of how it agreed; from then on the plan runs."""

from datetime import date

from django.db import transaction

from collections_app.models import PaymentPlan, Promise
from collections_app.services.plans.activating import activate
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.rows import change, locked, tell
from collections_app.services.promises import cancel_promise
from org.actors import Actor, require
from workflow.models import StoredFile
from workflow.services.approvals import Evidence
from workflow.services.attachments import attach

State = PaymentPlan.State


@transaction.atomic
def sign_plan(
    *, actor: Actor, plan: PaymentPlan, signed_by: str, signed_on: date, today: date, file: Evidence | None = None, note: str = ""
) -> PaymentPlan:  # fmt: skip
    """Note who signed for the customer, and let the plan run from today on: what it covers becomes instalments in the books.

    It needs the signed paper as a file, or words of how the customer agreed. Raises PlanError, AttachmentError and the like for a file that
    isn't taken, LedgerError, NotAllowed.
    """
    require(actor, "plans.make", plan.company_id)
    held = locked(plan, State.OFFERED)
    _check(held, signed_by, signed_on, today, file is not None, note)
    change(
        held, signed_by=signed_by.strip()[:150], signed_on=signed_on, signed_file=_kept(actor, held, file) if file else None,
        note="\n".join(filter(None, [held.note, note.strip()])),
    )  # fmt: skip
    _end_promises(actor, held, today)
    activate(actor=actor, plan=held, day=today)
    paper = held.signed_file.sha256 if held.signed_file else ""
    tell(actor, held, "signed", by=held.signed_by, on=signed_on.isoformat(), note=note.strip(), sha256=paper)
    return held


def _end_promises(actor: Actor, plan: PaymentPlan, today: date) -> None:
    """What was promised for the items is now agreed otherwise: nobody breaks his word by keeping to the plan."""
    items: list[int] = list(plan.items.values_list("open_item", flat=True))  # type: ignore[attr-defined]
    if plan.replaces is not None:
        items += [pk for pk in plan.replaces.instalments.values_list("open_item", flat=True) if pk]  # type: ignore[attr-defined]
    for promise in Promise.objects.open().filter(items__open_item__in=items).distinct():
        cancel_promise(actor=actor, promise=promise, today=today, reason=f"agreed in {plan.number}")


def _kept(actor: Actor, plan: PaymentPlan, file: Evidence) -> StoredFile:
    """The signed paper beside the plan: judged and scanned as every file from outside."""
    return attach(actor=actor, subject=plan, kind="contract", name=file.name, content=file.content, note="as signed").file


def _check(plan: PaymentPlan, signed_by: str, signed_on: date, today: date, has_file: bool, note: str) -> None:
    if not signed_by.strip():
        raise PlanError("say who signed for the customer")
    if not has_file and not note.strip():
        raise PlanError("add the signed paper, or say how the customer agreed")
    if signed_on > today or signed_on < plan.made_on:
        raise PlanError(f"it was signed between {plan.made_on} and today")
    if plan.offer_until and signed_on > plan.offer_until:
        raise PlanError(f"the offer stood until {plan.offer_until}: make a new plan")
    if plan.instalments.filter(due_on__lt=today).exists():  # type: ignore[attr-defined]
        raise PlanError("its first instalment lies behind: make a new plan")
