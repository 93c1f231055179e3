"""A person's postings: allocations by hand, proposals accepted, money left on account, everything that is ready at once."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from cashapp.models import Match, MatchProposal, Receipt
from cashapp.services.errors import AllocationError
from cashapp.services.holding import hold, touch
from cashapp.services.judging import judge, payer_for, take_turns
from cashapp.services.learning import learn_payer
from cashapp.services.settling import UNSAID, Days, Settlement, Share, identify_many, settle
from cashapp.services.working import drop_drafts
from org.actors import Actor, require
from workflow.services import record

MANUAL = "manual"


@transaction.atomic
def apply_receipt(
    *, actor: Actor, receipt: Receipt, version: int, shares: Sequence[Share], today: date, now: datetime, rest: bool = False,
    payer_id: int | None = None, rule: str = MANUAL, score: int = 0, reasons: Sequence[str] = (), ruled: bool = False,
) -> Match:  # fmt: skip
    """Post an allocation: every cent of what is left of the receipt goes to an item, or (`rest`) stays on account.

    Short parts open disputes in the same act. The payer is named where it was unknown, and remembered. `ruled` says that bank charges and
    tax are as a rule of the company has them, which goes before the person's limits. Raises StaleReceipt (also when
    someone else works on it), AllocationError, OverLimit, OutsideGroup, LedgerError, NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    take_turns(receipt.company_id, shares)
    held = hold(receipt, actor=actor, version=version, now=now)
    payer = judge(held, shares, actor=actor, rest=rest, payer_id=payer_id, ruled=ruled)
    settlement = Settlement(held, tuple(shares), payer, rule, score, tuple(reasons), rest)
    (match,) = settle([settlement], actor=actor, today=today)
    learn_payer(held, payer, actor=actor)
    drop_drafts(held)
    return match


@transaction.atomic
def accept_proposal(*, actor: Actor, receipt: Receipt, version: int, rank: int, today: date, now: datetime) -> Match:
    """Post one of the engine's answers as it stands. Raises AllocationError when it isn't there any more; see `apply_receipt`."""
    proposal = MatchProposal.objects.filter(receipt=receipt, rank=rank).first()
    if proposal is None or not proposal.allocations:
        raise AllocationError("this answer is not there any more: look at the receipt again")
    return apply_receipt(
        actor=actor, receipt=receipt, version=version, shares=shares_of(proposal), today=today, now=now, rest=proposal.residual > 0,
        payer_id=proposal.customer_id, rule=proposal.rule, score=proposal.score, reasons=proposal.reasons, ruled=True,
    )  # fmt: skip


def shares_of(proposal: MatchProposal) -> list[Share]:
    """The proposal's allocations as shares."""
    return [
        Share(
            a["item"],
            a["amount"],
            a["discount"],
            a["write_off"],
            a["short"],
            a.get("reason") or UNSAID,
            a.get("charges", 0),
            a.get("withheld", 0),
        )
        for a in proposal.allocations
    ]


@transaction.atomic
def leave_on_account(
    *, actor: Actor, receipt: Receipt, version: int, now: datetime, payer_id: int | None = None, reason: str = ""
) -> Receipt:
    """What is left of a receipt stays with its payer on purpose and leaves the queue. Names the payer where it was unknown.

    Raises StaleReceipt, AllocationError, NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    if not held.unapplied:
        raise AllocationError(f"nothing is left of {held.number}")
    if held.customer_id is None:
        if payer_id is None:
            raise AllocationError("name the payer: money stays on somebody's account")
        payer = payer_for(held, {payer_id}, actor=actor, payer_id=payer_id)
        identify_many([(held, payer)], actor=actor, days=Days())
        learn_payer(held, payer, actor=actor)
    touch(held, on_account=True, question="", lease_by=None, lease_until=None)
    MatchProposal.objects.filter(receipt=held).delete()
    drop_drafts(held)
    _record(actor, "receipt.on_account", held, amount=held.unapplied, reason=reason)
    return held


@transaction.atomic
def take_off_account(*, actor: Actor, receipt: Receipt, now: datetime) -> Receipt:
    """Money that was left on account waits to be applied again. Raises StaleReceipt, AllocationError, NotAllowed."""
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, now=now)
    if not held.on_account or not held.unapplied:
        raise AllocationError(f"nothing of {held.number} is on account")
    touch(held, on_account=False)
    _record(actor, "receipt.off_account", held, amount=held.unapplied)
    return held


def _record(actor: Actor, type: str, receipt: Receipt, **data: object) -> None:
    record(
        actor=actor, type=type, company_id=receipt.company_id, subject=receipt, customer_id=receipt.customer_id, receipt=receipt.number,
        currency=receipt.currency, **data,
    )  # fmt: skip
