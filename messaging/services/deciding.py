"""What people decide about messages: taken back, tried again, and, where nobody knows whether one went out, which of the two it was."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from messaging.models import Message
from messaging.selectors import reads_whole
from messaging.services.errors import MessageError
from messaging.services.queueing import fault, happened
from org.actors import Actor, require

State = Message.State


@transaction.atomic
def cancel_message(*, actor: Actor, message: Message) -> Message:
    """Take back a message that hasn't gone out: while it rests, waits for the mail server, or failed. Raises MessageError, NotAllowed."""
    row = _locked(actor, message, {State.DRAFT, State.PENDING, State.FAILED}, "can't be taken back")
    _not_in_batch(row)
    return _become(actor, row, State.CANCELLED, "message.cancelled")


@transaction.atomic
def retry_message(*, actor: Actor, message: Message, now: datetime, recipients: Sequence[str] | None = None) -> Message:
    """Send a failed or cancelled message after all, to other recipients where some are given. Raises MessageError, NotAllowed."""
    row = _locked(actor, message, {State.FAILED, State.CANCELLED}, "can't be sent again")
    if recipients is not None and set(recipients) - set(row.recipients) and not reads_whole(actor, row, "messages.send"):
        raise MessageError("it holds accounts that you don't see: who sees the whole group sends it to another address")
    row.recipients = list(recipients) if recipients is not None else row.recipients
    wrong = fault(row.channel, row.recipients, row.subject)
    if wrong:
        raise MessageError(wrong)
    row.attempts, row.not_before, row.claimed_at = 0, now, None
    return _become(actor, row, State.PENDING, "message.retried", recipients=row.recipients)


@transaction.atomic
def release_parked(*, actor: Actor, message: Message, went_out: bool, now: datetime) -> Message:
    """Say what became of a message of which nobody knew: it went out, or it did not and is sent again. Raises MessageError, NotAllowed."""
    row = _locked(actor, message, {State.PARKED}, "isn't parked")
    if went_out:
        row.sent_at = row.claimed_at or now
        return _become(actor, row, State.SENT, "message.released", went_out=True)
    row.attempts, row.not_before, row.claimed_at = 0, now, None
    return _become(actor, row, State.PENDING, "message.released", went_out=False)


@transaction.atomic
def mark_posted(*, actor: Actor, message: Message, now: datetime) -> Message:
    """A letter was printed and posted. Raises MessageError, NotAllowed."""
    row = _locked(actor, message, {State.PENDING}, "isn't waiting")
    if row.channel != Message.Channel.LETTER:
        raise MessageError("only letters are posted by hand: mail is sent by the outbox")
    _not_in_batch(row)
    row.sent_at = now
    return _become(actor, row, State.SENT, "message.posted")


def _not_in_batch(row: Message) -> None:
    """Raise MessageError for a letter that lies in a print batch: it is taken out there first, or posted with it."""
    letter = row.printed.filter(spoilt_because="").select_related("batch").first() if row.channel == Message.Channel.LETTER else None
    if letter and letter.batch.posted_on is None:
        raise MessageError(f"it lies in the print batch {letter.batch.number} as {letter.number}: take it out there first")


def _locked(actor: Actor, message: Message, states: set[Message.State], otherwise: str) -> Message:
    """The row, locked, in one of the states. Raises MessageError, which names the state it is in, and NotAllowed."""
    require(actor, "messages.send", message.company_id)
    row: Message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if row.state not in states:
        raise MessageError(f"the message is {row.get_state_display()}: it {otherwise}")
    return row


def _become(actor: Actor, row: Message, state: Message.State, event: str, **data: object) -> Message:
    row.state, row.error = state, ""
    row.save(update_fields=["state", "error", "recipients", "attempts", "not_before", "claimed_at", "sent_at"])
    happened(actor, row, event, **data)
    return row
