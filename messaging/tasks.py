"""Sending in the background. The outbox is the queue; this is its doorbell."""

from celery import shared_task

from arops.lib import clock
from messaging.services import queue_notices, send_due
from messaging.services.polling import poll_due


@shared_task  # type: ignore[untyped-decorator]
def send_outbox() -> dict[str, int]:
    """Send what is due; safe to ring at any time, from any number of workers. Answers with what was sent, failed, put off, parked."""
    return send_due(now=clock.now())


@shared_task  # type: ignore[untyped-decorator]
def notify() -> int:
    """Tell colleagues what waits for them, each once; safe to ring at any time. Answers with how many mails that makes."""
    return queue_notices(now=clock.now(), today=clock.today())


@shared_task  # type: ignore[untyped-decorator]
def poll_mailboxes() -> int:
    """Take in what is new in the mailboxes; safe to ring at any time, from any number of workers. Answers with how many mails came."""
    return poll_due(now=clock.now())
