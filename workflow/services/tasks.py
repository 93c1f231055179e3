"""Questions and work for other departments: asked, answered or handed back, closed by those who ask.

Whoever holds `tasks.create` asks, re-opens, closes and cancels; whoever holds `tasks.answer` and sees the task (it is their department's,
or their own) answers, hands back and adds notes. Every step names the version it was taken on, so that nobody answers a question that
meanwhile was another one. An app above that keeps the record which a task is about is told of the move (see `task_moves`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from arops.lib.refusal import Refused
from org.actors import Actor, NotAllowed, require
from org.models import Company, Department, User
from workflow.models import Task, TaskLink, TaskNote
from workflow.services.recording import record
from workflow.services.task_moves import TaskMove, tell_followers

State = Task.State


class TaskError(Refused):
    """The task isn't in a state for that, or lacks something; the message says which."""


@transaction.atomic
def open_task(
    *, actor: Actor, company: Company, kind: str, title: str, due_date: date, dedupe_key: str, today: date, question: str = "",
    department: str | None = None, assignee: User | None = None, subject: Any = None, customer_id: int | None = None,
    amount: int | None = None, currency: str = "",
) -> Task:  # fmt: skip
    """Ask a department (by its code) or a person. `dedupe_key` names what it is about: the same key again is the same task, whatever state
    it is in. What is asked is for people who may see nothing but this task: put into `question` what they need. Raises TaskError,
    NotAllowed."""
    require(actor, "tasks.create", company.pk)
    there = Task.objects.filter(dedupe_key=dedupe_key).first()
    if there:
        return there
    if not title.strip():
        raise TaskError("say in a line what is asked")
    fields = {
        "company": company, "kind": kind, "title": title.strip()[:200], "question": question.strip(), "due_date": due_date,
        "department": _department(company, department), "assignee": _assignee(company, assignee), "customer_ref": customer_id,
        "subject_type": subject._meta.label_lower if subject is not None else "",
        "subject_id": subject.pk if subject is not None else None, "amount": amount, "currency": currency, "created_by": actor.label,
    }  # fmt: skip
    if fields["department"] is None and fields["assignee"] is None:
        raise TaskError("say which department or which person is asked")
    try:
        with transaction.atomic():
            task = Task.objects.create(dedupe_key=dedupe_key, **fields)
    except IntegrityError:  # someone asked the same at the same moment
        return Task.objects.get(dedupe_key=dedupe_key)
    _tell(actor, task, "task.asked", department=department or "", due=due_date.isoformat())
    tell_followers(TaskMove(actor, task, "asked", None, today))
    return task


@transaction.atomic
def answer_task(*, actor: Actor, task: Task, body: str, today: date, version: int | None = None) -> Task:
    """Answer: whoever asked reads it and closes the task, or asks again. Raises TaskError, NotAllowed."""
    row = locked_task(actor, task, version, {State.OPEN}, "tasks.answer")
    note = _note(actor, row, "answer", body, "write the answer first")
    return _become(actor, row, State.ANSWERED, "answered", note, today)


@transaction.atomic
def hand_back(*, actor: Actor, task: Task, reason: str, today: date, version: int | None = None) -> Task:
    """Say that it isn't for this department, or can't be answered, and why. Raises TaskError, NotAllowed."""
    row = locked_task(actor, task, version, {State.OPEN}, "tasks.answer")
    note = _note(actor, row, "hand_back", reason, "say why it is handed back")
    return _become(actor, row, State.HANDED_BACK, "handed_back", note, today)


@transaction.atomic
def reopen_task(
    *, actor: Actor, task: Task, reason: str, today: date, version: int | None = None, due_date: date | None = None,
    department: str | None = None, assignee: User | None = None,
) -> Task:  # fmt: skip
    """Ask again, and where it was the wrong department, another one or a person: then links that were given to the one before end. Raises
    TaskError, NotAllowed."""
    links = TaskLink.objects.select_for_update(of=("self",), no_key=True).filter(task=task, revoked_at=None).order_by("pk")
    given = list(links) if department or assignee else []  # locked before their task, as whoever comes by one does
    row = locked_task(actor, task, version, {State.ANSWERED, State.HANDED_BACK, State.CLOSED}, "tasks.create")
    note = _note(actor, row, "reopened", reason, "say what is still to be answered")
    asked = (row.department_id, row.assignee_id)
    if department:
        row.department, row.assignee = _department(row.company, department), None
    if assignee:
        row.assignee = _assignee(row.company, assignee)
    if asked != (row.department_id, row.assignee_id):
        _end_links(actor, row, given)
    row.due_date, row.closed_at = due_date or row.due_date, None
    return _become(actor, row, State.OPEN, "reopened", note, today, department=row.department.code if row.department else "")


@transaction.atomic
def close_task(*, actor: Actor, task: Task, now: datetime, today: date, note: str = "", version: int | None = None) -> Task:
    """The answer is read and serves. Raises TaskError, NotAllowed."""
    row = locked_task(actor, task, version, {State.ANSWERED, State.HANDED_BACK}, "tasks.create")
    word = _note(actor, row, "closed", note, "") if note.strip() else None
    row.closed_at = now
    return _become(actor, row, State.CLOSED, "closed", word, today)


@transaction.atomic
def cancel_task(*, actor: Actor, task: Task, now: datetime, today: date, reason: str = "", version: int | None = None) -> Task:
    """What was asked needs no answer any more. Raises TaskError, NotAllowed."""
    row = locked_task(actor, task, version, {State.OPEN, State.ANSWERED, State.HANDED_BACK}, "tasks.create")
    word = _note(actor, row, "closed", reason, "") if reason.strip() else None
    row.closed_at = now
    return _become(actor, row, State.CANCELLED, "cancelled", word, today)


@transaction.atomic
def note_task(*, actor: Actor, task: Task, body: str) -> TaskNote:
    """Add a word without changing the state. Raises TaskError, NotAllowed."""
    may_ask = actor.can("tasks.create", task.company_id)
    row = locked_task(actor, task, None, set(State), "tasks.create" if may_ask else "tasks.answer")
    note = _note(actor, row, "note", body, "write the note first")
    _tell(actor, row, "task.noted")
    return note


@transaction.atomic
def take_task(*, actor: User, task: Task, version: int | None = None) -> Task:
    """Say that one is on it oneself; the department still sees the task. Raises TaskError, NotAllowed."""
    row = locked_task(actor, task, version, {State.OPEN}, "tasks.answer")
    row.assignee = actor
    _write(row, State.OPEN)
    _tell(actor, row, "task.taken")
    return row


def locked_task(actor: Actor, task: Task, version: int | None, states: set[Task.State], permission: str) -> Task:
    """The task as it stands, locked: in sight of the actor with that right, unchanged since `version`, in one of the states."""
    require(actor, permission, task.company_id)
    row = Task.objects.select_for_update(of=("self",), no_key=True).select_related("company", "department").get(pk=task.pk)
    if not Task.objects.visible_to(actor, permission).filter(pk=row.pk).exists():
        raise NotAllowed(f"{actor.label} may not do this: the task is another department’s")
    if version is not None and version != row.version:
        raise TaskError("someone else changed this task meanwhile: look at it again")
    if row.state not in states:
        raise TaskError(f"the task is {row.get_state_display()}")
    return row


def _become(actor: Actor, row: Task, state: Task.State, move: str, note: TaskNote | None, today: date, **data: Any) -> Task:
    _write(row, state)
    _tell(actor, row, f"task.{move}", **data)
    tell_followers(TaskMove(actor, row, move, note, today))
    return row


def _end_links(actor: Actor, row: Task, links: Sequence[TaskLink]) -> None:
    TaskLink.objects.filter(pk__in=[link.pk for link in links]).update(revoked_at=Now(), revoked_by=actor.label)
    for link in links:
        _tell(actor, row, "task_link.revoked", link=link.pk, email=link.email)


def _write(row: Task, state: Task.State) -> None:
    row.state, row.version = state, row.version + 1
    row.save(update_fields=["state", "version", "due_date", "department", "assignee", "closed_at", "updated_at"])


def _note(actor: Actor, row: Task, kind: str, body: str, otherwise: str) -> TaskNote:
    if not body.strip():
        raise TaskError(otherwise)
    return TaskNote.objects.create(task=row, kind=kind, body=body.strip()[:10_000], author=actor.label)


def _tell(actor: Actor, task: Task, event: str, **data: Any) -> None:
    record(
        actor=actor, type=event, company_id=task.company_id, subject=task, customer_id=task.customer_ref, kind=task.kind, title=task.title,
        **data,
    )  # fmt: skip


def _department(company: Company, code: str | None) -> Department | None:
    if not code:
        return None
    found = Department.objects.filter(company=company, code=code).first()
    if found is None:
        raise TaskError(f"{company.code} has no department {code!r}: departments are set up under Settings")
    return found


def _assignee(company: Company, person: User | None) -> User | None:
    if person is not None and not person.can("tasks.answer", company.pk):
        raise TaskError(f"{person.name} has no role in {company.code} that answers tasks")
    return person
