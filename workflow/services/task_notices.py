"""Mail about tasks: to those who are asked, when they are asked, asked again, and reminded; to whoever asked, with the answer, and when
reminding didn't help."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse

from arops.lib import money
from org.models import Membership, User
from workflow.models import Task, TaskNote
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail
from workflow.services.reminding import Reminder, first_due, last_due, reminder_on

State = Task.State
JUST_ASKED = timedelta(hours=12)
"""Whoever was asked a moment ago isn't reminded yet."""


@register_notices("tasks")
def task_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Tasks that were asked, answered, or are to be reminded of."""
    rows = list(tasks_to_tell(now, today))
    members, askers, last = _members(rows), _askers(rows), last_moves(rows)
    seen = _seen(rows, askers)
    for row in rows:
        note, asker = last.get(row.pk), askers.get(row.created_by)
        asker = asker if asker and (asker.pk, row.pk) in seen else None
        if row.state != State.OPEN:
            verb = "Answered" if row.state == State.ANSWERED else "Handed back"
            yield _notice(row, f"{row.state}:{note.pk if note else 0}", [asker] if asker else [], verb, note.body if note else "")
            continue
        people = [row.assignee] if row.assignee else members.get((row.company_id, row.department_id), [])
        people = [p for p in people if p and p.label != row.created_by and (row.assignee is None or (p.pk, row.pk) in seen)]
        if row.updated_at >= now - SPAN:
            yield _asked(row, note, people)
        reminder = reminder_on(row.due_date, today)
        if reminder and not (reminder.code in ("soon", "due") and asked_at(row, note) > now - JUST_ASKED):
            yield _notice(row, f"{reminder.code}:{row.due_date}", people, reminder.verb, "")
            if reminder.escalates and asker:
                yield _escalated(row, reminder, asker)


def tasks_to_tell(now: datetime, today: date) -> Any:
    """Tasks that changed lately, and open ones about the day on which they are due."""
    about = Q(state=State.OPEN, due_date__range=(first_due(today), last_due(today)))
    rows = Task.objects.open().filter(about | Q(updated_at__gte=now - SPAN))
    return rows.select_related("company", "department", "assignee")


def asked_at(row: Task, note: TaskNote | None) -> datetime:
    """When it was asked, or asked again."""
    return note.at if note and note.kind == "reopened" else row.created_at


def last_moves(rows: Iterable[Task]) -> dict[int, TaskNote]:
    """The last word on each task that changed its state."""
    notes = TaskNote.objects.filter(task__in=[row.pk for row in rows]).exclude(kind="note").order_by("pk")
    return {note.task_id: note for note in notes}


def _asked(row: Task, note: TaskNote | None, people: Iterable[User]) -> Notice:
    if note and note.kind == "reopened":
        return _notice(row, f"asked:{note.pk}", people, "Asked again", note.body)
    return _notice(row, "asked:0", people, "Asked", "")


def _escalated(row: Task, reminder: Reminder, asker: User) -> Notice:
    whom = row.assignee.name if row.assignee else row.department.name if row.department else "Nobody"
    words = (
        f"{whom} was asked on {row.created_at:%Y-%m-%d}, reminded, and has not answered.\n"
        "Call them, ask another department, or cancel the question if it isn’t needed any more."
    )
    return _notice(row, f"escalated:{row.due_date}:{reminder.code}", [asker], "Not answered", words)


def _members(rows: Iterable[Task]) -> dict[tuple[int, int | None], list[User]]:
    """People of the departments, in the company of the task, whose role answers tasks."""
    found = defaultdict[tuple[int, int | None], list[User]](list)
    held = Membership.objects.filter(department__in={row.department_id for row in rows if row.department_id}).select_related("user")
    for membership in held.prefetch_related("user__memberships"):
        if (
            membership.user.can("tasks.answer", membership.company_id)
            and membership.user not in found[membership.company_id, membership.department_id]
        ):
            found[membership.company_id, membership.department_id].append(membership.user)
    return found


def _askers(rows: Iterable[Task]) -> dict[str, User]:
    keys = {row.created_by.removeprefix("user:") for row in rows if row.created_by.startswith("user:")}
    return {person.label: person for person in User.objects.filter(pk__in=[int(key) for key in keys if key.isdecimal()])}


def _seen(rows: Iterable[Task], askers: dict[str, User]) -> set[tuple[int, int]]:
    """Who of those that asked, and that are asked by name, still sees which task: whoever lost the role, or moved to another company or
    portfolio since, is told no more."""
    wanted = defaultdict[User, set[int]](set)
    for row in rows:
        for person in (row.assignee, askers.get(row.created_by)):
            if person:
                wanted[person].add(row.pk)
    return {
        (person.pk, pk)
        for person, keys in wanted.items()
        for pk in Task.objects.visible_to(person, "tasks.answer").filter(pk__in=keys).values_list("pk", flat=True)
    }


def _notice(row: Task, key: str, people: Iterable[User], verb: str, words: str) -> Notice:
    stake = f"At stake: {money.format(row.amount, row.currency)} {row.currency}\n" if row.amount and row.currency else ""
    body = f"{row.title}\n\n{words or row.question}\n\n{stake}Answer due: {row.due_date:%Y-%m-%d}\n".replace("\n\n\n\n", "\n\n")
    subject = f"{verb}: {row.title}".replace("\n", " ").replace("\r", " ")[:200]
    to = tuple(sorted(person.email for person in people if wants_mail(person)))
    return Notice(f"task:{row.pk}:{key}", row.company_id, to, subject, body, reverse("workflow:task", args=[row.pk]))
