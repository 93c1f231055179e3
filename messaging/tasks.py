"""Sending in the background. The outbox is the queue; this is its doorbell."""

from celery import shared_task

from arops.lib import clock
from messaging.models import LetterBatch
from messaging.services import queue_notices, send_due
from messaging.services.polling import poll_due
from messaging.services.printing import lay_out
from workflow.models import Job
from workflow.services.jobs import Tell, actor_of, register
from workflow.services.subjects import register_subject

register_subject("messaging.letterbatch", view="collections.view", edit="messages.send", url_name="messaging:letter-batch")


@register("letter_batch", label="Letters laid out", permission="messages.send")
def letter_batch(job: Job, tell: Tell) -> dict[str, int]:
    """Lay out the PDF and manifest of a batch of letters (`params`: batch), once."""
    batch = LetterBatch.objects.select_related("company").get(pk=job.params["batch"])
    batch = lay_out(actor=actor_of(job), batch=batch, today=clock.today(), tell=tell)
    return {"letters": batch.letters, "pages": batch.pages}


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
