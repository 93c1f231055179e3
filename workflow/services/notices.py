"""Who is to be told by mail what waits for them. Nothing is sent from where things happen: notices are derived from the rows, each with
a key that exists once, and the outbox (an app above) sends those it hasn't sent.

**To have people told of another kind of thing**, register a source in the app's `tasks.py` or a module it loads:

    @register_notices("approvals")
    def waiting(now: datetime, today: date) -> Iterable[Notice]: ...

A source looks at what changed lately (`SPAN`), so that a server that was away for a weekend still tells everybody, and nobody is told of
last year.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse

from arops.lib import money
from org.models import Membership, User
from workflow.models import Task, TaskNote

SPAN = timedelta(days=4)
"""How long after it happened somebody is still told."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to colleagues: what it is about (`key` exists once), to whom, what it says, the page that it leads to."""

    key: str
    company_id: int
    recipients: tuple[str, ...]
    subject: str
    body: str
    path: str


Source = Callable[[datetime, date], Iterable[Notice]]
SOURCES: dict[str, Source] = {}


def register_notices(name: str) -> Callable[[Source], Source]:
    """Make a function a source of notices."""

    def decorate(source: Source) -> Source:
        SOURCES[name] = source
        return source

    return decorate


def notices_due(now: datetime, today: date) -> list[Notice]:
    """What anybody is to be told at this moment, told before or not; those to nobody are left out."""
    return [notice for source in SOURCES.values() for notice in source(now, today) if notice.recipients]


def wants_mail(person: User) -> bool:
    """Whether the person is there and hasn't switched these mails off."""
    return person.is_active and bool(person.preferences.get("notices", True))


@register_notices("tasks")
def task_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Tasks that were asked (again) or are late, to those who answer; answers, to those who asked."""
    rows = list(Task.objects.open().filter(updated_at__gte=now - SPAN).select_related("company", "department", "assignee"))
    rows += [t for t in _just_late(today) if t.pk not in {row.pk for row in rows}]
    members, askers, last = _members(rows), _askers(rows), _last_notes(rows)
    for row in rows:
        note = last.get(row.pk)
        if row.state != Task.State.OPEN:
            asker = askers.get(row.created_by)
            verb = "Answered" if row.state == Task.State.ANSWERED else "Handed back"
            yield _notice(
                row, f"task:{row.pk}:{row.state}:{note.pk if note else 0}", [asker] if asker else [], verb, note.body if note else ""
            )
            continue
        people = [row.assignee] if row.assignee else members.get((row.company_id, row.department_id), [])
        people = [p for p in people if p and p.label != row.created_by]
        again = note.pk if note and note.kind == "reopened" else 0
        yield _notice(row, f"task:{row.pk}:asked:{again}", people, "Asked again" if again else "Asked", note.body if again and note else "")
        if row.due_date < today:
            yield _notice(row, f"task:{row.pk}:late:{row.due_date}", people, "Late", "")


def _just_late(today: date) -> Iterable[Task]:
    late = Task.objects.filter(state=Task.State.OPEN, due_date__lt=today, due_date__gte=today - SPAN)
    return late.select_related("company", "department", "assignee")


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


def _last_notes(rows: Iterable[Task]) -> dict[int, TaskNote]:
    """The last word on each task that changed its state."""
    notes = TaskNote.objects.filter(task__in=[row.pk for row in rows]).exclude(kind="note").order_by("pk")
    return {note.task_id: note for note in notes}


def _notice(row: Task, key: str, people: Iterable[User], verb: str, words: str) -> Notice:
    stake = f"At stake: {money.format(row.amount, row.currency)} {row.currency}\n" if row.amount and row.currency else ""
    body = f"{row.title}\n\n{words or row.question}\n\n{stake}Answer due: {row.due_date:%Y-%m-%d}\n".replace("\n\n\n\n", "\n\n")
    subject = f"{verb}: {row.title}".replace("\n", " ").replace("\r", " ")[:200]
    to = tuple(sorted(person.email for person in people if wants_mail(person)))
    return Notice(key, row.company_id, to, subject, body, reverse("workflow:task", args=[row.pk]))
