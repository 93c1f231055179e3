"""Print batches: what was gathered to be printed and mailed together."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from invoicing.forms.deliveries import MailedForm
from invoicing.models import Invoice, PrintBatch
from invoicing.selectors.deliveries import to_print
from invoicing.services.printing import mark_mailed
from org.access import allowed
from org.selectors import actor_names
from workflow.models import Job

SHOWN = 200


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """The batches, latest first, and how much waits for the next."""
    user = _user(request)
    found: Any = PrintBatch.objects.visible_to(user, "invoices.view").select_related("company").defer("pdf__content", "manifest__content")
    rows = list(found.prefetch_related("dispatches")[:SHOWN])
    context = {
        "rows": rows, "names": actor_names({row.created_by for row in rows}), "may_send": user.can("invoices.send"),
        "to_print": to_print(user).count() if user.can("invoices.send") else 0,
    }  # fmt: skip
    return page(request, "invoicing/batches.html", context)


@allowed("invoices.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A batch: its documents, its files, whether it was mailed."""
    user, batch = _user(request), _batch(request, pk)
    dispatches: Any = batch.dispatches.select_related("invoice__customer").order_by("pk")
    rows = list(dispatches.filter(invoice__in=_invoices_in_sight(user)))
    context = {
        "batch": batch, "rows": rows, "form": MailedForm(initial={"mailed_on": clock.today()}), "today": clock.today(),
        "job": Job.objects.filter(slot=f"print:{batch.pk}").first(), "names": actor_names({batch.created_by, batch.mailed_by} - {""}),
        "may_send": user.can("invoices.send", batch.company_id) and _whole(user, batch, "invoices.send"),
        "may_take": _whole(user, batch, "invoices.view"), "sums": _sums(rows),
    }  # fmt: skip
    return page(request, "invoicing/batch.html", context)


def _invoices_in_sight(user: Any) -> Any:
    found: Any = Invoice.objects.visible_to(user, "invoices.view")
    return found.values("pk")


def _sums(rows: list[Any]) -> list[tuple[str, int, int]]:
    sums: dict[str, list[int]] = {}
    for row in rows:
        entry = sums.setdefault(row.invoice.currency, [0, 0])
        entry[0], entry[1] = entry[0] + 1, entry[1] + row.invoice.total
    return [(currency, n, total) for currency, (n, total) in sorted(sums.items())]


@allowed("invoices.view")
def file(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """The batch's PDF or manifest, for those who see all of the company: it holds everybody's documents."""
    batch = _batch(request, pk)
    kept = {"pdf": batch.pdf, "manifest": batch.manifest}.get(what)
    if kept is None or not _whole(_user(request), batch, "invoices.view"):
        raise Http404
    return download(kept)


def _whole(user: Any, batch: PrintBatch, permission: str) -> bool:
    """Whether all of the batch is the person's: they gathered it, or see the whole company."""
    reach = user.reach(permission)
    return reach.everything or batch.company_id in reach.companies or batch.created_by == user.label


@require_POST
@allowed("invoices.send")
def mailed(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch went into the post."""
    user, form = _user(request), MailedForm(request.POST)
    batch = get_object_or_404(PrintBatch.objects.visible_to(user, "invoices.send"), pk=pk)
    if not _whole(user, batch, "invoices.send"):
        raise Http404
    back = redirect_htmx(request, reverse("invoicing:batch", args=[batch.pk]))
    if not form.is_valid():
        return toast(request, back, "Say on which day it was mailed", tone="bad")
    try:
        mark_mailed(actor=user, batch=batch, mailed_on=form.cleaned_data["mailed_on"], now=clock.now(), today=clock.today())
    except Refused as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, f"{batch.number} is mailed: its documents count as sent")


def _batch(request: HttpRequest, pk: int) -> PrintBatch:
    found: PrintBatch = get_object_or_404(PrintBatch.objects.visible_to(_user(request), "invoices.view").select_related("company"), pk=pk)
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
