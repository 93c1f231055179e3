"""Celery is the clock and the doorbell; what there is to do stands in the database (see `workflow.models.Job`)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arops.settings")

app = Celery("arops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={"visibility_timeout": 6 * 3600},
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    timezone="UTC",
)
app.autodiscover_tasks()
