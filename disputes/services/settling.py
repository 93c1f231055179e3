"""Settling a case: asked for by one person, signed off by departments where the company's rules say so, allowed by another where it is
above the own limit, done in the transaction of the last word.

    settlement = settle_dispute(actor=…, dispute=case, resolution="credited", amount=300_00, reason_code="price", version=case.version, …)
    settlement.state          # done: within the own limit; signing, waiting: others have a word; then the case is `settling`

Whoever decides on whatever page (the approval's own, the API), the settlement and the case move with it (`follow_approval`). What is
refused stays on the case with the reason, and the case is to be decided again. Turns are taken before anything is locked, the item is
locked before the case, the case before its settlement.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.merging import language_of
from arops.lib.refusal import Refused
from disputes.models import CaseText, Dispute, Settlement, SignOff
from disputes.policy.settling import Way
from disputes.policy.track import CLOSED
from disputes.selectors.settling import ALLOWING, UNDER_WAY, allowed_before, sign_offs_needed
from disputes.selectors.telling import text_for
from disputes.services.closing import close_dispute
from disputes.services.errors import StaleDispute
from disputes.services.moving import lock_case, log, place_case
from disputes.services.rejecting import send_letter
from disputes.services.telling import tell_customer
from disputes.services.ways import KINDS, Lines, SettlementRefused, Wish, carry_out, prepare, way_of
from invoicing.models import Dispatch
from messaging.models import Message
from org.actors import Actor, NotAllowed, SystemActor, require
from org.models import ApiKey, User
from workflow.models import Approval
from workflow.services.approvals import OnApproval, take_turns, withdraw
from workflow.services.following import follow_approvals

__all__ = ["SettlementRefused", "settle_dispute", "withdraw_settlement"]

State = Settlement.State


@transaction.atomic
def settle_dispute(
    *, actor: Actor, dispute: Dispute, resolution: str, amount: int, version: int, token: str, today: date, now: datetime,
    reason_code: str = "", words: str = "", to_customer: str = "", lines: Lines = (), payload: Mapping[str, Any] | None = None,
) -> Settlement:  # fmt: skip
    """Settle a case in one of the ways of `disputes.policy.settling.WAYS`; what isn't the actor's alone to decide waits for others.

    `amount` is what is allowed (debit memo: billed in addition), tax included; `lines` say what of it falls on which line of the document
    (key, minor units), else it falls on those contested. Less than is contested: the rest is rejected and chased again. `words` are for
    whoever decides, `to_customer` is what the customer is told. `payload`: attachments (keys), by (credit_memo, write_off), channel,
    po_number, tell. The same `token` of the same actor is one settlement, however often it is sent.

    Raises SettlementRefused, StaleDispute, what the memo, the write-off or the sending refuses, NotAllowed.
    """
    way, asked = way_of(resolution), dict(payload or {})
    _may(actor, dispute, way)
    wish = Wish(amount, reason_code, words, to_customer, lines, asked)
    _take_turns(dispute, resolution)
    case = lock_case(dispute)
    name = f"{actor.label}:{token}"[:120]
    if sent := Settlement.objects.filter(token=name).first():
        return _same(sent, case, wish, resolution)
    _is_open(case, version)
    amount, whole = prepare(case, way, wish)
    row = Settlement(
        dispute=case, resolution=resolution, amount=amount, currency=case.currency, reason_code=reason_code if way.asks_reason else "",
        words=words.strip(), to_customer=to_customer.strip(), payload=whole, state=State.SIGNING, requested_by=actor.label,
        requested_on=today, token=name,
    )  # fmt: skip
    _keep(row)
    log(actor, "dispute.settlement_asked", case, resolution=resolution, amount=amount, currency=case.currency, settlement=row.pk)
    if not _ask_to_sign(row, case, actor):
        go_on(row, case, actor, today, now)
    if row.state in UNDER_WAY:
        place_case(actor=actor, case=case, state=Dispute.State.SETTLING, today=today)
    dispute.refresh_from_db()
    return row


def _keep(row: Settlement) -> None:
    """Write the settlement. Raises SettlementRefused when the same form settles another case at this very moment."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise SettlementRefused("this form was sent before with other contents: open it anew") from None


def _take_turns(case: Dispute, resolution: str) -> None:
    """Wait for others who ask or decide about the same kind of request of the customer, before anything is locked."""
    for kind in KINDS.get(resolution, ()):
        take_turns(case.company_id, kind, case.currency, case.customer_id)


def _may(actor: Actor, dispute: Dispute, way: Way) -> None:
    for right in way.rights:
        require(actor, right, dispute.company_id)
    if not Dispute.objects.visible_to(actor, way.rights[0]).filter(pk=dispute.pk).exists():
        raise NotAllowed(f"{actor.label} may not settle this: the case is of another portfolio")


def _same(sent: Settlement, case: Dispute, wish: Wish, resolution: str) -> Settlement:
    """What the same form asked for when it was sent before. Raises SettlementRefused when it says something else now."""
    if (sent.dispute_id, sent.resolution) != (case.pk, resolution) or (sent.amount and sent.amount != wish.amount):
        raise SettlementRefused("this form was sent before with other contents: open it anew")
    return sent


def _is_open(case: Dispute, version: int) -> None:
    if case.state in CLOSED:
        raise SettlementRefused("the dispute is closed already: open it again to settle it otherwise")
    if Settlement.objects.filter(dispute=case, state__in=UNDER_WAY).exists():
        raise SettlementRefused("it is being settled: wait for the decision, or take the settlement back")
    if case.version != version:
        raise StaleDispute("someone changed this dispute meanwhile: look at it again")


def _ask_to_sign(row: Settlement, case: Dispute, actor: Actor) -> bool:
    """Ask the departments that the company's rules name; whether any is."""
    needed = sign_offs_needed(case, row.resolution, row.amount, actor.label)
    SignOff.objects.bulk_create(SignOff(settlement=row, department=n.department, asked_by=actor.label) for n in needed)
    return bool(needed)


def go_on(row: Settlement, case: Dispute, actor: Actor, today: date, now: datetime) -> None:
    """Nobody has to sign (any more): do it, or ask for what the actor may not do alone. The case and the settlement are locked."""
    made = carry_out(row, case, actor, today, now)
    if isinstance(made, Approval):
        _become(row, State.WAITING, approval=made)
        if made.state == Approval.State.WAITING:
            return
    finish(row, case, actor, today, now, message=made.message if isinstance(made, Dispatch) else None)


def finish(
    row: Settlement, case: Dispute, by: Actor, today: date, now: datetime, *, note: str = "", message: Message | None = None
) -> None:
    """It is done: the case is closed with what is allowed of it, and the customer is told."""
    agreed = allowed_before(case) + (row.amount if row.resolution in ALLOWING else 0)
    _become(row, State.DONE, decided_at=now, decision_note=note)
    close_dispute(actor=OnApproval(by.label), dispute=case, resolution=row.resolution, agreed=min(agreed, case.claimed), today=today)
    case.refresh_from_db()
    log(by, "dispute.settlement_done", case, resolution=row.resolution, amount=row.amount, currency=row.currency, settlement=row.pk)
    if row.resolution != "corrected":
        message = _tell(row, case, today, now)
    if message:
        row.message = message
        row.save(update_fields=["message"])


def _tell(row: Settlement, case: Dispute, today: date, now: datetime) -> Message | None:
    asker = OnApproval(row.requested_by)
    if row.resolution == "rejected":
        return send_letter(actor=asker, settlement=row, case=case, today=today, now=now)
    event, said = CaseText.Event.OUTCOME, row.to_customer
    own = not text_for(case.company_id, event, language_of(case.customer.language))
    return tell_customer(
        actor=asker, dispute=case, event=event, now=now, today=today, words=said, body=said if own else "", wanted=row.payload.get("tell")
    )


def turn_down(row: Settlement, case: Dispute, by: Actor, today: date, now: datetime, *, why: str, state: str = State.REFUSED) -> None:
    """It isn't done: the reason stays on the case, which is to be decided again."""
    _become(row, state, decided_at=now, decision_note=why)
    SignOff.objects.filter(settlement=row, state=SignOff.State.WAITING).update(state=SignOff.State.VOID)
    log(by, f"dispute.settlement_{state}", case, resolution=row.resolution, settlement=row.pk, reason=why)
    if case.state == Dispute.State.SETTLING:
        place_case(actor=by, case=case, state=Dispute.State.DECISION, today=today)


def _become(row: Settlement, state: str, **fields: Any) -> None:
    row.state = state
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *fields])


def hold(settlement: Settlement) -> tuple[Settlement, Dispute]:
    """The settlement and its case as they stand, locked in the order of everybody else."""
    _take_turns(settlement.dispute, settlement.resolution)
    return _locked(settlement)


def _locked(settlement: Settlement) -> tuple[Settlement, Dispute]:
    case = lock_case(settlement.dispute)
    row: Settlement = Settlement.objects.select_for_update(of=("self",), no_key=True).get(pk=settlement.pk)
    return row, case


@follow_approvals("settlements")
def follow_approval(approval: Approval, actor: Actor, now: datetime, today: date) -> None:
    """An approval is decided: where a settlement waits for it, it is done or turned down with it."""
    found = Settlement.objects.filter(approval=approval, state=State.WAITING).select_related("dispute").first()
    if found is None:
        return
    row, case = _locked(found)
    if row.state != State.WAITING:
        return
    if approval.state == Approval.State.APPROVED:
        finish(row, case, actor, today, now, note=approval.decision_note)
        return
    taken_back = approval.state == Approval.State.WITHDRAWN
    turn_down(row, case, actor, today, now, why=approval.decision_note, state=State.WITHDRAWN if taken_back else State.REFUSED)


@transaction.atomic
def withdraw_settlement(*, actor: Actor, settlement: Settlement, now: datetime, today: date, note: str = "") -> Settlement:
    """Take a settlement back that still waits: whoever asked for it may, and as long as it waits for sign-offs whoever configures cases.

    Raises SettlementRefused, Decided, NotAllowed.
    """
    current = Settlement.objects.select_related("approval").get(pk=settlement.pk)
    if current.state == State.WAITING and current.approval:
        withdraw(actor=actor, approval=current.approval, now=now, today=today, note=note)
        return _fresh(settlement)
    row, case = hold(settlement)
    if row.state != State.SIGNING:
        raise SettlementRefused(f"this settlement is {row.get_state_display()}: look at the case again")
    if row.requested_by != actor.label:
        require(actor, "disputes.configure", case.company_id)
    if not Dispute.objects.visible_to(actor, "disputes.work").filter(pk=case.pk).exists():
        raise NotAllowed(f"{actor.label} may not do this: the case is of another portfolio")
    turn_down(row, case, actor, today, now, why=note.strip(), state=State.WITHDRAWN)
    return _fresh(settlement)


def _fresh(settlement: Settlement) -> Settlement:
    settlement.refresh_from_db()
    return settlement


def asker_of(row: Settlement) -> Actor:
    """Whoever asked for a settlement, with the rights of this moment."""
    sort, _, name = row.requested_by.partition(":")
    if sort == "user":
        return User.objects.get(pk=int(name))
    return ApiKey.objects.get(pk=int(name)) if sort == "key" else SystemActor(name)


def try_on(row: Settlement, case: Dispute, signer: Actor, today: date, now: datetime) -> None:
    """All have signed: go on in the name of whoever asked, who must still be one who may. What refuses it then is no fault of the signer:
    it is turned down with that."""
    try:
        with transaction.atomic():
            asker = asker_of(row)
            _may(asker, case, way_of(row.resolution))
            go_on(row, case, asker, today, now)
    except (Refused, NotAllowed) as refusal:
        fresh, case = _locked(row)
        turn_down(fresh, case, signer, today, now, why=f"Signed off, yet it can’t be done: {refusal}.")
