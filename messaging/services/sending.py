"""Sending what is due: claim, send, mark.

A message is claimed in a transaction of its own, one at a time, before the mail server hears of it. A worker that dies in between
leaves a claim behind; when that is old it is parked for a person, for nobody can know whether the mail went out. So nothing is sent
twice, whenever a worker is killed, and each kill parks one message at most.
"""

import hashlib
import time
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from messaging.models import Message
from messaging.services.bouncing import bounce_message
from messaging.services.finishing import veiled
from messaging.services.queueing import happened
from messaging.services.transport import Rejected, Send, TryLater, host_of, mail_server
from org.actors import SystemActor

ABANDONED_AFTER = timedelta(minutes=10)
"""A claim this old belongs to a worker that died: the mail server is given up on much sooner (EMAIL_TIMEOUT)."""

MAX_ATTEMPTS = 16
"""Tries before a message that the server keeps putting off has failed: about two days."""

ACTOR = SystemActor("outbox")


def send_due(*, now: datetime, limit: int = 1000, send: Send | None = None) -> dict[str, int]:
    """Send up to `limit` messages that are due, oldest first; any number of workers may do so at once.

    Answers how many were `sent`, `failed`, put off (`later`) and `parked` (claims of workers that died). `send` hands one message to
    the mail server (by default over SMTP); see `transport` for what its exceptions mean.
    """
    counts = {"sent": 0, "failed": 0, "later": 0, "parked": park_abandoned(now=now)}
    started = time.monotonic()
    with nullcontext(send) if send else mail_server() as hand_over:
        for _ in range(limit):
            # The caller's moment goes on ticking, so that claims late in a long run aren't taken for old ones.
            message = _claim(now + timedelta(seconds=time.monotonic() - started))
            if message is None:
                break
            outcome, everyone = _send_one(message, hand_over, now + timedelta(seconds=time.monotonic() - started))
            counts[outcome] += 1
            if everyone:
                break
    return counts


def park_abandoned(*, now: datetime) -> int:
    """Park claims of workers that died; answers how many."""
    with transaction.atomic():
        old = Message.objects.select_for_update(skip_locked=True).filter(state="claimed", claimed_at__lte=now - ABANDONED_AFTER)
        parked = list(old.order_by("pk"))
        for message in parked:
            _mark(message, Message.State.PARKED, "the worker was stopped while sending it: it may have gone out", "message.parked")
    return len(parked)


def _claim(now: datetime) -> Message | None:
    """The next message, claimed and with its Message-ID fixed; committed before anybody is told about it."""
    with transaction.atomic():
        waiting = Message.objects.to_send(now).select_for_update(skip_locked=True, of=("self",)).select_related("company")
        message = waiting.order_by("not_before", "pk").first()
        if message is None:
            return None
        message.state, message.claimed_at = Message.State.CLAIMED, now
        message.message_id = message.message_id or message_id(message.dedupe_key)
        message.save(update_fields=["state", "claimed_at", "message_id"])
    return message


def message_id(dedupe_key: str) -> str:
    """The Message-ID of the message with this key: always the same, so that a mail system can tell a repetition."""
    return f"<{hashlib.sha256(dedupe_key.encode()).hexdigest()[:40]}@{host_of(settings.DEFAULT_FROM_EMAIL)}>"


def _send_one(message: Message, send: Send, now: datetime) -> tuple[str, bool]:
    """Send a claimed message and write down what came of it: the count it belongs to, and whether to stop for now."""
    try:
        note = send(message)
    except Rejected as error:
        _mark(message, Message.State.FAILED, str(error), "message.failed")
        if error.addresses:
            bounce_message(actor=ACTOR, message=message, why=str(error), day=timezone.localdate(now), addresses=error.addresses)
        return "failed", False
    except TryLater as error:
        return _put_off(message, error, now), error.everyone
    except Exception as error:  # whatever it was, the mail may have gone out
        _mark(message, Message.State.PARKED, f"sending broke off, it may have gone out: {error!r:.300}", "message.parked")
        return "parked", True
    message.sent_at = now
    _mark(message, Message.State.SENT, note, "message.sent")
    return "sent", False


def _put_off(message: Message, error: TryLater, now: datetime) -> str:
    message.attempts += 1
    if message.attempts >= MAX_ATTEMPTS and not error.everyone:
        _mark(message, Message.State.FAILED, f"given up after {message.attempts} tries: {error}", "message.failed")
        return "failed"
    message.not_before = now + min(timedelta(minutes=1) * 2 ** min(message.attempts - 1, 10), timedelta(hours=6))
    _mark(message, Message.State.PENDING, str(error), "message.put_off")
    return "later"


def _mark(message: Message, state: Message.State, error: str, event: str) -> None:
    """Write the outcome, if the claim is still ours: one that was parked meanwhile may still turn out to be sent."""
    error = veiled(error)  # a mail server may quote what it was sent
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    with transaction.atomic():
        ours = Message.objects.filter(pk=message.pk, claimed_at=message.claimed_at, state__in=["claimed", "parked"])
        changes = {"state": state, "error": error[:1000], "sent_at": message.sent_at, "attempts": message.attempts}
        if ours.update(not_before=message.not_before, **changes):
            message.state = state
            happened(ACTOR, message, event, **({"reason": error[:300]} if error else {}))
