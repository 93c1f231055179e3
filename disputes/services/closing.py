"""Cases closed, and opened again. What was in dispute before stays on record: the movements of a case are only added to."""

from datetime import date
from typing import Any

from django.db import transaction

from disputes.models import Dispute, DisputeNote
from disputes.policy.track import CLOSED
from disputes.selectors.levels import LevelBook
from disputes.services.amounts import free_of
from disputes.services.asking import withdraw_questions
from disputes.services.errors import DisputeError, OverContested
from disputes.services.moving import lock_case, log, movement, onto, place_case
from ledger.models import OpenItem
from org.actors import Actor, require


@transaction.atomic
def close_dispute(*, actor: Actor, dispute: Dispute, resolution: str, agreed: int, today: date, note: str = "") -> Dispute:
    """Close a case with what is allowed of it (minor units): what was contested is chased again, or has been credited.

    Called once it is decided how a case ends, by settling and by the system. Raises DisputeError (closed already), NotAllowed.
    """
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute)
    if resolution not in Dispute.Resolution.values:
        raise DisputeError("choose how the dispute ended", "resolution")
    if case.state in CLOSED:
        raise DisputeError("the dispute is closed already")
    if not 0 <= agreed <= case.claimed:
        raise DisputeError("no more can be allowed than is claimed", "agreed")
    state = Dispute.State.REJECTED if resolution == Dispute.Resolution.REJECTED else Dispute.State.RESOLVED
    place_case(actor=actor, case=case, state=state, today=today, resolution=resolution, resolved_on=today, agreed=agreed)
    movement(case, -case.amount, today, actor).save()
    if note.strip():
        DisputeNote.objects.create(dispute=case, body=note.strip(), author=actor.label)
    log(actor, "dispute.resolved", case, resolution=resolution, agreed=agreed, currency=case.currency)
    withdraw_questions(disputes=[case], today=today)
    return onto(dispute)


@transaction.atomic
def reopen_dispute(*, actor: Actor, dispute: Dispute, version: int, today: date, reason: str, amount: int | None = None) -> Dispute:
    """Open a closed case again, for `amount` or for what was in dispute: its history stays, its clock starts anew.

    What was paid, or is contested by another case meanwhile, is not contested anew. Raises DisputeError, StaleDispute, NotAllowed.
    """
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute, version)
    if case.state not in CLOSED:
        raise DisputeError("only a closed dispute can be opened again")
    wanted = case.amount if amount is None else amount
    item = OpenItem.objects.get(pk=case.open_item_id)
    if not 0 < wanted <= min(free_of(item), case.claimed):
        raise OverContested(f"of {item.number} no more than what is open and not contested yet can be disputed", "amount")
    due = LevelBook([case.company_id]).due_on(case.company_id, case.reason, case.department_id, today)
    fields: dict[str, Any] = {"amount": wanted, "resolution": "", "resolved_on": None, "agreed": None, "due_date": due}
    place_case(actor=actor, case=case, state=Dispute.State.OPEN, today=today, **fields)
    movement(case, wanted, today, actor).save()
    if reason.strip():
        DisputeNote.objects.create(dispute=case, body=reason.strip(), author=actor.label)
    log(actor, "dispute.reopened", case, amount=wanted, currency=case.currency, reason=reason)
    return onto(dispute)
