"""Refunds: asked for with the account they go to, decided as approvals are, cancelled before they are handed over."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from cashapp.models import PayoutAccount, Refund
from cashapp.selectors.settlement import Days
from cashapp.services.refunds.errors import RefundRefused
from invoicing.services.giving_up import request_refund
from ledger.models import Entry, OpenItem
from ledger.services import next_numbers, reverse_entries
from org.actors import Actor, require
from workflow.models import Approval
from workflow.services import record
from workflow.services.approvals import Evidence, take_turns, withdraw

State = Refund.State
USABLE = (PayoutAccount.State.PROPOSED, PayoutAccount.State.ACTIVE)
OUTCOMES = {
    Approval.State.APPROVED: State.APPROVED, Approval.State.ALONE: State.APPROVED, Approval.State.REJECTED: State.REFUSED,
    Approval.State.WITHDRAWN: State.CANCELLED, Approval.State.VOID: State.CANCELLED,
}  # fmt: skip
"""What an approval's end makes of its refund."""


@transaction.atomic
def ask_refund(
    *, actor: Actor, item: OpenItem, amount: int, payout: PayoutAccount, reason_code: str, day: date, token: str, today: date,
    now: datetime, reason: str = "", evidence: Sequence[Evidence] = (),
) -> Refund:  # fmt: skip
    """Ask to pay `amount` (minor units) of a credit back to an account of its customer; whoever proposed the account doesn't allow it.

    The account may still wait for its own approval: it is asked again when the refund is handed over. The same token is one refund.
    Raises RefundRefused, WriteOffRefused, ReasonRefused, ApprovalRefused, NotAllowed.
    """
    if payout.customer_id != item.customer_id or payout.state not in USABLE:
        raise RefundRefused("choose an account of this customer that is in use")
    if payout.currency != item.currency:
        raise RefundRefused(f"the account is in {payout.currency}, the credit in {item.currency}")
    approval = request_refund(
        actor=actor, item=item, amount=amount, reason_code=reason_code, day=day, token=token, today=today, now=now, reason=reason,
        evidence=evidence, pay_to=f"{payout} ({payout.pk})", makers=[payout.proposed_by],
    )  # fmt: skip
    if before := Refund.objects.filter(approval=approval).first():
        return before
    done = approval.state == Approval.State.ALONE
    (number,) = next_numbers(company=item.company, kind="refund", prefix="RF-")
    refund = Refund.objects.create(
        company=item.company, number=number, customer_id=item.customer_id, open_item=item, amount=amount, currency=item.currency,
        payout_account=payout, reason=approval.reason[:300], approval=approval, created_by=actor.label,
        state=State.APPROVED if done else State.WAITING, entry_id=approval.result_id if done else None,
    )  # fmt: skip
    _record(actor, "refund.asked", refund)
    return refund


def follow(approval: Approval, actor: Actor, now: datetime, today: date) -> None:
    """What became of the request becomes of the refund, in the decision's transaction."""
    refund = Refund.objects.filter(approval=approval).first() if approval.kind == "refund" else None
    if refund is None or refund.state != State.WAITING:
        return
    refund.state = OUTCOMES[Approval.State(approval.state)]
    refund.entry_id = approval.result_id if refund.state == State.APPROVED else None
    refund.ended_reason = "" if refund.state == State.APPROVED else approval.decision_note[:300]
    refund.version += 1
    refund.save(update_fields=["state", "entry", "ended_reason", "version"])
    _record(actor, f"refund.{refund.state}", refund)


@transaction.atomic
def cancel_refund(*, actor: Actor, refund: Refund, reason: str, today: date, now: datetime) -> Refund:
    """Don't pay after all: a waiting one is withdrawn by whoever asked, an approved one is taken back by a new entry, and the credit is
    open again. Raises RefundRefused (handed over already), ApprovalRefused, LedgerError, NotAllowed."""
    if not reason.strip():
        raise RefundRefused("say why it isn’t paid")
    # Whoever decides on a request waits for its turn before the refund is held: so does this, or the two would wait for each other.
    take_turns(refund.company_id, "refund", refund.currency, refund.customer_id)
    held = locked_refund(refund)
    if held.state == State.WAITING and held.approval:
        require(actor, "refunds.request", held.company_id)
        withdraw(actor=actor, approval=held.approval, now=now, today=today)
        held.refresh_from_db()
        return held
    require(actor, "refunds.approve", held.company_id)
    if held.state != State.APPROVED or held.entry is None:
        raise RefundRefused(f"{held.number} is {held.get_state_display()}: only what isn’t handed to payables yet can be cancelled")
    return _end(held, State.CANCELLED, held.entry, actor, reason, today)


def _end(held: Refund, state: Refund.State, entry: Entry, actor: Actor, reason: str, day: date) -> Refund:
    wanted = Days().open_day(held.company_id, max(day, entry.effective_date))
    (posted,) = reverse_entries(entries=[entry], day=wanted, actor=actor, reason=f"{held.number}: {reason.strip()}")
    held.state, held.reversal_id, held.ended_reason = state, posted.entry_id, reason.strip()[:300]
    held.version += 1
    held.save(update_fields=["state", "reversal", "ended_reason", "version"])
    _record(actor, f"refund.{state}", held, reason=held.ended_reason)
    return held


def locked_refund(refund: Refund) -> Refund:
    """The row, held to the end of the transaction."""
    rows = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("company", "entry", "approval", "payout_account")
    return rows.get(pk=refund.pk)


def _record(actor: Actor, type: str, refund: Refund, **data: object) -> None:
    record(
        actor=actor, type=type, company_id=refund.company_id, subject=refund, customer_id=refund.customer_id, number=refund.number,
        amount=refund.amount, currency=refund.currency, **data,
    )  # fmt: skip
