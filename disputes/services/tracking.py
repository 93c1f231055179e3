"""A case on its track, by hand: moved along, handed to a department."""

from datetime import date

from django.db import transaction

from disputes.models import Dispute
from disputes.policy.track import CLOSED
from disputes.services.closing import reopen_dispute
from disputes.services.errors import DisputeError
from disputes.services.moving import KEEP, lock_case, log, onto, place_case
from org.actors import Actor, require
from org.models import Department

NEXT: dict[str, frozenset[str]] = {
    Dispute.State.OPEN: frozenset({"investigating", "waiting", "decision"}),
    Dispute.State.INVESTIGATING: frozenset({"waiting", "decision"}),
    Dispute.State.WAITING: frozenset({"investigating", "decision"}),
    Dispute.State.DECISION: frozenset({"investigating", "waiting"}),
    Dispute.State.SETTLING: frozenset(),
    Dispute.State.RESOLVED: frozenset({"open"}),
    Dispute.State.REJECTED: frozenset({"open"}),
}
"""State → states it may be moved to by hand. Being settled begins and ends by the settlement, closing by `close_dispute`."""


@transaction.atomic
def move_dispute(
    *, actor: Actor, dispute: Dispute, state: str, version: int, today: date, waiting_on: str = "", department: Department | None = None
) -> Dispute:
    """Move a case along its track, and hand it to a department if one is named. Waiting is for somebody: for the department where it has
    one, else for the customer, unless `waiting_on` says. Raises DisputeError for what isn't on the track, StaleDispute, NotAllowed."""
    require(actor, "disputes.work", dispute.company_id)
    if state == Dispute.State.OPEN:
        return reopen_dispute(actor=actor, dispute=dispute, version=version, today=today, reason="")
    case = lock_case(dispute, version)
    waiting_on = _waiting_on(case, state, waiting_on, department)
    again = state == case.state == Dispute.State.WAITING and (waiting_on != case.waiting_on or department is not None)
    if state not in NEXT[case.state] and not again:
        raise DisputeError(f"a dispute that is {case.get_state_display()} doesn't become {_named(state)}", "state")
    _same_company(case, department)
    place_case(actor=actor, case=case, state=state, today=today, waiting_on=waiting_on, department=department or KEEP)
    log(actor, "dispute.moved", case, state=state, waiting_on=waiting_on, department=department.code if department else None)
    return onto(dispute)


def _waiting_on(case: Dispute, state: str, waiting_on: str, department: Department | None) -> str:
    if state != Dispute.State.WAITING:
        return ""
    if waiting_on and waiting_on not in Dispute.WaitingOn.values:
        raise DisputeError("a case waits for the customer or for a department", "waiting_on")
    return waiting_on or ("department" if department or case.department_id else "customer")


def _named(state: str) -> str:
    return Dispute.State(state).label if state in Dispute.State.values else repr(state[:30])


@transaction.atomic
def hand_over_dispute(*, actor: Actor, dispute: Dispute, department: Department | None, version: int, today: date) -> Dispute:
    """Give a case to a department, or take it back: it has its own days from today where it has a service level. Raises DisputeError."""
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute, version)
    if case.state in CLOSED:
        raise DisputeError("the dispute is closed: open it again first")
    _same_company(case, department)
    if department != case.department:
        place_case(actor=actor, case=case, state=case.state, today=today, waiting_on=case.waiting_on, department=department)
        log(actor, "dispute.handed_over", case, department=department.code if department else None)
    return onto(dispute)


def _same_company(case: Dispute, department: Department | None) -> None:
    if department is not None and department.company_id != case.company_id:
        raise DisputeError("choose a department of this company", "department")
