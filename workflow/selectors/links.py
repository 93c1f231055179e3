"""What the holder of a link sees of its task: the question, what was asked since, their own words, and files that are for them."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from org.selectors import actor_names
from workflow.actors import LinkActor
from workflow.models import Attachment, Task, TaskLink, TaskNote

LABEL = "workflow.task"


def words_for(link: TaskLink) -> list[TaskNote]:
    """What was asked again, and what they said themselves; not what colleagues note and answer."""
    own = _label(link)
    return list(link.task.notes.filter(Q(kind="reopened") | Q(author=own)))


def files_for(link: TaskLink) -> QuerySet[Attachment]:
    """Files of the task, but none that came by another link."""
    rows = Attachment.objects.filter(subject_type=LABEL, subject_id=link.task_id, removed_at=None)
    return rows.exclude(Q(added_by__startswith="link:") & ~Q(added_by=_label(link))).select_related("file").defer("file__content")


def links_of(task: Task, now: datetime) -> list[Any]:
    """The links of a task for whoever asked: to whom, until when, last used, and whether each still opens it."""
    rows: list[Any] = list(task.links.order_by("-pk"))
    names = actor_names({row.created_by for row in rows} | {row.revoked_by for row in rows})
    for row in rows:
        row.giver, row.ender = names.get(row.created_by, row.created_by), names.get(row.revoked_by, row.revoked_by)
        row.is_over = row.expires_at <= now
        row.is_live = row.revoked_at is None and not row.is_over and task.state not in (Task.State.CLOSED, Task.State.CANCELLED)
    return rows


def _label(link: TaskLink) -> str:
    return LinkActor(link.pk, link.task_id, link.task.company_id, link.email).label
