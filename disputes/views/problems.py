"""Problems: the list with those that are late, and the page of one: findings, action, tasks, cases, before and after."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from disputes.forms.problems import ActedForm, AskProblemForm, ProblemForm, RaiseForm
from disputes.models import Dimension, Problem
from disputes.policy.measuring import VERDICTS
from disputes.selectors import problems as found_in
from disputes.selectors.pareto import summed
from disputes.services import problems as work
from disputes.services.measuring import measure_problem
from disputes.views.cause_filters import tabs
from disputes.views.measured import shown
from disputes.views.shared import version_of
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company, Department
from org.selectors import actor_names
from workflow.models import Event
from workflow.services.attachments import files_of

CASES, ANSWER_DAYS = 25, 10
TONES = {"worked": "ok", "worse": "bad", "no_difference": "warn", "too_few": ""}


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """Problems by view, company, owner and text. Also as Excel and CSV."""
    user, today = _user(request), clock.today()
    asked = filters_of(request, view="open", company="", q="", owner="")
    view = asked["view"] if asked["view"] in dict(found_in.VIEWS) else "open"
    owner = user.pk if asked["owner"] == "me" else None
    rows = list(found_in.problems_in(user, view, today, company=asked["company"], text=asked["q"], owner=owner))
    measures = found_in.last_measures(rows)
    if request.GET.get("format"):
        if not user.can("reports.export"):
            raise PermissionDenied("this needs the permission reports.export")
        file = export_response(request, _table(rows, measures), Cover("Problems", user.name, today, {"view": dict(found_in.VIEWS)[view]}))
        if file:
            return file
    counts = found_in.counts_of(user, today)
    reach = user.reach("problems.work")
    whole = Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies)
    may = list(whole.order_by("code"))
    context = tabs(user) | {
        "rows": [(p, measures.get(p.pk), _verdict(measures.get(p.pk)), _late(p, today)) for p in rows], "view": view, "asked": asked,
        "views": [(code, label, counts[code]) for code, label in found_in.VIEWS], "today": today, "count": len(rows),
        "companies": Company.objects.visible_to(user, "disputes.view").order_by("code"), "may_raise": may,
        "narrowed": [n for n in ("company", "q", "owner") if asked[n]], "user_can_export": user.can("reports.export"),
        "in_part": bool(user.reach("disputes.view").portfolios),
    }  # fmt: skip
    return page(request, "disputes/problems.html", context)


def _late(problem: Problem, today: date) -> int:
    """Days that it is late; 0 when it isn't."""
    unfinished = problem.state in (Problem.State.OPEN, Problem.State.ACTING)
    return max(0, (today - problem.due_date).days) if unfinished and problem.due_date else 0


def _verdict(measure: Any) -> tuple[str, str]:
    code = measure.result.get("verdict", "") if measure else ""
    return VERDICTS.get(code, ""), TONES.get(code, "")


def _table(rows: list[Problem], measures: dict[int, Any]) -> Table:
    columns = [
        Column("number", "Number", lambda p: p.number),
        Column("title", "Title", lambda p: p.title, grow=True),
        Column("company", "Company", lambda p: p.company.code),
        Column("cause", "Cause", lambda p: p.cause.name, grow=True),
        Column("source", "Source", lambda p: p.source_label),
        Column("state", "State", lambda p: p.get_state_display()),
        Column("owner", "Owner", lambda p: p.owner.name if p.owner else ""),
        Column("department", "Department", lambda p: p.department.name if p.department else ""),
        Column("due", "Done by", lambda p: p.due_date, kind="date"),
        Column("raised", "Raised", lambda p: p.raised_on, kind="date"),
        Column("acted", "Holds from", lambda p: p.acted_on, kind="date"),
        Column("verdict", "Last measured", lambda p: measures[p.pk].result["words"] if p.pk in measures else "", grow=True),
        Column("outcome", "Outcome", lambda p: p.outcome, grow=True),
    ]
    return Table(columns, rows, name="problem")


@allowed("problems.work")
def new(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Raise a cause as a problem by hand: at the source that the address names, else wherever in the company it arises."""
    company = get_object_or_404(Company.objects.visible_to(_user(request), "problems.work"), pk=company_pk)
    at = _source(request, company)
    form = RaiseForm(request.POST or None, company=company, initial={"cause": request.GET.get("cause")})
    if request.method == "POST" and form.is_valid():
        try:
            problem = work.raise_problem(
                actor=_user(request), company=company, today=clock.today(), owner=_user(request), **form.cleaned_data, **at
            )
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, reverse("disputes:problem", args=[problem.pk])), f"{problem.number} is raised")
    context = {"company": company, "form": form, "at": at, "word": Dimension(at["dimension"]).label if at else ""}
    return page(request, "disputes/problem_new.html", context, status=422 if form.errors else 200)


def _source(request: HttpRequest, company: Company) -> dict[str, Any]:
    """The source that the address names, with what it is called; empty for none. A customer must be in sight."""
    dimension, source = request.GET.get("source_by", ""), request.GET.get("source", "")[:120]
    if dimension not in Dimension.values or not source:
        return {}
    label = source
    if dimension == Dimension.CUSTOMER:
        seen = Customer.objects.visible_to(_user(request), "problems.work").filter(company=company)
        label = get_object_or_404(seen, pk=int(source) if source.isascii() and source.isdecimal() and len(source) < 19 else 0).name
    return {"dimension": dimension, "source": source, "source_label": label}


@allowed("disputes.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A problem: what was found, what is done, by whom; its cases and tasks; whether it worked."""
    return _problem_page(request, _problem(request, pk, "disputes.view"))


def _problem_page(request: HttpRequest, problem: Problem, form: ProblemForm | None = None) -> HttpResponse:
    user, today = _user(request), clock.today()
    cases, measures = found_in.cases_of(problem, user), list(problem.measures.order_by("-pk")[:20])
    history = list(Event.objects.filter(subject_type=problem._meta.label_lower, subject_id=problem.pk).order_by("-id")[:50])
    context = tabs(user) | {
        "problem": problem, "today": today, "late": _late(problem, today), "currency": problem.company.base_currency,
        "cases": cases[:CASES], "sums": summed(cases.order_by(), today), "tasks": list(found_in.tasks_of(problem)), "history": history,
        "measures": [(m, *_verdict(m)) for m in measures],
        "measured": shown(measures[0], problem.company.base_currency) if measures else None,
        "verdict": _verdict(measures[0] if measures else None), "files": files_of(user, problem),
        "names": actor_names({e.actor for e in history} | {problem.raised_by}), "next": work.NEXT[problem.state],
        "may_work": user.can("problems.work", problem.company_id) and not user.only_reads, "cases_url": _cases_url(problem),
        "form": form or ProblemForm(initial=ProblemForm.start(problem), company=problem.company),
        "acted_form": ActedForm(initial={"acted_on": today}), "token": getattr(request, "request_id", ""),
        "ask_form": AskProblemForm(
            company=problem.company, auto_id="ask_%s",
            initial={"department": problem.department_id, "due_date": today + timedelta(days=ANSWER_DAYS)},
        ),
    }  # fmt: skip
    return page(request, "disputes/problem.html", context, status=422 if form else 200)


def _cases_url(problem: Problem) -> str:
    """The list of its cases of the last two years."""
    wanted = {"company": problem.company.code, "period": 24, "cause": problem.cause_id}
    source = {"source_by": problem.dimension, "source": problem.source} if problem.dimension else {}
    return f"{reverse('disputes:cause-cases')}?{urlencode(wanted | source)}"


@require_POST
@allowed("problems.work")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down findings, action, owner, department, day."""
    problem = _problem(request, pk, "problems.work")
    form = ProblemForm(request.POST, company=problem.company)
    if form.is_valid():
        try:
            work.change_problem(actor=_user(request), problem=problem, version=version_of(request), **form.cleaned_data)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, _back(request, problem), "Saved")
    return _problem_page(request, problem, form)


@require_POST
@allowed("problems.work")
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Move it on: act, measured from a day on, measure now, close, open again."""
    problem, version, today = _problem(request, pk, "problems.work"), version_of(request), clock.today()
    words: str = request.POST.get("words", "")
    common: dict[str, Any] = {"problem": problem, "version": version}

    def holds(user: Any) -> Any:
        form = ActedForm(request.POST)
        if not form.is_valid():
            raise work.ProblemError("say from which day it holds")
        return work.start_measuring(actor=user, today=today, **common, **form.cleaned_data)

    steps: dict[str, tuple[Callable[[Any], Any], str]] = {
        "act": (lambda user: work.start_acting(actor=user, **common), "Now it is being mended"),
        "hold": (holds, "Now it is measured, once a week"),
        "measure": (lambda user: measure_problem(actor=user, problem=problem, today=today), "Measured"),
        "close": (lambda user: work.close_problem(actor=user, today=today, note=words, **common), f"{problem.number} is closed"),
        "reopen": (lambda user: work.reopen_problem(actor=user, reason=words, **common), f"{problem.number} is open again"),
    }
    if step not in steps:
        return toast(request, _back(request, problem), "there is no such step", tone="bad")
    return _done(request, problem, *steps[step])


@require_POST
@allowed("problems.work")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a department a task about it."""
    problem = _problem(request, pk, "problems.work")
    form = AskProblemForm(request.POST, company=problem.company)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        return toast(request, _back(request, problem), f"Not asked: {field}: {errors[0]}", tone="bad")
    department: Department = form.cleaned_data["department"]
    token = request.POST.get("token", "")
    return _done(
        request, problem,
        lambda user: work.ask_about_problem(actor=user, problem=problem, token=token, today=clock.today(), **form.cleaned_data),
        f"{department.name} is asked",
    )  # fmt: skip


def _done(request: HttpRequest, problem: Problem, do: Callable[[Any], Any], said: str) -> HttpResponse:
    try:
        do(request.user)
    except (Refused, NotAllowed) as refusal:
        return toast(request, _back(request, problem), str(refusal), tone="bad")
    return toast(request, _back(request, problem), said)


def _back(request: HttpRequest, problem: Problem) -> HttpResponse:
    return redirect_htmx(request, reverse("disputes:problem", args=[problem.pk]))


def _problem(request: HttpRequest, pk: int, permission: str) -> Problem:
    found = Problem.objects.visible_to(_user(request), permission).select_related("company", "cause", "owner", "department")
    return get_object_or_404(found, pk=pk)


def _user(request: HttpRequest) -> Any:
    return request.user
