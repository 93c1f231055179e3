"""The night's work as jobs, and the clock that puts them in."""

from collections.abc import Callable
from datetime import date

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from arops.lib import clock
from ledger.verify import register_check
from org.models import Company
from reports import night as nights
from reports.services import altered_snapshots
from workflow.doorbell import ring
from workflow.models import Job
from workflow.services.jobs import JobError, Tell, register

register_check("kept ageings are as they were taken", altered_snapshots)


@register("nightly", label="The night's work", by_hand="nightly:{company}:{day}")
def run_night(job: Job, tell: Tell) -> dict[str, int]:
    """All steps of a company's night."""
    return nights.run_steps(job, tell, clock.now())


def _handler(step: nights.Step) -> Callable[[Job, Tell], dict[str, int]]:
    def handle(job: Job, tell: Tell) -> dict[str, int]:
        if job.company is None:
            raise JobError("this is done for one company at a time")
        return step.run(nights.Now(job.company, date.fromisoformat(job.params["day"]), clock.now()), job)

    return handle


for _step in nights.STEPS:
    # By hand a step has a slot of its own: the night runs it all the same.
    register(_step.kind, label=_step.label, permission=_step.permission, by_hand=f"{_step.code}:{{company}}:{{day}}")(_handler(_step))


@shared_task  # type: ignore[untyped-decorator]
def night() -> int:
    """Put in the nights that are due, one a company; answers with how many. Twice is as good as once: their slots are unique."""
    today, hour = clock.today(), timezone.localtime(clock.now()).hour
    put_in = 0
    for company in Company.objects.all():
        day = nights.due_day(today=today, hour=hour, begins=settings.NIGHT_HOUR, last=nights.last_night(company, today))
        if day:
            ring(nights.put_in(company=company, day=day))
            put_in += 1
    return put_in
