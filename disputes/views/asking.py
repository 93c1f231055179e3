"""Asking a department about a case, and what they said: the part of the case page, and the page with the question."""

import secrets
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, toast
from arops.lib.refusal import Refused
from disputes.forms.asking import AskForm, EscalateForm
from disputes.models import Dispute
from disputes.policy.clock import add_working_days
from disputes.policy.track import CLOSED
from disputes.selectors.questions import ESCALATION, likely_department, question_about, title_about
from disputes.services.asking import ask_about, escalate_dispute
from disputes.services.errors import DisputeError
from disputes.views.shared import act, case_in_sight, case_url, go_on, queue_of
from invoicing.models import Finding, InvoiceLine
from org.access import allowed
from org.models import Department
from workflow.models import Task, TaskLink, TaskNote
from workflow.selectors.tasks import tasks_about
from workflow.services.attachments import files_of

DAYS = 3
"""Working days that an answer has, unless told otherwise."""


def panel(user: Any, dispute: Dispute) -> dict[str, Any]:
    """What was asked about the case, those that wait first: what was said last, and whether a link to it is open; whom it can be escalated
    to."""
    rows: list[Any] = list(tasks_about(user, dispute))
    last = {n.task_id: n for n in TaskNote.objects.filter(task__in=rows, kind__in=["answer", "hand_back"]).order_by("pk")}
    linked = TaskLink.objects.filter(task__in=rows, revoked_at=None, expires_at__gt=clock.now())
    emails = dict(linked.order_by("pk").values_list("task_id", "email"))
    for row in rows:
        row.said, row.linked = last.get(row.pk), emails.get(row.pk, "")
        row.days_late = max((clock.today() - row.due_date).days, 0) if row.state == Task.State.OPEN else 0
    may = user.can("tasks.create", dispute.company_id) and user.can("disputes.work", dispute.company_id)
    may = may and dispute.state not in CLOSED
    escalated = any(row.kind == ESCALATION and row.state == Task.State.OPEN for row in rows)
    form = EscalateForm(dispute=dispute, asker=user) if may and not escalated else None
    return {"tasks": rows, "may_ask": may, "escalate": form, "token": secrets.token_hex(16)}


@allowed("disputes.work")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a department: about the case, or a line of it (`line`), what the check found (`finding`), what was seen (`words`, `origin`)."""
    case = case_in_sight(request, pk, "disputes.work")
    user: Any = request.user
    line, departments, files = _line(request, case), list(Department.objects.filter(company=case.company)), files_of(user, case).rows
    initial = _initial(request, case, line, departments)
    form = AskForm(request.POST or None, initial=initial, departments=departments, files=files)
    if request.method == "POST" and form.is_valid():
        token = f"form:{user.pk}:{request.POST.get('token', '')[:60]}"
        try:
            task = ask_about(actor=user, dispute=case, line=line, token=token, today=clock.today(), now=clock.now(), **form.asked())
        except Refused as refusal:
            field = getattr(refusal, "field", "")
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            return toast(request, go_on(request, pk), f"{task.department} is asked, by {task.due_date}.")
    context = {
        "dispute": case, "form": form, "line": line, "queue": queue_of(request), "back": case_url(pk, queue_of(request)),
        "lines": list(case.invoice.lines.all()) if case.invoice else [], "departments": departments,
        "token": request.POST.get("token") or secrets.token_hex(16),
    }  # fmt: skip
    return page(request, "disputes/ask.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("disputes.work")
def escalate(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a senior look at the case."""
    case = case_in_sight(request, pk, "disputes.work")

    def do(user: Any) -> str:
        form = EscalateForm(request.POST, dispute=case, asker=user)
        if not form.is_valid():
            raise DisputeError("; ".join(str(error) for errors in form.errors.values() for error in errors))
        token, today = f"form:{user.pk}:{request.POST.get('token', '')[:60]}", clock.today()
        due = add_working_days(today, 1)
        escalate_dispute(actor=user, dispute=case, token=token, due_date=due, today=today, **form.cleaned_data)
        return f"{form.cleaned_data['reviewer'].name} is asked to look at {case.number}"

    return act(request, pk, do)


def ask_url(dispute: Dispute, **about: Any) -> str:
    """The page's address, about something: `line` (key of a document's line), `finding` (key of a check's finding), `words`, `origin`."""
    given = {name: str(value) for name, value in about.items() if value}
    return reverse("disputes:ask", args=[dispute.pk]) + (f"?{urlencode(given)}" if given else "")


def _initial(request: HttpRequest, case: Dispute, line: InvoiceLine | None, departments: list[Department]) -> dict[str, Any]:
    finding = _finding(request, case, line)
    origin = request.GET.get("origin", "")[:30] or (finding.origin if finding else "")
    return {
        "department": likely_department(case, departments, line, origin), "title": title_about(case, line),
        "question": question_about(case, line, finding, request.GET.get("words", "")[:2000].replace("\x00", "")),
        "due_date": add_working_days(clock.today(), DAYS),
    }  # fmt: skip


def _line(request: HttpRequest, case: Dispute) -> InvoiceLine | None:
    """The line that is asked about: the one named, else the only one in dispute."""
    named = request.GET.get("line", "")
    if case.invoice_id is None or named == "0":
        return None
    rows = InvoiceLine.objects.filter(invoice=case.invoice_id).select_related("purchase_order", "sales_order")
    if _is_key(named):
        return rows.filter(pk=int(named)).first()
    contested = list(rows.filter(disputed__dispute=case)[:2])
    return contested[0] if len(contested) == 1 else None


def _finding(request: HttpRequest, case: Dispute, line: InvoiceLine | None) -> Finding | None:
    """What the check found: the finding named, else the one with the most money about the line."""
    rows = Finding.objects.filter(invoice=case.invoice_id) if case.invoice_id else Finding.objects.none()
    named = request.GET.get("finding", "")
    if _is_key(named):
        return rows.filter(pk=int(named)).first()
    about = rows.filter(lines__contains=[line.number]) if line else rows.none()
    return max(about, key=lambda f: abs(f.effect), default=None)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 19
