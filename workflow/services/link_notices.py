"""Mail to those who answer a task by a link: when they get it, when they are asked again, and reminded. What is written here, and kept in
the outbox, leads nowhere: the link itself is added when the mail is handed over (`messaging.services.finishing`)."""

from collections.abc import Iterable
from datetime import date, datetime

from org.selectors import actor_names
from workflow.models import Task, TaskLink, TaskNote
from workflow.services.notices import SPAN, Notice, register_notices
from workflow.services.reminding import reminder_on
from workflow.services.task_notices import JUST_ASKED, asked_at, last_moves, tasks_to_tell

KIND = "task_link"


@register_notices("links")
def link_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Links that were given, or whose task is asked again or to be reminded of."""
    tasks = tasks_to_tell(now, today).filter(state=Task.State.OPEN)
    rows = list(TaskLink.objects.filter(task__in=tasks, revoked_at=None, expires_at__gt=now).select_related("task__company"))
    last, names = last_moves(row.task for row in rows), actor_names({row.task.created_by for row in rows})
    for row in rows:
        note, asker = last.get(row.task_id), names.get(row.task.created_by, "")
        if row.created_at >= now - SPAN:
            yield _notice(row, "asked", "A question", asker)
        if note and note.kind == "reopened" and row.created_at < note.at and note.at >= now - SPAN:
            yield _notice(row, f"again:{note.pk}", "Asked again", asker)
        reminder = reminder_on(row.task.due_date, today)
        if reminder and _asked_at(row, note) <= now - JUST_ASKED:
            yield _notice(row, f"{reminder.code}:{row.task.due_date}", reminder.verb, asker)


def _asked_at(row: TaskLink, note: TaskNote | None) -> datetime:
    """When its holder was last asked: nobody is reminded of what they heard of a moment ago."""
    return max(row.created_at, asked_at(row.task, note))


def _notice(row: TaskLink, key: str, verb: str, asker: str) -> Notice:
    task = row.task
    subject = f"{verb}: {task.title}".replace("\n", " ").replace("\r", " ")[:200]
    whose = f"{asker} of {task.company.name}" if asker and not asker.startswith("System") else task.company.name
    body = (
        f"{f'Dear {row.name},' if row.name else 'Good day,'}\n\n{whose} asks you:\n\n    {task.title}\n\n"
        f"The answer is due on {task.due_date:%Y-%m-%d}. Read the question, answer it or hand it back here; you need no account:\n"
    )
    return Notice(f"{KIND}:{row.pk}:{key}", task.company_id, (row.email,), subject, body, kind=KIND, author=task.created_by)
