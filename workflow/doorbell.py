"""Ringing for work: tells a worker that a job waits. If nobody can hear, nothing is lost: the sweeper finds the row."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from workflow.models import Job

log = logging.getLogger(__name__)


def ring(job: Job) -> None:
    """Have a worker begin the job as soon as the caller's transaction is committed. Never fails, whatever state Redis is in."""
    transaction.on_commit(partial(send, "workflow.tasks.work", job.pk))


def send(task: str, *args: object) -> bool:
    """Send a task's message; False, and a line in the log, when Redis is away. Tries once: the database knows what there is to do."""
    try:
        current_app.send_task(task, args=args, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("could not ring for %s%s: %s; the sweeper will find it", task, args, type(error).__name__)
        return False
    return True
