"""Dunning in the background, where a person started it; the night calls `run_dunning` itself."""

from datetime import date

from arops.lib import clock
from collections_app.services.dunning import run_dunning
from workflow.models import Job
from workflow.services.jobs import JobError, Tell, actor_of, register


@register("dunning", label="Dunning run", permission="dunning.run")
def dun(job: Job, tell: Tell) -> dict[str, int]:
    """The dunning of a company on a day (`params`: day)."""
    if job.company is None:
        raise JobError("dunning is a company's")
    day = date.fromisoformat(job.params["day"])
    run = run_dunning(company=job.company, day=day, actor=actor_of(job), now=clock.now(), tell=tell)
    if run.finished_at is None:
        raise JobError("another process is at work on this run")
    return dict(run.counts)
