"""The page of a case: what it is about, where it stands, what was said, what can be done next; and what is done from it by a click."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, page
from disputes.forms.working import AssignForm, HandOverForm, MoveForm, NoteForm, WatchForm
from disputes.models import Dispute
from disputes.policy.track import CLOSED, TRACK, moves, passed
from disputes.selectors.beside import alike, clock_of, lines_of, stages_of
from disputes.selectors.levels import policy_of
from disputes.selectors.thread import TABS, thread_of
from disputes.services import (
    NEXT,
    DisputeError,
    assign_dispute,
    hand_over_dispute,
    move_dispute,
    note_dispute,
    reopen_dispute,
    unwatch_dispute,
    watch_dispute,
)
from disputes.services.binder import may_export
from disputes.services.telling import tell_of_move
from disputes.views import asking, investigating, settling, telling
from disputes.views.queues import queue_words
from disputes.views.shared import act, case_in_sight, queue_of, version_of
from org.access import allowed
from workflow.services.attachments import files_of
from workflow.services.authority import foresee

PARTS = {"asked": asking, "finding": investigating, "reply": telling, "settlement": settling}
"""What the page is put together from: see `views/shared.py`."""


@allowed("disputes.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The case: header with its clock, track, thread (all, the customer's or internal), facts, and everything that can be done."""
    return _page(request, case_in_sight(request, pk))


def _page(request: HttpRequest, case: Dispute, note: NoteForm | None = None) -> HttpResponse:
    user: Any = request.user
    tab = request.GET.get("thread", "all")
    tab = tab if tab in dict(TABS) else "all"
    label, back = queue_words(request)
    own = {
        "tab": tab, "tabs": TABS, "queue": queue_of(request), "queue_label": label, "queue_url": back,
        "note_form": note or NoteForm(auto_id="note-%s"), "files": files_of(user, case), **_may(user, case),
    }  # fmt: skip
    context = _parts(user, case) | _facts(user, case, tab) | own
    return page(request, "disputes/detail.html", context, fragment="thread", status=422 if note else 200)


def _parts(user: Any, case: Dispute) -> dict[str, Any]:
    """What the parts say of themselves, each under its name."""
    return {name: module.panel(user, case) for name, module in PARTS.items()}


def _facts(user: Any, case: Dispute, tab: str) -> dict[str, Any]:
    """What is read beside the case."""
    today, policy = clock.today(), policy_of(case.company_id)
    stages = stages_of(case, today)
    watchers = list(case.watchers.select_related("user").order_by("user__name"))
    departments = list(case.company.departments.all())
    return {
        "dispute": case, "today": today, "thread": thread_of(user, case, tab, more=(s.by for s in stages)), "stages": stages,
        "clock": clock_of(case, policy, today), "track": _track(case, stages), "is_open": case.state not in CLOSED,
        "lines": lines_of(case), "watchers": watchers, "watching": any(w.user_id == user.pk for w in watchers),
        "alike": alike(user, case, policy, today), "departments": departments,
        "moves": moves(case.state, case.waiting_on, NEXT, bool(departments)), "rest": case.open_item.balance - case.amount,
    }  # fmt: skip


def _decides(user: Any, case: Dispute) -> str:
    """Who would approve a credit memo of all that is in dispute, for whoever may ask for one."""
    if case.state in (*CLOSED, "settling") or not case.invoice_id or not user.can("memos.request", case.company_id):
        return ""
    finding = case.findings.order_by("-pk").first()
    if finding and not finding.amount:
        return ""  # nothing of the claim was found to be right: who would approve a credit isn't the question
    seen = foresee(
        actor=user, company=case.company, kind="credit_memo", amount=case.amount, currency=case.currency, customer_id=case.customer_id,
        today=clock.today(),
    )  # fmt: skip
    return seen.words


def _track(case: Dispute, stages: Iterable[Any]) -> list[dict[str, Any]]:
    """The steps of the track, with the days that the case spent on each."""
    behind, spent = passed(case.state), dict[str, int]()
    for stage in stages:
        spent[stage.state] = spent.get(stage.state, 0) + stage.days
    return [
        {"code": code, "label": label, "here": code == case.state, "past": code in behind and code in spent, "days": spent.get(code)}
        for code, label in TRACK
    ]


def _may(user: Any, case: Dispute) -> dict[str, Any]:
    """What the person may do, and with which forms."""
    company, works = case.company_id, user.can("disputes.work", case.company_id)
    return {
        "may_work": works, "decides": _decides(user, case),
        "assign_form": AssignForm(dispute=case, initial={"owner": case.owner_id}) if works else None,
        "hand_form": HandOverForm(dispute=case, initial={"department": case.department_id}) if works else None,
        "watch_form": WatchForm(dispute=case) if works else None,
        "call_url": address("collections:call", case.customer_id) if user.can("collections.work", company) else "",
        "amend_url": address("disputes:amend", case.pk) if works and case.state not in (*CLOSED, "settling") else "",
        "invoice_url": address("invoicing:detail", case.invoice_id) if case.invoice_id and user.can("invoices.view", company) else "",
        "receipt_url": address("cashapp:receipt", case.receipt_ref) if case.receipt_ref and user.can("cash.view", company) else "",
        "audit_url": address("disputes:file", case.pk) if may_export(user, company) else "",
    }  # fmt: skip


@require_POST
@allowed("disputes.work")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a word among ourselves."""
    case, form = case_in_sight(request, pk, "disputes.work"), NoteForm(request.POST, auto_id="note-%s")
    if not form.is_valid():
        return _page(request, case, note=form)

    def do(user: Any) -> str:
        note_dispute(actor=user, dispute=case, body=form.cleaned_data["body"], is_internal=True)
        return "Noted"

    return act(request, pk, do)


@require_POST
@allowed("disputes.work")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move along the track, have it wait for somebody, open it again."""
    case = case_in_sight(request, pk, "disputes.work")
    form = MoveForm(request.POST, dispute=case)

    def do(user: Any) -> str:
        data, today, version = _valid(form), clock.today(), version_of(request)
        if data["state"] == Dispute.State.OPEN:
            reopen_dispute(actor=user, dispute=case, version=version, today=today, reason=data["reason"])
        else:
            with transaction.atomic():
                move_dispute(
                    actor=user, dispute=case, state=data["state"], version=version, today=today, waiting_on=data["waiting_on"],
                    department=data["department"],
                )  # fmt: skip
                if data["tell"]:
                    tell_of_move(actor=user, dispute=case, words=data["words"], now=clock.now(), today=today)
        return f"{case.number} is {case.get_state_display()}"

    return act(request, pk, do)


@require_POST
@allowed("disputes.work")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to someone."""
    case = case_in_sight(request, pk, "disputes.work")
    form = AssignForm(request.POST, dispute=case)

    def do(user: Any) -> str:
        owner = _valid(form)["owner"]
        assign_dispute(actor=user, dispute=case, owner=owner, version=version_of(request))
        return f"{case.number} is {owner.name}’s" if owner else f"{case.number} is nobody’s"

    return act(request, pk, do)


@require_POST
@allowed("disputes.work")
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to a department, or take it back."""
    case = case_in_sight(request, pk, "disputes.work")
    form = HandOverForm(request.POST, dispute=case)

    def do(user: Any) -> str:
        department = _valid(form)["department"]
        hand_over_dispute(actor=user, dispute=case, department=department, version=version_of(request), today=clock.today())
        return f"{department.name} has it, by {case.due_date:%-d %b}" if department else "No department has it"

    return act(request, pk, do)


@require_POST
@allowed("disputes.work")
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Have oneself, or a colleague, told what happens to it; or no longer."""
    case = case_in_sight(request, pk, "disputes.work")
    form = WatchForm(request.POST, dispute=case)

    def do(user: Any) -> str:
        data = _valid(form)
        whom = data["user"] or user
        (watch_dispute if data["on"] else unwatch_dispute)(actor=user, dispute=case, user=whom)
        named = "You watch" if whom == user else f"{whom.name} watches"
        return f"{named} {case.number}{'' if data['on'] else ' no more'}"

    return act(request, pk, do)


def _valid(form: Any) -> dict[str, Any]:
    """What was typed. Raises DisputeError with what is wrong of it."""
    if not form.is_valid():
        raise DisputeError("; ".join(str(error) for errors in form.errors.values() for error in errors))
    data: dict[str, Any] = form.cleaned_data
    return data
