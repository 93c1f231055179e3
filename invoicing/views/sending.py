"""One document on its way: sent, sent again, answered; its e-invoice."""

from typing import Any, Literal, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.files import Kept, download
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from invoicing import selectors
from invoicing.einvoice import EInvoiceRefused
from invoicing.forms.deliveries import AnswerForm, SendForm
from invoicing.models import Dispatch, Invoice
from invoicing.selectors.deliveries import way_of
from invoicing.services.delivering import note_answer
from invoicing.services.einvoices import write_einvoice
from invoicing.services.paper import file_name, invoice_factur_x
from invoicing.services.sending import send_invoice
from org.access import allowed

SAID = {"accepted": "Accepted", "rejected": "Rejected", "delivered": "Delivered", "bounced": "Came back"}

LESSONS = (
    ("purchase order", "po_number"), ("po number", "po_number"), ("cost", "cost_code"), ("sign", "sign_off"), ("lien", "lien_release"),
    ("tax", "no_tax_line"), ("portal", "portal"), ("work order", "one_work_order"), ("consolidat", "consolidated"), ("late", "bill_within"),
    ("attach", "attachment"), ("document", "attachment"), ("line", "line_reference"),
)  # fmt: skip
"""A word in the reason of a rejection → the kind of requirement that it most likely teaches; the person chooses."""


def panel(user: Any, invoice: Invoice) -> dict[str, Any]:
    """What a document's page shows of its way, and what can be done about it."""
    way = way_of(invoice)
    reason = way["delivery"].reason if way["delivery"] else ""
    return way | {
        "channels": Dispatch.Channel.choices, "may_send": user.can("invoices.send", invoice.company_id),
        "after_rejection": _after_rejection(user, invoice, reason),
    }  # fmt: skip


def _after_rejection(user: Any, invoice: Invoice, reason: str) -> list[tuple[str, str]]:
    """What a rejection asks for: learn what the customer wants, bill anew, ask a department. Pages that the person may open."""
    company = invoice.company_id
    offers = (
        ("Bill it again, corrected", "memos.request", address("invoicing:rebill", invoice.pk)),
        ("Remember what this customer wants", "requirements.edit", _learning(invoice, reason)),
        ("Ask a department", "tasks.create", _asking(invoice, reason)),
    )
    return [(label, url) for label, permission, url in offers if url and user.can(permission, company)]


def _learning(invoice: Invoice, reason: str) -> str:
    where = address("customers:requirement-new", invoice.customer_id)
    kind = next((kind for word, kind in LESSONS if word in reason.casefold()), "po_number")
    return f"{where}?{urlencode({'kind': kind, 'learned': invoice.number, 'note': reason})}" if where else ""


def _asking(invoice: Invoice, reason: str) -> str:
    where = address("workflow:task-new")
    said = {"about": "invoicing.invoice", "key": invoice.pk, "title": f"{invoice.number} was rejected", "question": reason}
    return f"{where}?{urlencode(said)}" if where else ""


@require_POST
@allowed("invoices.send")
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a document; `number` is which sending it is, so that a second click sends nothing."""
    user: Any = request.user
    invoice, form = get_object_or_404(selectors.in_sight(user, "invoices.send"), pk=pk), SendForm(request.POST)
    if not form.is_valid():
        return toast(request, _back(request, invoice), "Say how it is to be sent", tone="bad")
    data = form.cleaned_data
    try:
        dispatch = send_invoice(
            actor=user, invoice=invoice, now=clock.now(), today=clock.today(), channel=data["channel"] or None, note=data["note"],
            number=data["number"],
        )  # fmt: skip
    except Refused as error:
        return toast(request, _back(request, invoice), str(error), tone="bad")
    undo = reverse("messaging:cancel", args=[dispatch.message_id]) if dispatch.message_id and user.can("messages.send") else ""
    said = {"print": "Waits for the next print batch", "pull": "Laid out to be taken"}.get(dispatch.channel, "Goes out in ten seconds")
    return toast(request, _back(request, invoice), said, undo_url=undo)


@require_POST
@allowed("invoices.send")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what became of a document."""
    user: Any = request.user
    invoice, form = get_object_or_404(selectors.in_sight(user, "invoices.send"), pk=pk), AnswerForm(request.POST)
    if not form.is_valid():
        reasons = " ".join(str(e) for errors in form.errors.values() for e in errors)
        return toast(request, _back(request, invoice), reasons, tone="bad")
    try:
        note_answer(actor=user, invoice=invoice, now=clock.now(), today=clock.today(), **form.cleaned_data)
    except Refused as error:
        return toast(request, _back(request, invoice), str(error), tone="bad")
    return toast(request, _back(request, invoice), f"{SAID[form.cleaned_data['state']]}: noted")


@allowed("invoices.view")
def as_xml(request: HttpRequest, pk: int, syntax: str) -> HttpResponse:
    """The document as e-invoice: UBL, CII, or a PDF with it inside; what it lacks for that is told field by field."""
    user: Any = request.user
    invoice = get_object_or_404(selectors.in_sight(user), pk=pk)
    if syntax not in ("ubl", "cii", "factur-x"):
        syntax = "ubl"
    try:
        if syntax == "factur-x":
            return download(Kept(file_name(invoice, "factur-x.pdf"), invoice_factur_x(invoice), "application/pdf"))
        xml = write_einvoice(invoice, cast(Literal["ubl", "cii"], syntax)).xml
    except (EInvoiceRefused, pdf.PdfUnavailable) as error:
        faults = error.faults if isinstance(error, EInvoiceRefused) else []
        return page(request, "invoicing/einvoice_refused.html", {"invoice": invoice, "faults": faults, "reason": str(error)}, status=422)
    return download(Kept(file_name(invoice, f"{syntax}.xml"), xml, "application/xml"))


def _back(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    return redirect_htmx(request, reverse("invoicing:detail", args=[invoice.pk]) + "#delivery")
