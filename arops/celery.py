"""Celery is the clock and the doorbell; what there is to do stands in the database (see `workflow.services.jobs`).

Every tick may come twice, late or not at all without harm: two beats, or a beat that was away, change nothing but the moment.
"""

import os
from datetime import timedelta

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arops.settings")

app = Celery("arops")
app.config_from_object("django.conf:settings", namespace="CELERY")


def _tick(task: str, seconds: int) -> dict[str, object]:
    """A task every so many seconds; one that nobody took in that time is dropped, so that ticks never pile up."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": seconds}}


app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # One try, at once: whoever rings must not wait for a Redis that is away.
    broker_transport_options={"visibility_timeout": 6 * 3600, "max_retries": 0, "socket_connect_timeout": 2},
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    timezone="UTC",
    beat_schedule={
        "jobs that nobody works on": _tick("workflow.tasks.sweep", 10),
        "messages to send": _tick("messaging.tasks.send_outbox", 10),
        "mailboxes to read": _tick("messaging.tasks.poll_mailboxes", 60),
        "advices in mails": _tick("cashapp.tasks.take_mail", 30),
        "what customers write": _tick("collections_app.tasks.take_inbox", 30),
        "work lists, where something happened": _tick("collections_app.tasks.rank_again", 30),
        "colleagues to tell": _tick("messaging.tasks.notify", 60),
        "what became of documents": _tick("invoicing.tasks.follow_deliveries", 15),
        "customers to tell of short payments": _tick("disputes.tasks.tell_customers", 60),
        "the night's work, once it is due": _tick("reports.tasks.night", 300),
        "the audit trail's chain": _tick("workflow.tasks.seal", 900),
    },
)
app.autodiscover_tasks()
