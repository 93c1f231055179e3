"""How a case changes: it is locked (the item before the case), written if nobody wrote meanwhile, and what was in dispute and where the
case stood are kept. Everything that changes a case goes through here; who may, and what the track allows, is said by its callers."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from django.db.models import F, Q
from django.db.models.functions import Now

from disputes.models import Dispute, DisputeMovement, DisputeStep
from disputes.policy.clock import add_working_days, working_days
from disputes.selectors.levels import LevelBook
from disputes.services.errors import StaleDispute
from ledger.selectors import lock_items
from org.actors import Actor
from org.models import Company, Department
from workflow.models import Event
from workflow.services import record


class Keep:
    """Says that something stays as it is."""


KEEP: Final = Keep()


def movement(dispute: Dispute, delta: int, day: date, actor: Actor) -> DisputeMovement:
    """A change of what of its item is in dispute."""
    return DisputeMovement(dispute=dispute, open_item_id=dispute.open_item_id, day=day, delta=delta, by=actor.label)


def step(dispute: Dispute, day: date, actor: Actor) -> DisputeStep:
    """Where the case stands from now on."""
    return DisputeStep(
        dispute=dispute, state=dispute.state, waiting_on=dispute.waiting_on, department_id=dispute.department_id, day=day,
        due_date=dispute.due_date, by=actor.label,
    )  # fmt: skip


def lock_case(dispute: Dispute, version: int | None = None) -> Dispute:
    """The case as it is now, locked after its item until the transaction ends. Raises StaleDispute when it isn't at `version` any more."""
    lock_items([dispute.open_item_id])
    case: Dispute = Dispute.objects.select_for_update(of=("self",), no_key=True).get(pk=dispute.pk)
    if version is not None and case.version != version:
        raise StaleDispute("someone changed this dispute meanwhile: look at it again")
    return case


def change_case(case: Dispute, **fields: Any) -> None:
    """Write fields of a locked case: its version counts on."""
    Dispute.objects.filter(pk=case.pk).update(version=F("version") + 1, updated_at=Now(), **fields)
    case.refresh_from_db()


def place_case(
    *,
    actor: Actor,
    case: Dispute,
    state: str,
    today: date,
    waiting_on: str = "",
    department: Department | Keep | None = KEEP,
    **fields: Any,
) -> Dispute:
    """Put a locked case where it stands from now on, whatever the track says: its clock stops or goes on, a step is written."""
    book = LevelBook([case.company_id])
    kept = case.department_id if isinstance(department, Keep) else (department.pk if department else None)
    fields |= {"state": state, "waiting_on": waiting_on, "department_id": kept, "paused_on": None}
    if case.paused_on:
        fields.setdefault("due_date", add_working_days(case.due_date, working_days(case.paused_on, today)))
    if kept != case.department_id:
        fields["due_date"] = book.due_with(case, kept, today)
    if book.stops(case.company_id, state, waiting_on):
        fields["paused_on"] = today
    change_case(case, **fields)
    step(case, today, actor).save()
    return case


def set_clocks(actor: Actor, company: Company, paused_by: Collection[str], today: date) -> int:
    """Stop the clocks of waiting cases that stand still from now on, and let those go on that do no more; how many. A step is written, for
    what they promise changes. Call it when the company says otherwise what stops a clock."""
    waiting = Dispute.objects.filter(company=company, state=Dispute.State.WAITING)
    goes_on = Q(paused_on__isnull=False) & ~Q(waiting_on__in=list(paused_by))
    turned = waiting.filter(goes_on | Q(paused_on=None, waiting_on__in=list(paused_by))).order_by("open_item", "pk")
    pairs = list(turned.values_list("pk", "open_item"))
    lock_items(item for _, item in pairs)
    cases = list(turned.filter(pk__in=[pk for pk, _ in pairs]).select_for_update(of=("self",), no_key=True))
    for case in cases:
        if case.paused_on:
            case.due_date, case.paused_on = add_working_days(case.due_date, working_days(case.paused_on, today)), None
        else:
            case.paused_on = today
        case.version, case.updated_at = case.version + 1, Now()
    Dispute.objects.bulk_update(cases, ["due_date", "paused_on", "version", "updated_at"])
    DisputeStep.objects.bulk_create(step(case, today, actor) for case in cases)
    return len(cases)


def log(actor: Actor, type: str, dispute: Dispute, **data: Any) -> Event:
    """Add what happened to a case to the audit trail; the event log and its watchers read it from there."""
    return record(
        actor=actor,
        type=type,
        company_id=dispute.company_id,
        subject=dispute,
        customer_id=dispute.customer_id,
        number=dispute.number,
        **data,
    )


def onto(dispute: Dispute) -> Dispute:
    """The caller's own object, as the case is now."""
    dispute.refresh_from_db()
    return dispute
