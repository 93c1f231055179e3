"""Import of a list of records: bring it, map its columns, see what is wrong, check all of it, confirm, read what came of it."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.reading.shown import refused_rows, steps
from arops.lib.refusal import InputRefused
from arops.lib.sheets import Cover, to_xlsx, workbook_response
from arops.lib.tables import Column, Table
from orders.forms.lists import ConfirmForm, MappingForm, UploadForm
from orders.models import ListImport
from orders.selectors.listing import KINDS
from orders.services import lists
from orders.services.columns import columns
from orders.services.previewing import preview
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.doorbell import ring
from workflow.models import Job
from workflow.services.jobs import JobError, retry_job

RECENT, REFUSED = 20, 100
_ENDED = (Job.State.FAILED, Job.State.CANCELLED)


def _user(request: HttpRequest) -> Any:
    return request.user


def _companies(user: Any) -> Any:
    return Company.objects.visible_to(user, "orders.edit")


@allowed("orders.edit")
def start(request: HttpRequest, kind: str) -> HttpResponse:
    """Bring a list of a kind; below, those brought lately."""
    if kind not in KINDS:
        raise Http404("no such kind")
    user = _user(request)
    form = UploadForm(request.POST or None, request.FILES or None, companies=_companies(user))
    if request.method == "POST" and form.is_valid():
        file, data = form.cleaned_data["file"], form.cleaned_data
        try:
            found = lists.start_list(
                actor=user, kind=kind, content=file.read(), name=file.name, source=data["source"], company=data["company"]
            )  # fmt: skip
        except InputRefused as refusal:
            form.add_error("file", str(refusal))
        except NotAllowed as refusal:
            form.add_error("company", str(refusal))
        else:
            return redirect_htmx(request, reverse("orders:list-import", args=[found.pk]))
    recent = list(ListImport.objects.visible_to(user).filter(kind=kind).defer("table", "outcomes").order_by("-pk")[:RECENT])
    sources = sorted({found.source for found in recent}, key=str.casefold)
    context = {
        "form": form, "recent": recent, "sources": sources, "kind": KINDS[kind], "list_url": reverse(f"orders:{kind}"),
        "template_url": reverse("orders:import-template", args=[kind]),
    }  # fmt: skip
    return page(request, "orders/import_start.html", context, status=422 if request.method == "POST" else 200)


def _mine(request: HttpRequest, pk: int) -> ListImport:
    rows: Any = ListImport.objects.visible_to(_user(request)).select_related("company", "job", "file")
    found: ListImport = get_object_or_404(rows, pk=pk)
    return found


@allowed("orders.edit")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The list where it stands: mapping and preview, the check's findings, progress, or what came of it. A POST maps it anew."""
    found = _mine(request, pk)
    if request.method != "POST":
        return _show(request, found)
    form = _mapping_form(request, found, request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    response = redirect("orders:list-import", pk=found.pk)
    try:
        lists.set_list_mapping(actor=_user(request), found=found, mapping=form.mapping())
    except (lists.ListRefused, NotAllowed) as refusal:
        return toast(request, response, str(refusal), tone="bad")
    return response


def _mapping_form(request: HttpRequest, found: ListImport, data: Any = None) -> MappingForm:
    headings, mapping = lists.table_of(found).headings, lists.mapping_of(found)
    codes = list(_companies(_user(request)).values_list("code", flat=True))
    return MappingForm(data, kind=found.kind, headings=headings, companies=codes, initial=MappingForm.start(mapping, headings))


def _show(request: HttpRequest, found: ListImport, form: MappingForm | None = None) -> HttpResponse:
    own = reverse("orders:list-import", args=[found.pk])
    if "progress" in request.GET and found.state not in ("checking", "running"):
        return redirect_htmx(request, own)
    stuck = found.job is not None and found.state in ("checking", "running") and found.job.state in _ENDED
    context: dict[str, Any] = {
        "found": found, "job": found.job, "refused": _refused(found), "is_refused_cut": len(found.outcomes) > REFUSED, "stuck": stuck,
        "job_url": address("workflow:job", found.job_id) if found.job_id else "", "steps": steps(found.state), "kind": KINDS[found.kind],
        "list_url": reverse(f"orders:{found.kind}"), "again_url": reverse(f"orders:{found.kind}-import"), "own_url": own,
    }  # fmt: skip
    if found.state in ("mapping", "checked") or stuck:
        form = form or _mapping_form(request, found)
        view = preview(actor=_user(request), found=found)
        context |= {"form": form, "view": view, "asked": {q.field: q.text for q in view.questions}}
    fragment = "progress" if "progress" in request.GET else None
    return page(request, "orders/import_detail.html", context, fragment=fragment, status=422 if form is not None and form.errors else 200)


def _refused(found: ListImport) -> list[dict[str, Any]]:
    """Refused records with the lines and columns that are to blame, for the page."""
    if not found.outcomes:
        return []
    mapped, known = lists.mapping_of(found).columns, columns(found.kind)
    told = []
    for outcome in found.outcomes[:REFUSED]:
        problems = [
            p | {"column": mapped.get(p["field"]) or (known[p["field"]].label if p["field"] in known else "")} for p in outcome["problems"]
        ]
        told.append({"number": outcome["number"], "line": outcome["lines"][0], "problems": problems})
    return told


Step = Callable[[HttpRequest, ListImport], str]


def _do(request: HttpRequest, pk: int, step: Step) -> HttpResponse:
    """Take a step and go back to the list's page; what refuses it is said there."""
    found = _mine(request, pk)
    response = redirect("orders:list-import", pk=found.pk)
    try:
        said = step(request, found)
    except (lists.ListRefused, JobError, NotAllowed) as refusal:
        return toast(request, response, str(refusal), tone="bad")
    return toast(request, response, said) if said else response


@require_POST
@allowed("orders.edit")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Try all rows as the form maps them: at once, or a long list in the background."""

    def step(request: HttpRequest, found: ListImport) -> str:
        form = _mapping_form(request, found, request.POST) if "column_0" in request.POST else None
        if form and not form.is_valid():
            raise lists.ListRefused("; ".join(str(e[0]) for e in form.errors.values()))
        if form and form.mapping() != lists.mapping_of(found):
            found = lists.set_list_mapping(actor=_user(request), found=found, mapping=form.mapping())
        if found.state not in ("mapping", "checked"):
            raise lists.ListRefused(f"this list is {found.get_state_display()}")
        if found.rows <= lists.SMALL:
            lists.check_list(actor=_user(request), found=found)
            return ""
        ring(lists.request_check(actor=_user(request), found=found))
        return "The list is being checked"

    return _do(request, pk, step)


@require_POST
@allowed("orders.edit")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it imported."""

    def step(request: HttpRequest, found: ListImport) -> str:
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            raise lists.ListRefused("say whether it is all or nothing, or record by record")
        ring(lists.confirm_list(actor=_user(request), found=found, mode=form.cleaned_data["mode"], now=clock.now()))
        return ""

    return _do(request, pk, step)


@require_POST
@allowed("orders.edit")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the work begin anew after it failed."""

    def step(request: HttpRequest, found: ListImport) -> str:
        if found.job is None:
            raise lists.ListRefused("there is no work to repeat")
        ring(retry_job(actor=_user(request), job=found.job))
        return "Once more"

    return _do(request, pk, step)


@require_POST
@allowed("orders.edit")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it aside."""
    found = _mine(request, pk)
    try:
        lists.cancel_list(actor=_user(request), found=found)
    except (lists.ListRefused, NotAllowed) as refusal:
        return toast(request, redirect("orders:list-import", pk=pk), str(refusal), tone="bad")
    return toast(request, redirect(f"orders:{found.kind}-import"), f"{found.name} put aside; nothing was kept")


@allowed("orders.edit")
def rejected(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of refused records as a workbook: the list's own columns and what was wrong, to be corrected and brought again."""
    found = _mine(request, pk)
    table = lists.table_of(found)
    problems: dict[int, list[str]] = {}
    for outcome in found.outcomes:
        for line in outcome["lines"]:
            problems.setdefault(line, [])
        for problem in outcome["problems"]:
            problems.setdefault(problem["line"], []).append(problem["detail"])
    cover = Cover(f"Refused rows of {found.name}", _user(request).name, clock.today())
    return workbook_response(to_xlsx(refused_rows(table, problems), cover), f"refused-{found.pk}")


_EXAMPLE: dict[str, Any] = {
    "customer": "C-100", "currency": "EUR", "title": "Upkeep of pumps", "payment_terms": "net 30", "line_number": 1, "line_sku": "HOUR",
    "line_description": "Field service", "line_quantity": 8, "line_unit": "HUR", "line_unit_price": 120, "version_number": 1,
    "price_sku": "HOUR", "price_unit": "HUR", "price_unit_price": 120, "line_order_line": 1, "line_kind": "hours", "kind": "repair",
}  # fmt: skip
_NUMBERS = {"contracts": "C-2001", "purchase-orders": "4500012345", "orders": "SO-1001", "deliveries": "DN-1001", "work-orders": "WO-1001"}


@allowed("orders.edit")
def template(request: HttpRequest, records: str) -> HttpResponse:
    """An empty workbook with every column that is read, and one example."""
    kind = records
    if kind not in KINDS:
        raise Http404("no such kind")
    user, today = _user(request), clock.today()
    company = _companies(user).values_list("code", flat=True).first()
    example = _EXAMPLE | {"number": _NUMBERS[kind], "company": company, "order": "SO-1001", "version_valid_from": today}
    example |= dict.fromkeys(("issued_on", "ordered_on", "shipped_on", "signed_on"), today)
    known = columns(kind)
    spec = [Column(name, c.label, _value(name), kind="date" if c.sort == "day" else "num") for name, c in known.items()]
    cover = Cover(f"{KINDS[kind].label} to import", user.name, today)
    return workbook_response(to_xlsx(Table(spec, [{name: example.get(name, "") for name in known}]), cover), f"{kind}-to-import")


def _value(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row[name]
