"""A case worked on: noted, amended, given to somebody, watched."""

from datetime import date

from django.db import transaction

from disputes.models import Dispute, DisputeLine, DisputeNote, DisputeWatcher
from disputes.policy.track import CLOSED
from disputes.selectors import disputed_by_item
from disputes.selectors.levels import LevelBook
from disputes.services.amounts import LineBook, Lines, check_amount, check_reason
from disputes.services.errors import DisputeError
from disputes.services.moving import change_case, lock_case, log, movement, onto, step
from disputes.services.opening import base_of
from ledger.models import OpenItem
from org.actors import Actor, require
from org.models import User


@transaction.atomic
def note_dispute(*, actor: Actor, dispute: Dispute, body: str, is_internal: bool = True) -> DisputeNote:
    """Add a word to a dispute. Raises DisputeError for an empty one."""
    require(actor, "disputes.work", dispute.company_id)
    if not body.strip():
        raise DisputeError("write something", "body")
    note = DisputeNote.objects.create(dispute=dispute, body=body.strip(), is_internal=is_internal, author=actor.label)
    log(actor, "dispute.noted", dispute, internal=is_internal)
    return note


@transaction.atomic
def amend_dispute(
    *, actor: Actor, dispute: Dispute, version: int, today: date, amount: int | None = None, lines: Lines | None = None,
    reason: str | None = None, note: str = "",
) -> Dispute:  # fmt: skip
    """Change what is in dispute of an open case, its lines, or its reason; what was contested before stays on record.

    Lines without an amount make it; an amount without lines makes a case of lines one about an amount. The claim grows with what is
    contested beyond it, and doesn't shrink. Raises DisputeError, StaleDispute, NotAllowed.
    """
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute, version)
    if case.state in CLOSED or case.state == Dispute.State.SETTLING:
        raise DisputeError(f"a dispute that is {case.get_state_display()} can't be amended")
    before = {"amount": case.amount, "reason": case.reason}
    fields = _reason(case, reason, today) | _amount(case, amount, lines)
    if fields:
        change_case(case, **fields)
        _keep_history(actor, case, before, today, fields)
    if note.strip():
        DisputeNote.objects.create(dispute=case, body=note.strip(), author=actor.label)
    if fields or note.strip():
        log(actor, "dispute.amended", case, before=before, amount=case.amount, currency=case.currency, reason=case.reason)
    return onto(dispute)


def _reason(case: Dispute, reason: str | None, today: date) -> dict[str, object]:
    """What another reason changes: the service level is the new reason's, counted from the day the case was opened."""
    if reason is None or reason == case.reason:
        return {}
    check_reason(reason)
    book = LevelBook([case.company_id])
    if book.own_days(case.company_id, case.reason, case.department_id) is not None:
        return {"reason": reason}
    return {"reason": reason, "due_date": book.due_from_start(case, reason, today)}


def _amount(case: Dispute, amount: int | None, lines: Lines | None) -> dict[str, object]:
    """What another amount, or other lines, change; lines are written here."""
    if amount is None and lines is None:
        return {}
    wanted = amount if amount is not None else sum(part for _, part in lines or ())
    item = OpenItem.objects.get(pk=case.open_item_id)
    if wanted > case.amount or wanted <= 0:
        check_amount(item, wanted, disputed_by_item([item.pk]).get(item.pk, 0) - case.amount)
    if lines is not None:
        LineBook([lines], beside=case).check(lines, case.invoice_id, wanted)
    elif wanted == case.amount:
        return {}
    case.lines.all().delete()
    DisputeLine.objects.bulk_create(DisputeLine(dispute=case, line_id=pk, amount=part) for pk, part in lines or ())
    claimed = max(case.claimed, wanted)
    kind = Dispute.Kind.LINES if lines else Dispute.Kind.AMOUNT
    kept = case.kind if case.kind == Dispute.Kind.DEDUCTION else kind
    return {"amount": wanted, "claimed": claimed, "base_amount": base_of(item, claimed), "kind": kept}


def _keep_history(actor: Actor, case: Dispute, before: dict[str, object], today: date, fields: dict[str, object]) -> None:
    delta = case.amount - int(str(before["amount"]))
    if delta:
        movement(case, delta, today, actor).save()
    if "due_date" in fields:
        step(case, today, actor).save()


@transaction.atomic
def assign_dispute(*, actor: Actor, dispute: Dispute, owner: User | None, version: int) -> Dispute:
    """Give a dispute to someone who may work it, or to nobody. Raises DisputeError, StaleDispute, NotAllowed."""
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute, version)
    if owner is not None and not Dispute.objects.visible_to(owner, "disputes.work").filter(pk=case.pk).exists():
        raise DisputeError(f"{owner} may not work this case: choose somebody who may", "owner")
    change_case(case, owner=owner)
    log(actor, "dispute.assigned", case, owner=owner.label if owner else None)
    return onto(dispute)


@transaction.atomic
def watch_dispute(*, actor: Actor, dispute: Dispute, user: User) -> None:
    """Have somebody told what happens to a case: oneself, or a colleague who sees it. Raises DisputeError, NotAllowed."""
    require(actor, "disputes.view" if actor.label == user.label else "disputes.work", dispute.company_id)
    if not Dispute.objects.visible_to(user, "disputes.view").filter(pk=dispute.pk).exists():
        raise DisputeError(f"{user} doesn't see this case", "user")
    _, is_new = DisputeWatcher.objects.get_or_create(dispute=dispute, user=user)
    if is_new:
        log(actor, "dispute.watched", dispute, user=user.label)


@transaction.atomic
def unwatch_dispute(*, actor: Actor, dispute: Dispute, user: User) -> None:
    """Have somebody told no more what happens to a case. Raises NotAllowed."""
    require(actor, "disputes.view" if actor.label == user.label else "disputes.work", dispute.company_id)
    gone, _ = DisputeWatcher.objects.filter(dispute=dispute, user=user).delete()
    if gone:
        log(actor, "dispute.unwatched", dispute, user=user.label)
