"""The worker's side of the queue. Jobs are rows; these messages may be lost, doubled or late without harm."""

from celery import shared_task

from arops.lib import clock
from org.selectors import name_others
from workflow.doorbell import ring, send
from workflow.models import Job
from workflow.services import access_notices, approval_notices, link_notices, task_notices
from workflow.services.audit import seal_events
from workflow.services.jobs import due_jobs, run_job
from workflow.services.links import names_of_links
from workflow.services.subjects import register_subject

# Nobody edits a request: its files come with it.
register_subject("workflow.approval", view="approvals.view", edit="nobody", url_name="workflow:approval")
register_subject("workflow.task", view="tasks.answer", edit="tasks.answer", url_name="workflow:task")

name_others("link", names_of_links)
NOTICES = (access_notices, approval_notices, link_notices, task_notices)
"""Sources of mail to colleagues, known once this module is loaded."""

__all__ = ["ring", "seal", "sweep", "work"]


@shared_task  # type: ignore[untyped-decorator]
def work(job_id: int) -> str:
    """Do a job, unless it is done or someone is at it; answers with its state, `gone` for one that isn't there any more."""
    try:
        return str(run_job(job_id=job_id, now=clock.now()).state)
    except Job.DoesNotExist:
        return "gone"


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Ring for every job that nobody works on: those whose bell was not heard, those whose worker died."""
    due = due_jobs(now=clock.now())
    for job_id in due:
        send("workflow.tasks.work", job_id)
    return len(due)


@shared_task  # type: ignore[untyped-decorator]
def seal() -> int:
    """Seal what was added to the audit trail; answers with how many events."""
    return seal_events()
