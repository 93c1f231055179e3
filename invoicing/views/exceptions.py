"""The queue of exceptions: what the check holds, with the reason, the money at stake and who is at it; done with from the list by keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from invoicing.forms.checks import AskFindingForm, OwnerForm, ReasonForm
from invoicing.models import Draft, Finding
from invoicing.selectors import exceptions as found_in
from invoicing.selectors.exceptions import Held, Wanted
from invoicing.services import exceptions as work
from invoicing.services.checking import check_draft
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company, Department, User
from org.selectors import people_with

SHOWN, EXPORTED = 200, 20_000
ANSWER_DAYS = 3
"""Days that a department has for an answer, unless told otherwise."""
FILTERS = ("q", "origin", "rule", "owner", "company")


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """The queue; a view (held, asked, …) and filters narrow it. Also as Excel and CSV."""
    context = _list(request, request.GET.dict())
    if request.GET.get("format"):
        return _export(request, context)
    return page(request, "invoicing/exceptions.html", context, fragment="list")


def wanted_of(query: dict[str, str]) -> Wanted:
    """The query string as a question to the queue."""
    view = query.get("view", "held")
    sort = query.get("sort", "")
    texts = {name: query.get(name, "").replace("\x00", "").strip()[:100] for name in FILTERS}
    return Wanted(
        view if view in dict(found_in.VIEWS) else "held", texts["q"], texts["origin"], texts["rule"], texts["owner"], texts["company"],
        sort if sort.lstrip("-") in found_in.SORTS else "-stake",
    )  # fmt: skip


def _list(request: HttpRequest, query: dict[str, str]) -> dict[str, Any]:
    user, today, wanted = _user(request), clock.today(), wanted_of(query)
    sums = found_in.totals(user, wanted)
    rows = found_in.rows_of(user, wanted, SHOWN)
    narrowed = [n for n in FILTERS if query.get(n)]
    counts = found_in.counts(user)
    return {
        "wanted": wanted, "rows": [_shown(row, today) for row in rows], "sums": sums, "count": sum(n for _, n, _, _ in sums),
        "tabs": [(code, label, counts[code]) for code, label in found_in.VIEWS], "narrowed": narrowed, "today": today,
        "origins": sorted(found_in.ORIGINS.items(), key=lambda pair: pair[1]), "rules": found_in.rules_in_use(user),
        "people": found_in.people(user), "companies": Company.objects.visible_to(user, "invoices.view"),
        "user_can_export": user.can("reports.export"), "head": _table([], query).head(), "query": query,
        "can_set": user.can("checks.edit"), "is_cut": sum(n for _, n, _, _ in sums) > len(rows),
    }  # fmt: skip


def _shown(row: Held, today: Any) -> dict[str, Any]:
    return {
        "it": row, "label": found_in.rule_label(row.first.rule) if row.first else "", "pk": row.document.pk, "days": row.days(today),
        "url": address_of(row), "peek": reverse("invoicing:exception-peek", args=[row.document.pk]) if row.is_draft else address_of(row),
    }  # fmt: skip


def address_of(row: Held) -> str:
    """Where the document is looked into."""
    return reverse("invoicing:exception" if row.is_draft else "invoicing:investigate", args=[row.document.pk])


def _export(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    user, wanted = _user(request), context["wanted"]
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows = found_in.rows_of(user, wanted, EXPORTED)
    narrowed = {name: context["query"][name] for name in context["narrowed"]}
    cover = Cover("Exceptions", user.name, clock.today(), {"view": dict(found_in.VIEWS)[wanted.view]} | narrowed)
    return export_response(request, _table(rows, context["query"]), cover) or HttpResponse(status=422)


def _table(rows: list[Held], query: dict[str, str]) -> Table:
    """The queue's columns, for its head and for files."""
    today = clock.today()
    columns = [
        Column("number", "Document", lambda r: r.document.number or f"draft {r.document.pk}", sort="number", pin=True),
        Column("customer", "Customer", lambda r: r.document.customer.name, sort="customer"),
        Column("customer_number", "Customer number", lambda r: r.document.customer.number),
        Column("company", "Company", lambda r: r.document.company.code),
        Column("reason", "Reason", lambda r: r.words, grow=True),
        Column("findings", "Findings", lambda r: len(r.findings), kind="num"),
        Column("origin", "Began in", lambda r: ", ".join(r.origins)),
        Column("stake", "At stake", lambda r: r.at_stake, kind="money", sort="stake", total=True),
        Column("total", "Total", lambda r: r.document.total, kind="money", sort="total", total=True),
        Column("age", "Days", lambda r: r.days(today), kind="num", sort="age"),
        Column("owner", "Owner", lambda r: r.owner.name if r.owner else ""),
        Column("asked", "Asked", lambda r: f"{r.task.department or ''} {r.task.get_state_display()}".strip() if r.task else ""),
    ]
    return Table(columns, rows, currency=lambda r: r.document.currency, sort=query.get("sort", "-stake"), query=query)


@allowed("invoices.view")
def peek(request: HttpRequest, pk: int) -> HttpResponse:
    """The side panel of the queue: why it is held, and what can be done at once."""
    draft = exception_in_sight(request, pk)
    findings = found_in.standing(Finding.objects.filter(draft=draft))
    first = next((f for f in findings if f.state == Finding.State.OPEN), findings[0] if findings else None)
    context = {"draft": draft, "findings": findings, "first": first, "today": clock.today(), "of_queue": True, **may(request, draft)}
    if first:
        context |= asking(first, draft.company)
    return page(request, "invoicing/exception_peek.html", context, fragment="body")


def asking(finding: Finding, company: Company) -> dict[str, Any]:
    """What the forms beside a finding begin with."""
    departments = list(Department.objects.filter(company=company))
    likely = work.likely_department(finding, departments)
    initial = {
        "department": likely.code if likely else "", "question": work.question_about(finding),
        "due_date": clock.today() + timedelta(days=ANSWER_DAYS),
    }  # fmt: skip
    return {
        "ask_form": AskFindingForm(initial=initial, departments=departments, auto_id=f"ask-{finding.pk}-%s"),
        "reason_form": ReasonForm(auto_id=f"why-{finding.pk}-%s"), "departments": departments,
    }  # fmt: skip


def may(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What the person may do with an exception."""
    user, company = _user(request), draft.company_id
    live = draft.state in (Draft.State.DRAFT, Draft.State.HELD, Draft.State.CLEAR)
    issues, made = user.can("invoices.issue", company), user.label in {draft.created_by, *draft.makers}
    return {
        "is_live": live, "may_work": live and issues, "may_override": live and user.can("checks.override", company) and not made,
        "is_maker": made, "may_ask": live and user.can("tasks.create", company), "may_issue": draft.state == Draft.State.CLEAR and issues,
        "may_assign": live and user.can("work.assign", company), "is_mine": draft.owner_id == user.pk,
    }  # fmt: skip


def exception_in_sight(request: HttpRequest, pk: int, permission: str = "invoices.view") -> Draft:
    """The draft, where the person sees it. Raises 404."""
    user = _user(request)
    found = Draft.objects.visible_to(user, permission).select_related("company", "customer", "owner", "invoice")
    draft: Draft = get_object_or_404(found, pk=pk)
    return draft


def act(request: HttpRequest, draft: Draft, do: Callable[[Any], str]) -> HttpResponse:
    """Do something and answer: to the queue with the queue drawn anew, else with the document's page. What refuses it is said there."""
    try:
        said, tone = do(_user(request)), "ok"
    except (Refused, NotAllowed) as refusal:
        said, tone = str(refusal), "bad"
    if request.POST.get("then") == "queue" and getattr(request, "htmx", False):
        response = page(request, "invoicing/exceptions.html", _list(request, _current(request)) | {"oob": True}, fragment="list")
        response["HX-Retarget"], response["HX-Reswap"] = "#list", "innerHTML"
        return toast(request, response, said, tone=tone)
    to_queue = request.POST.get("then") == "queue"
    back = reverse("invoicing:exceptions") if to_queue else reverse("invoicing:exception", args=[draft.pk])
    return toast(request, redirect_htmx(request, back), said, tone=tone)


def _current(request: HttpRequest) -> dict[str, str]:
    """The query of the page on which a button was pressed."""
    try:
        asked = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return {}
    return {name: values[-1].replace("\x00", "") for name, values in parse_qs(asked.query).items()}


@require_POST
@allowed("invoices.issue")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """It is mine; pressed again, nobody's."""
    draft = exception_in_sight(request, pk, "invoices.issue")

    def do(user: User) -> str:
        work.assign_exception(actor=user, draft=draft, owner=user)
        return f"{draft} is yours"

    return act(request, draft, do)


@require_POST
@allowed("work.assign")
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to somebody."""
    draft = exception_in_sight(request, pk, "work.assign")
    form = OwnerForm(request.POST, people=workers(draft.company))

    def do(user: User) -> str:
        if not form.is_valid():
            raise work.ExceptionRefused("choose somebody who works on exceptions")
        owner = form.cleaned_data["owner"]
        work.assign_exception(actor=user, draft=draft, owner=owner)
        return f"{draft} is {owner.name}’s" if owner else f"{draft} is nobody’s"

    return act(request, draft, do)


def workers(company: Company) -> Any:
    """People with a role in the company that works on exceptions."""
    return people_with([company.pk], "invoices.issue", "checks.override")


@require_POST
@allowed("invoices.issue")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check it once more."""
    draft = exception_in_sight(request, pk, "invoices.issue")

    def do(user: User) -> str:
        checked = check_draft(actor=user, draft=draft, today=clock.today())
        return f"{draft} is ready to issue" if checked.state == Draft.State.CLEAR else f"{draft} is still held"

    return act(request, draft, do)


@require_POST
@allowed("checks.override")
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it pass in spite of what was found: one finding (`finding`), or all that block it."""
    draft = exception_in_sight(request, pk, "checks.override")

    def do(user: User) -> str:
        open_ones = draft.findings.open()
        chosen = request.POST.get("finding", "")
        findings = list(open_ones.filter(pk=int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else open_ones.filter(severity="block"))
        done = work.override_findings(actor=user, draft=draft, findings=findings, reason=request.POST.get("reason", ""))
        return f"Overridden: {draft} is ready to issue" if done.state == Draft.State.CLEAR else "Overridden: something else still holds it"

    return act(request, draft, do)


@require_POST
@allowed("tasks.create")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a department about a finding."""
    user = _user(request)
    found: Any = Finding.objects.visible_to(user, "tasks.create").select_related("draft__company", "invoice", "company")
    finding: Finding = get_object_or_404(found.filter(draft__isnull=False), pk=pk)
    draft = exception_in_sight(request, finding.draft_id or 0, "tasks.create")
    form = AskFindingForm(request.POST, departments=list(Department.objects.filter(company=finding.company)))

    def do(user: User) -> str:
        if not form.is_valid():
            raise work.ExceptionRefused("; ".join(f"{form.fields[name].label}: {e[0]}" for name, e in form.errors.items()))
        task = work.ask_department(actor=user, finding=finding, today=clock.today(), **form.cleaned_data)
        return f"{task.department} is asked, by {task.due_date}"

    return act(request, draft, do)


def _user(request: HttpRequest) -> Any:
    return request.user
