"""Papers and tax rates by list in the browser: the file becomes a job, whose page tells the outcome of every row."""

import csv
import io
import secrets
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib.http import page, redirect_htmx
from customers.forms import ListForm
from customers.services import documents, taxes
from org.access import allowed
from workflow.doorbell import ring
from workflow.services import store_file
from workflow.services.jobs import create_job


@dataclass(frozen=True, slots=True)
class _List:
    """A kind of list: its name in the API, its title, the job that takes it, its headings, an example row, where it leads back to."""

    resource: str
    title: str
    job: str
    headings: tuple[str, ...]
    needed: tuple[str, ...]
    example: dict[str, str]
    back: str


DOCUMENTS = _List(
    "customer-documents", "Import papers", "paper_import", ("company", "customer", *documents.FIELDS, "amount"), ("customer", "kind"),
    {"company": "US01", "customer": "K-100", "kind": "insurance", "state": "sent", "reference": "POL-1", "received_on": "2026-09-15",
     "expires_on": "2027-08-31"}, "customers:documents",
)  # fmt: skip
TAX_RATES = _List(
    "tax-rates", "Import tax rates", "tax_import", ("company", *taxes.FIELDS), ("company", "code", "jurisdiction", "percent", "valid_from"),
    {"company": "US01", "code": "TX-DAL", "name": "Texas, Dallas", "jurisdiction": "US-TX-DAL", "percent": "8.25", "category": "S",
     "valid_from": "2026-01-01"}, "customers:tax-rates",
)  # fmt: skip


@allowed("documents.edit")
def papers(request: HttpRequest) -> HttpResponse:
    """A list of papers: their data, not the files."""
    return _take(request, DOCUMENTS)


@allowed("taxes.edit")
def rates(request: HttpRequest) -> HttpResponse:
    """A list of tax rates."""
    return _take(request, TAX_RATES)


def _take(request: HttpRequest, wanted: _List) -> HttpResponse:
    user: Any = request.user
    if request.GET.get("format") == "csv":
        return _template(wanted)
    form = ListForm(request.POST, request.FILES) if request.method == "POST" else ListForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        stored, _ = store_file(actor=user, name=file.name, content=file.read())
        params = {"resource": wanted.resource, "mode": "atomic" if form.cleaned_data["atomic"] else "partial", "source_system": "arops"}
        slot = f"import:{wanted.resource}:{secrets.token_hex(16)}"
        job = create_job(actor=user, kind=wanted.job, slot=slot, file=stored, params=params)
        ring(job)
        return redirect_htmx(request, reverse("workflow:job", args=[job.pk]))
    context = {"form": form, "list": wanted, "back": reverse(wanted.back)}
    return page(request, "customers/import.html", context, status=422 if form.errors else 200)


def _template(wanted: _List) -> HttpResponse:
    """The headings with an example row, to fill in."""
    out = io.StringIO()
    writer = csv.DictWriter(out, wanted.headings)
    writer.writeheader()
    writer.writerow(wanted.example)
    response = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{wanted.resource}.csv"'
    return response
