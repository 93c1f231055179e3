"""Questions to departments over the API: asked, read, answered, handed back, asked again, closed, cancelled.

Who asks and who answers hold different scopes. A case waits for a department that is asked about it, here as on its page.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import PREFIXES, private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import ApiProblem, invalid
from arops.api.resources import SUBJECTS, about_shape
from arops.api.schemas.tasks import TASK_STATE
from arops.lib import clock, money
from arops.lib.rows import Fields, Problem, currency, day, read_row, text, whole
from org.actors import Actor
from org.models import Company, User
from workflow.models import Task
from workflow.services import tasks
from workflow.services.subjects import find_subject

ASKED: Fields = {
    "company": text(20, needed=True), "title": text(200, needed=True), "question": text(10_000), "due_date": day, "department": text(30),
    "assignee": text(254), "about": text(40), "currency": currency, "amount": text(30, needed=True), "external_id": text(80, needed=True),
}  # fmt: skip
SAID: Fields = {"body": text(10_000), "version": whole()}
AGAIN: Fields = {**SAID, "due_date": day, "department": text(30)}


class TaskRecords(RecordView):
    """Tasks in sight."""

    permission, write_permission, kind = "tasks.view", "tasks.create", "task"

    def rows(self) -> models.QuerySet[Any]:
        """Tasks in sight."""
        return Task.objects.visible_to(self.actor, "tasks.view").select_related("company", "department", "assignee")

    def shape(self, row: Task) -> dict[str, Any]:
        """A task as lists show it."""
        at_stake = row.amount is not None and bool(row.currency)
        return {
            "id": public("task", row.pk), "company": row.company.code, "kind": row.kind, "title": row.title, "question": row.question,
            "department": row.department.code if row.department else None, "assignee": row.assignee.email if row.assignee else None,
            "due_date": row.due_date.isoformat(), "state": row.state, "currency": row.currency or None,
            "amount": money.to_text(row.amount or 0, row.currency) if at_stake else None, "customer": public("customer", row.customer_ref),
            "subject": about_shape(row.subject_type, row.subject_id), "created_by": row.created_by,
            "created_at": row.created_at.isoformat(), "updated_at": row.updated_at.isoformat(), "version": row.version,
        }  # fmt: skip

    def whole(self, row: Task) -> dict[str, Any]:
        """With what was said on it."""
        notes = [{"kind": n.kind, "body": n.body, "author": n.author, "at": n.at.isoformat()} for n in row.notes.all()]
        return self.shape(row) | {"notes": notes}

    def told(self, task: Task, status: int = 200) -> Response:
        """The task as it is now."""
        return Response(self.whole(self.rows().get(pk=task.pk)), status=status)


class Tasks(TaskRecords, ListView):
    """GET the tasks in sight; POST one."""

    filters: ClassVar = {
        "company": "company__code", "customer": "customer_ref", "state": "state", "kind": "kind", "department": "department__code",
        "assignee": "assignee__email__iexact", "due_before": "due_date__lt",
    }  # fmt: skip

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and the record that tasks are about."""
        return super().parameters | {"about"}

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys, days as days; a state that isn't one is refused."""
        if name == "state" and value not in Task.State.values:
            raise invalid("?state", "invalid", f"state is one of {', '.join(Task.State.values)}")
        if name == "due_before":
            return _day("?due_before", value)
        return private("customer", value) if name == "customer" else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Also by the record they are about."""
        if "about" in wanted:
            label, pk = _named("?about", wanted["about"])
            rows = rows.filter(subject_type=label, subject_id=pk)
        return super().filtered(rows, wanted)

    @schemas.reads(
        "tasks_list", schemas.page("TaskRow"),
        schemas.page_parameters(
            "company", "customer", "due_before", state=(TASK_STATE, ""), kind=(schemas.ANY, "Such as dispute."),
            department=(schemas.ANY, "Code of a department."), assignee=(schemas.ANY, "An e-mail address."),
            about=(schemas.ANY, "Our id of a record, such as dsp_5."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of questions to departments."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("tasks_create", schemas.ref("TaskIn"), schemas.written("Task"))
    def post(self, request: Request) -> Response:
        """Ask a department or a person. The same `external_id` asks once."""
        return once(request, self.actor, lambda: self._ask(_read(request, ASKED, ("company", "title", "due_date"))), needed=False)

    def _ask(self, said: dict[str, Any]) -> Response:
        company = Company.objects.visible_to(self.actor, "tasks.create").filter(code=said.pop("company")).first()
        if company is None:
            raise invalid("/company", "missing_reference", "there is no such company in sight")
        key = f"api:{self.actor.label}:{said.pop('external_id', '') or uuid.uuid4().hex}"
        known = Task.objects.filter(dedupe_key=key).exists()
        task = tasks.open_task(
            actor=self.actor, company=company, kind="question", dedupe_key=key, **_at_stake(said), **_about(self.actor, company, said),
            assignee=_person(said.pop("assignee", "")), department=said.pop("department", None) or None,
            today=clock.today(), **said,
        )  # fmt: skip
        return self.told(task, 200 if known else 201)


class TaskDetail(TaskRecords, DetailView):
    """One task."""

    @schemas.reads("tasks_get", schemas.found("Task"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A question by id, with what was said on it."""
        return super().get(request, *args, **kwargs)


class TaskStep(TaskRecords):
    """A step of a task."""

    fields: ClassVar[Fields] = SAID
    required: ClassVar[tuple[str, ...]] = ()

    def take(self, request: Request, public_id: str) -> Response:
        """Take the step once, and tell how the task is then."""
        return once(request, self.actor, lambda: self._take(request, private("task", public_id)), needed=False)

    def _take(self, request: Request, pk: int) -> Response:
        row = self.rows().filter(pk=pk).first()
        if row is None:
            raise Http404
        return self.told(self.do(row, _read(request, self.fields, self.required)))

    def do(self, task: Task, said: dict[str, Any]) -> Task:
        """What is done."""
        raise AssertionError("a step says what it does")


class TaskAnswer(TaskStep):
    """The answer."""

    write_permission = "tasks.answer"

    @schemas.writes("tasks_answer", schemas.ref("TaskStep"), schemas.found("Task"))
    def post(self, request: Request, public_id: str) -> Response:
        """Answer a question that waits; whoever asked is told. A case that waited for it is investigated on."""
        return self.take(request, public_id)

    def do(self, task: Task, said: dict[str, Any]) -> Task:
        """By answer_task."""
        body, version = said.get("body", ""), said.get("version")
        return tasks.answer_task(actor=self.actor, task=task, body=body, version=version, today=clock.today())


class TaskHandBack(TaskStep):
    """It isn't theirs, or can't be answered."""

    write_permission = "tasks.answer"

    @schemas.writes("tasks_hand_back", schemas.ref("TaskStep"), schemas.found("Task"))
    def post(self, request: Request, public_id: str) -> Response:
        """Hand a question back, with the reason."""
        return self.take(request, public_id)

    def do(self, task: Task, said: dict[str, Any]) -> Task:
        """By hand_back."""
        reason, version = said.get("body", ""), said.get("version")
        return tasks.hand_back(actor=self.actor, task=task, reason=reason, version=version, today=clock.today())


class TaskReopen(TaskStep):
    """Asked again."""

    fields = AGAIN
    required = ("body",)

    @schemas.writes("tasks_reopen", schemas.ref("TaskAgain"), schemas.found("Task"))
    def post(self, request: Request, public_id: str) -> Response:
        """Ask again what was answered or handed back, by another day or of another department where those are sent."""
        return self.take(request, public_id)

    def do(self, task: Task, said: dict[str, Any]) -> Task:
        """By reopen_task."""
        return tasks.reopen_task(actor=self.actor, task=task, reason=said.pop("body", ""), today=clock.today(), **said)


class TaskClose(TaskStep):
    """Read, and it serves."""

    @schemas.writes("tasks_close", schemas.ref("TaskStep"), schemas.found("Task"))
    def post(self, request: Request, public_id: str) -> Response:
        """Close a question that was answered or handed back."""
        return self.take(request, public_id)

    def do(self, task: Task, said: dict[str, Any]) -> Task:
        """By close_task."""
        note, version = said.get("body", ""), said.get("version")
        return tasks.close_task(actor=self.actor, task=task, note=note, version=version, now=clock.now(), today=clock.today())


class TaskCancel(TaskStep):
    """Not needed any more."""

    @schemas.writes("tasks_cancel", schemas.ref("TaskStep"), schemas.found("Task"))
    def post(self, request: Request, public_id: str) -> Response:
        """Cancel a question that needs no answer any more."""
        return self.take(request, public_id)

    def do(self, task: Task, said: dict[str, Any]) -> Task:
        """By cancel_task."""
        reason, version = said.get("body", ""), said.get("version")
        return tasks.cancel_task(actor=self.actor, task=task, reason=reason, version=version, now=clock.now(), today=clock.today())


STEPS: dict[str, type[TaskStep]] = {
    "answer": TaskAnswer, "hand-back": TaskHandBack, "reopen": TaskReopen, "close": TaskClose, "cancel": TaskCancel,
}  # fmt: skip
"""The end of a step's address → its view."""


def _read(request: Request, fields: Fields, required: tuple[str, ...]) -> dict[str, Any]:
    """The body by its fields. Raises ApiProblem with all that is wrong."""
    values, problems = read_row(request.data, fields, required=required)
    if problems:
        raise _problems(problems)
    return values


def _problems(problems: list[Problem]) -> ApiProblem:
    told = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in problems]
    return ApiProblem(422, told[0]["code"], told[0]["detail"], told)


def _at_stake(said: dict[str, Any]) -> dict[str, Any]:
    code, amount = said.pop("currency", ""), said.pop("amount", "")
    if not amount:
        return {}
    if not code:
        raise invalid("/currency", "required", "currency is needed beside amount")
    try:
        return {"currency": code, "amount": money.parse(amount, code)}
    except money.MoneyError as error:
        raise invalid("/amount", "invalid_amount", f"amount: {error}") from None


def _about(actor: Actor, company: Company, said: dict[str, Any]) -> dict[str, Any]:
    """The record that is asked about, where it is in sight and of the company."""
    named = said.pop("about", "")
    if not named:
        return {}
    row = find_subject(actor, *_named("/about", named))
    if row is None or getattr(row, "company_id", None) != company.pk:
        raise invalid("/about", "missing_reference", "there is no such record in sight that a question can be about")
    customer_id = row.pk if row._meta.label_lower == "customers.customer" else getattr(row, "customer_id", None)
    return {"subject": row, "customer_id": customer_id}


def _named(pointer: str, text_id: str) -> tuple[str, int]:
    """The model and the key that a public id stands for."""
    prefix = text_id.partition("_")[0]
    kinds = {kind for kind, known in PREFIXES.items() if known == prefix}
    label = next((label for label, kind in SUBJECTS.items() if kind in kinds), "")
    if not label:
        raise invalid(pointer, "invalid", "about is our id of a record, such as dsp_5 or inv_42")
    return label, private(SUBJECTS[label], text_id)


def _person(email: str) -> User | None:
    if not email:
        return None
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise invalid("/assignee", "missing_reference", "there is no such person")
    return person


def _day(pointer: str, text_day: str) -> date:
    read: Callable[[Any], Any] = day
    try:
        return date.fromisoformat(str(read(text_day)))
    except ValueError:
        raise invalid(pointer, "invalid", "this is a day such as 2026-10-31") from None
