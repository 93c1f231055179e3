"""Asking about a case: departments, by a task to them or a link for somebody without an account; a senior, by escalating it.

While a department is asked, on whatever page or over the API, the case waits for it. Once none is asked any more, it is investigated on.
What is escalated goes on meanwhile. What was asked and answered stays on the tasks, from where the case's thread reads it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from disputes.models import Dispute
from disputes.policy.track import CLOSED
from disputes.selectors.questions import ESCALATION, LABEL, title_about
from disputes.services.errors import DisputeError
from disputes.services.moving import lock_case, log, place_case
from invoicing.models import InvoiceLine
from org.actors import Actor, SystemActor, require
from org.models import Department, User
from workflow.models import Attachment, Task
from workflow.services.attachments import share_file
from workflow.services.links import create_link
from workflow.services.task_moves import TaskMove, follow_tasks
from workflow.services.tasks import cancel_task, open_task

ACTOR = SystemActor("answers")
State = Dispute.State


@transaction.atomic
def ask_about(
    *, actor: Actor, dispute: Dispute, department: Department, question: str, due_date: date, today: date, now: datetime,
    line: InvoiceLine | None = None, email: str = "", name: str = "", title: str = "", files: Sequence[Attachment] = (), token: str = "",
) -> Task:  # fmt: skip
    """Ask a department about a case, about a line of it where one is named; with `email`, somebody there without an account gets a link to
    this one task. `files` of the case go along: whoever is asked sees those, and nothing else of it. The same `token` asks once.

    Raises DisputeError, TaskError, NotAllowed.
    """
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute)
    key = f"dispute:{case.pk}:{token or Task.objects.filter(subject_type=LABEL, subject_id=case.pk).count() + 1}"[:160]
    there = Task.objects.filter(dedupe_key=key).first()
    if there:
        return there
    _check(case, department, question, due_date, line, today)
    task = open_task(
        actor=actor, company=case.company, kind="dispute", title=title.strip() or title_about(case, line), question=question,
        department=department.code, due_date=due_date, subject=case, customer_id=case.customer_id, amount=case.amount,
        currency=case.currency, dedupe_key=key, today=today,
    )  # fmt: skip
    for file in files:
        share_file(actor=actor, file=file, source=case, subject=task)
    if email.strip():
        create_link(actor=actor, task=task, email=email, name=name, now=now, today=today)
    dispute.refresh_from_db()
    return task


@transaction.atomic
def escalate_dispute(
    *, actor: Actor, dispute: Dispute, reviewer: User, question: str, due_date: date, today: date, token: str
) -> Task:  # fmt: skip
    """Have a senior who sees the case look at it; they answer with what they found. The case goes on meanwhile. The same `token` asks
    once. Raises DisputeError, NotAllowed."""
    require(actor, "disputes.work", dispute.company_id)
    case = lock_case(dispute)
    key = f"dispute:{case.pk}:up:{token}"[:160]
    if there := Task.objects.filter(dedupe_key=key).first():
        return there
    if case.state in CLOSED:
        raise DisputeError("the case is closed: open it again first")
    sees = Dispute.objects.visible_to(reviewer, "disputes.resolve").filter(pk=case.pk).exists()
    if reviewer.label == actor.label or not sees:
        raise DisputeError("choose a senior who sees this case, and not yourself", "reviewer")
    if Task.objects.filter(subject_type=LABEL, subject_id=case.pk, kind=ESCALATION, state=Task.State.OPEN).exists():
        raise DisputeError("a senior is looking at it already: wait for their word, or cancel that task")
    _check_words(question, due_date, today)
    task = open_task(
        actor=actor, company=case.company, kind=ESCALATION, title=f"{case.number} escalated: {title_about(case)}"[:200], question=question,
        assignee=reviewer, due_date=due_date, subject=case, customer_id=case.customer_id, amount=case.amount, currency=case.currency,
        dedupe_key=key, today=today,
    )  # fmt: skip
    dispute.refresh_from_db()
    return task


@transaction.atomic
def withdraw_questions(*, disputes: Sequence[Dispute], today: date) -> int:
    """Cancel what is still asked about cases that are closed; how many that were. What is being answered at this moment is left."""
    rows = Task.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).annotate(moment=Now())
    about = rows.filter(subject_type=LABEL, subject_id__in=[case.pk for case in disputes])
    waiting: list[Any] = list(about.filter(state=Task.State.OPEN).order_by("pk"))
    for task in waiting:
        cancel_task(actor=ACTOR, task=task, now=task.moment, today=today, reason="The case is closed: this needs no answer any more.")
    return len(waiting)


@follow_tasks(LABEL)
def follow_answer(move: TaskMove) -> None:
    """A question has the case wait for the department, the last answer brings it back, asking again sends it there again."""
    case = lock_case(Dispute.objects.get(pk=move.task.subject_id or 0))
    if move.kind != "closed":  # whoever asked has read it: the answer moved the case already
        log(move.actor, _event(move), case, task=move.task.pk, department=move.task.department.code if move.task.department else None)
    if move.kind in ("asked", "reopened"):
        _wait(move.actor, case, move.task.department, move.today)
    elif move.kind != "closed":
        _go_on(case, move.today)


def _event(move: TaskMove) -> str:
    if move.kind == "asked":
        return "dispute.escalated" if move.task.kind == ESCALATION else "dispute.asked"
    return f"dispute.question_{move.kind}"


def _wait(actor: Actor, case: Dispute, department: Department | None, today: date) -> None:
    """The case waits for the department, unless it waits for the customer already, is being settled, or is closed."""
    if case.state in CLOSED or case.state == State.SETTLING or case.waiting_on == "customer":
        return
    if department is not None and (case.waiting_on != "department" or case.department_id != department.pk):
        place_case(actor=actor, case=case, state=State.WAITING, today=today, waiting_on="department", department=department)


def _go_on(case: Dispute, today: date) -> None:
    """Investigated on, by the department that had it before it waited, once no department is asked any more."""
    asked = Task.objects.filter(subject_type=LABEL, subject_id=case.pk, state=Task.State.OPEN, department__isnull=False)
    if case.state != State.WAITING or case.waiting_on != "department" or asked.exists():
        return
    before = case.steps.exclude(waiting_on="department").select_related("department").order_by("-pk").first()
    place_case(actor=ACTOR, case=case, state=State.INVESTIGATING, today=today, department=before.department if before else None)
    log(ACTOR, "dispute.moved", case, state=State.INVESTIGATING, waiting_on="", department=None)


def _check(case: Dispute, department: Department, question: str, due_date: date, line: InvoiceLine | None, today: date) -> None:
    if case.state in CLOSED:
        raise DisputeError("the case is closed: open it again first")
    if department.company_id != case.company_id:
        raise DisputeError("choose a department of this company", "department")
    _check_words(question, due_date, today)
    if line is not None and line.invoice_id != case.invoice_id:
        raise DisputeError("the line is of another document", "line")


def _check_words(question: str, due_date: date, today: date) -> None:
    if not question.strip():
        raise DisputeError("write what you want to know", "question")
    if due_date < today:
        raise DisputeError("the answer can’t be due in the past", "due_date")
