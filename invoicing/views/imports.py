"""Import of invoices from a list: bring it, map its columns, see what is wrong, check all of it, confirm, read what came of it."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.reading.shown import refused_rows, steps
from arops.lib.refusal import InputRefused
from arops.lib.sheets import Cover, to_xlsx, workbook_response
from arops.lib.tables import Column, Table
from invoicing.forms import ConfirmForm, MappingForm, UploadForm
from invoicing.models import InvoiceImport
from invoicing.readers.fields import FIELDS
from invoicing.services import importing
from invoicing.services.previewing import preview
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.doorbell import ring
from workflow.models import Job
from workflow.services.jobs import JobError, retry_job

RECENT, REFUSED = 20, 100
_ENDED = (Job.State.FAILED, Job.State.CANCELLED)


def _companies(user: Any) -> Any:
    return Company.objects.visible_to(user, "invoices.import")


@allowed("invoices.import")
def start(request: HttpRequest) -> HttpResponse:
    """Bring a list; below, those brought lately."""
    user: Any = request.user
    form = UploadForm(request.POST or None, request.FILES or None, companies=_companies(user))
    if request.method == "POST" and form.is_valid():
        file, data = form.cleaned_data["file"], form.cleaned_data
        try:
            found = importing.start_import(
                actor=user, content=file.read(), name=file.name, source=data["source"], company=data["company"]
            )  # fmt: skip
        except InputRefused as refusal:
            form.add_error("file", str(refusal))
        except NotAllowed as refusal:
            form.add_error("company", str(refusal))
        else:
            return redirect_htmx(request, reverse("invoicing:import-detail", args=[found.pk]))
    mine: Any = InvoiceImport.objects.visible_to(user).defer("table", "outcomes", "held")
    recent = list(mine.order_by("-pk")[:RECENT])
    sources = sorted({found.source for found in recent}, key=str.casefold)
    context = {"form": form, "recent": recent, "sources": sources}
    return page(request, "invoicing/import_start.html", context, status=422 if request.method == "POST" else 200)


def _mine(request: HttpRequest, pk: int) -> InvoiceImport:
    user: Any = request.user
    found: InvoiceImport = get_object_or_404(InvoiceImport.objects.visible_to(user).select_related("company", "job", "file"), pk=pk)
    return found


@allowed("invoices.import")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The list where it stands: mapping and preview, the check's findings, progress, or what came of it. A POST maps it anew."""
    found = _mine(request, pk)
    if request.method == "POST":
        return _map(request, found)
    return _show(request, found)


def _map(request: HttpRequest, found: InvoiceImport) -> HttpResponse:
    form = _mapping_form(request, found, request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    try:
        importing.set_mapping(actor=_user(request), found=found, mapping=form.mapping())
    except (importing.ImportRefused, NotAllowed) as refusal:
        return toast(request, redirect("invoicing:import-detail", pk=found.pk), str(refusal), tone="bad")
    return redirect("invoicing:import-detail", pk=found.pk)


def _user(request: HttpRequest) -> Any:
    return request.user


def _mapping_form(request: HttpRequest, found: InvoiceImport, data: Any = None) -> MappingForm:
    headings = importing.table_of(found).headings
    mapping = importing.mapping_of(found)
    codes = list(_companies(_user(request)).values_list("code", flat=True))
    return MappingForm(data, headings=headings, companies=codes, initial=MappingForm.start(mapping, headings))


def _show(request: HttpRequest, found: InvoiceImport, form: MappingForm | None = None) -> HttpResponse:
    if "progress" in request.GET and found.state not in ("checking", "running"):
        return redirect_htmx(request, reverse("invoicing:import-detail", args=[found.pk]))
    context: dict[str, Any] = {
        "found": found, "job": found.job, "earlier": importing.earlier_import(found), "refused": _refused(found),
        "held": _held(found), "is_held_cut": len(found.held) > REFUSED, "is_refused_cut": len(found.outcomes) > REFUSED,
        "job_url": address("workflow:job", found.job_id) if found.job_id else "",
        "steps": steps(found.state),
        "stuck": found.job is not None and found.state in ("checking", "running") and found.job.state in _ENDED,
    }  # fmt: skip
    if found.state in ("mapping", "checked") or (found.state == "checking" and context["stuck"]):
        form = form or _mapping_form(request, found)
        view = preview(actor=_user(request), found=found)
        asked = {q.field: q.text for q in view.questions}
        context |= {"form": form, "view": view, "asked": asked, "confirm": ConfirmForm(initial={"mode": found.mode})}
    if "progress" in request.GET:
        return page(request, "invoicing/import_detail.html", context, fragment="progress")
    return page(request, "invoicing/import_detail.html", context, status=422 if form is not None and form.errors else 200)


def _refused(found: InvoiceImport) -> list[dict[str, Any]]:
    """Refused documents with the lines and columns that are to blame, for the page."""
    if not found.outcomes:
        return []
    table, columns = importing.table_of(found), importing.mapping_of(found).columns
    told = []
    for outcome in found.outcomes[:REFUSED]:
        problems = [
            {"line": table.rows[p["row"]].line, "column": columns.get(p["field"]) or (FIELDS[p["field"]].label if p["field"] else ""),
             "detail": p["detail"]}
            for p in outcome["problems"]
        ]  # fmt: skip
        told.append({"number": outcome["number"], "line": table.rows[outcome["rows"][0]].line, "problems": problems})
    return told


def _held(found: InvoiceImport) -> list[dict[str, Any]]:
    """Documents that the check holds, or would hold, with the lines they stand in."""
    if not found.held:
        return []
    table = importing.table_of(found)
    return [{**row, "line": table.rows[row["row"]].line} for row in found.held[:REFUSED]]


Step = Callable[[HttpRequest, InvoiceImport], str]


def _do(request: HttpRequest, pk: int, step: Step) -> HttpResponse:
    """Take a step and go back to the list's page; what refuses it is said there."""
    found = _mine(request, pk)
    response = redirect("invoicing:import-detail", pk=found.pk)
    try:
        said = step(request, found)
    except (importing.ImportRefused, JobError, NotAllowed) as refusal:
        return toast(request, response, str(refusal), tone="bad")
    return toast(request, response, said) if said else response


@require_POST
@allowed("invoices.import")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Try all rows as the form maps them: at once, or a long list in the background."""

    def step(request: HttpRequest, found: InvoiceImport) -> str:
        form = _mapping_form(request, found, request.POST) if "column_0" in request.POST else None
        if form and not form.is_valid():
            raise importing.ImportRefused("; ".join(str(e[0]) for e in form.errors.values()))
        if form and form.mapping() != importing.mapping_of(found):
            found = importing.set_mapping(actor=_user(request), found=found, mapping=form.mapping())
        if found.rows <= importing.SMALL:
            importing.check_import(actor=_user(request), found=found)
            return ""
        ring(importing.request_check(actor=_user(request), found=found))
        return "The list is being checked"

    return _do(request, pk, step)


@require_POST
@allowed("invoices.import")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it imported."""

    def step(request: HttpRequest, found: InvoiceImport) -> str:
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            raise importing.ImportRefused("say whether it is all or nothing, or row by row")
        ring(importing.confirm_import(actor=_user(request), found=found, mode=form.cleaned_data["mode"], now=clock.now()))
        return ""

    return _do(request, pk, step)


@require_POST
@allowed("invoices.import")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the work begin anew after it failed."""

    def step(request: HttpRequest, found: InvoiceImport) -> str:
        if found.job is None:
            raise importing.ImportRefused("there is no work to repeat")
        ring(retry_job(actor=_user(request), job=found.job))
        return "Once more"

    return _do(request, pk, step)


@require_POST
@allowed("invoices.import")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it aside."""
    found = _mine(request, pk)
    response = redirect("invoicing:import")
    try:
        importing.cancel_import(actor=_user(request), found=found)
    except (importing.ImportRefused, NotAllowed) as refusal:
        return toast(request, redirect("invoicing:import-detail", pk=pk), str(refusal), tone="bad")
    return toast(request, response, f"{found.name} put aside; nothing was issued")


@allowed("invoices.import")
def rejected(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows as a workbook: the list's own columns and what was wrong, to be corrected and brought again."""
    found = _mine(request, pk)
    table = importing.table_of(found)
    problems: dict[int, list[str]] = {}
    for outcome in found.outcomes:
        for row in outcome["rows"]:
            problems.setdefault(table.rows[row].line, [])
        for problem in outcome["problems"]:
            problems[table.rows[problem["row"]].line].append(problem["detail"])
    cover = Cover(f"Refused rows of {found.name}", _user(request).name, clock.today())
    return workbook_response(to_xlsx(refused_rows(table, problems), cover), f"refused-{found.pk}")


@allowed("invoices.import")
def template(request: HttpRequest) -> HttpResponse:
    """An empty workbook with every column that is read, and one example."""
    example = {
        "number": "INV-1001", "kind": "invoice", "customer": "C-100", "document_date": clock.today(), "payment_terms": "net 30",
        "currency": "EUR", "po_number": "PO-55", "line_number": 1, "description": "Field service, hours", "quantity": 2, "unit": "HUR",
        "unit_price": 150, "amount": 300, "tax_amount": 57,
    }  # fmt: skip
    columns = [Column(f.name, f.label, itemgetter(f.name), kind="date" if f.kind == "day" else "num") for f in FIELDS.values()]
    rows = [{name: example.get(name, "") for name in FIELDS}]
    cover = Cover("Invoices to import", _user(request).name, clock.today())
    return workbook_response(to_xlsx(Table(columns, rows), cover), "invoices-to-import")
