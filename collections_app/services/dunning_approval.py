"""Reminders that wait for a second person: allowed, or declined with a reason. What changed since one was written stops it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from arops.lib.refusal import Refused
from collections_app.models import DunningLetter
from collections_app.selectors.dunning_letters import outdated
from messaging.models import Message
from messaging.services import RESTS, cancel_message, complete_draft
from org.actors import Actor, require
from workflow.services import record

DRAFT = Message.State.DRAFT


class ApprovalRefused(Refused):
    """A letter that can't be allowed or declined; the message says why."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What came of allowing letters: those that go out (and how many of them on paper), those that ask for what isn't owed any more, and
    those of the actor's own."""

    sent: int
    changed: int
    own: int
    on_paper: int


def allow_letters(*, actor: Actor, letters: Sequence[DunningLetter], today: date, now: datetime) -> Allowed:
    """Let letters that wait go out, each once. One of an earlier day isn't: the next run writes it anew. One of which something was paid,
    disputed or promised meanwhile is left out, as the run would now. Those that the actor wrote stay. Raises NotAllowed."""
    for company_id in {letter.company_id for letter in letters}:
        require(actor, "dunning.approve", company_id)
    mine = {letter.pk for letter in letters if letter.made_by == actor.label}
    others = [letter for letter in letters if letter.pk not in mine]
    stale = outdated(others)
    done = [_allow(actor, letter, letter.pk in stale, today, now) for letter in others]
    on_paper = sum(came == "sent" and not (letter.message and letter.message.recipients) for letter, came in zip(others, done, strict=True))
    return Allowed(done.count("sent"), done.count("changed"), len(mine), on_paper)


@transaction.atomic
def _allow(actor: Actor, letter: DunningLetter, is_stale: bool, today: date, now: datetime) -> str:
    row = _waiting(letter)
    if row is None or row.message is None or row.run.day != today:
        return ""
    row.decided_by, row.decided_at = actor.label, now
    if is_stale:
        row.reason, row.left_out_because = "changed", "something was paid, disputed or promised since it was written"
        cancel_message(actor=actor, message=row.message)
    else:
        complete_draft(actor=actor, message=row.message, not_before=now + RESTS, release=True)
    row.save(update_fields=["decided_by", "decided_at", "reason", "left_out_because"])
    record(
        actor=actor, type="dunning.changed" if is_stale else "dunning.allowed", company_id=row.company_id, subject=row,
        customer_id=row.customer_id, level=row.level, amount=row.amount, currency=row.currency,
    )  # fmt: skip
    return "changed" if is_stale else "sent"


@transaction.atomic
def decline_letter(*, actor: Actor, letter: DunningLetter, why: str, now: datetime) -> DunningLetter:
    """Keep a letter from going out; the customer is left alone for the quiet days, then its level comes again. Raises ApprovalRefused,
    NotAllowed."""
    require(actor, "dunning.approve", letter.company_id)
    if not why.strip():
        raise ApprovalRefused("say why it isn’t to go out")
    row = _waiting(letter)
    if row is None or row.message is None:
        raise ApprovalRefused("the letter doesn’t wait any more")
    cancel_message(actor=actor, message=row.message)
    row.reason, row.left_out_because = "declined", f"declined: {why.strip()}"[:200]
    row.decided_by, row.decided_at = actor.label, now
    row.save(update_fields=["reason", "left_out_because", "decided_by", "decided_at"])
    record(
        actor=actor, type="dunning.declined", company_id=row.company_id, subject=row, customer_id=row.customer_id, reason=why.strip()[:200]
    )  # fmt: skip
    return row


def _waiting(letter: DunningLetter) -> DunningLetter | None:
    """The letter, locked, if it has its pages and still waits."""
    found = DunningLetter.objects.filter(pk=letter.pk, needs_approval=True, reason="", decided_by="", message__state=DRAFT)
    locked: DunningLetter | None = found.exclude(pdf=None).select_related("message", "run").select_for_update(of=("self",)).first()
    return locked
