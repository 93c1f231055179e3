"""A document's files over the API, and what became of it: told by whoever knows, read by whoever asks."""

from typing import Any, ClassVar, Literal, cast

from django.db import models
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import RecordView
from arops.api.problems import ApiProblem, invalid
from arops.api.render import iso
from arops.api.schemas.parts import one_of
from arops.api.views import object_of
from arops.lib import clock, pdf
from arops.lib.files import Kept, download
from customers.models import Customer
from invoicing.einvoice import EInvoiceRefused
from invoicing.models import DeliveryEvent, Invoice
from invoicing.payload import parse_day
from invoicing.services.delivering import ANSWERS, note_answer
from invoicing.services.einvoices import write_einvoice
from invoicing.services.paper import file_name, invoice_factur_x, invoice_pdf
from invoicing.services.sending import note_taken


class _File(BaseRenderer):
    """For callers that ask for the file's own type: the view makes the bytes itself."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Nothing to be done."""
        return bytes(data or b"")


class _Pdf(_File):
    media_type, format = "application/pdf", "pdf"


class _Xml(_File):
    media_type, format = "application/xml", "xml"


class OfInvoice(RecordView):
    """What belongs to one document in sight."""

    permission, kind = "invoices.view", "invoice"

    def rows(self) -> models.QuerySet[Any]:
        """Documents in sight."""
        found: Any = Invoice.objects.visible_to(self.actor, "invoices.view")
        return found.select_related("company", "customer", "open_item", "refers_to", "replaces")  # type: ignore[no-any-return]

    def document(self, public_id: str) -> Invoice:
        """The document. Raises Http404."""
        row: Invoice | None = self.rows().filter(pk=private("invoice", public_id)).first()
        if row is None:
            raise Http404
        return row

    def taken(self, invoice: Invoice) -> None:
        """A key fetched it: the customer's system has it, where that is how the customer wants its documents."""
        if invoice.customer.delivery == Customer.DeliveryBy.PULL and self.actor.label.startswith("key:"):
            note_taken(actor=self.actor, invoice=invoice, now=clock.now(), today=clock.today())


class InvoicePdf(OfInvoice):
    """A document's PDF."""

    parameters: ClassVar = frozenset({"form"})

    def get_renderers(self) -> list[BaseRenderer]:
        """The file, or a problem in JSON."""
        return [_Pdf(), *super().get_renderers()]

    @schemas.reads(
        "invoices_pdf", {(200, "application/pdf"): OpenApiResponse({"type": "string", "format": "binary"}, "The PDF.")},
        schemas.parameters(form=(one_of("plain", "factur-x"), "factur-x: PDF/A-3 with the e-invoice (CII) inside.")),
    )  # fmt: skip
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """The document as PDF. Of a customer whose documents are taken over the API, fetching it marks it as delivered."""
        invoice, form = self.document(public_id), request.query_params.get("form", "plain")
        if form not in ("plain", "factur-x"):
            raise invalid("?form", "invalid", "form is plain or factur-x")
        try:
            made = invoice_pdf(invoice) if form == "plain" else invoice_factur_x(invoice)
        except pdf.PdfUnavailable as error:
            raise ApiProblem(503, "pdf_unavailable", str(error)) from None
        except EInvoiceRefused as error:
            raise _refused(error) from None
        self.taken(invoice)
        return download(Kept(file_name(invoice, "pdf"), made, "application/pdf"))


class InvoiceXml(OfInvoice):
    """A document as e-invoice."""

    parameters: ClassVar = frozenset({"syntax"})

    def get_renderers(self) -> list[BaseRenderer]:
        """The file, or a problem in JSON."""
        return [_Xml(), *super().get_renderers()]

    @schemas.reads(
        "invoices_xml", {(200, "application/xml"): OpenApiResponse({"type": "string"}, "The e-invoice.")},
        schemas.parameters(syntax=(one_of("ubl", "cii"), "UBL 2.1 (the default) or UN/CEFACT CII, as in Factur-X.")),
    )  # fmt: skip
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """The document in EN 16931, valid by schema and rules; what it lacks for that is a 422 that names the fields to mend."""
        invoice, syntax = self.document(public_id), request.query_params.get("syntax", "ubl")
        if syntax not in ("ubl", "cii"):
            raise invalid("?syntax", "invalid", "syntax is ubl or cii")
        try:
            written = write_einvoice(invoice, cast(Literal["ubl", "cii"], syntax))
        except EInvoiceRefused as error:
            raise _refused(error) from None
        self.taken(invoice)
        return download(Kept(file_name(invoice, "xml"), written.xml, "application/xml"))


def _refused(error: EInvoiceRefused) -> ApiProblem:
    errors = [{"pointer": "", "code": fault.field, "detail": fault.words} for fault in error.faults]
    return ApiProblem(422, "einvoice_refused", str(error), errors)


class DeliveryEvents(OfInvoice):
    """What happened to a document on its way."""

    write_permission = "invoices.send"

    def _answer(self, invoice: Invoice, status: int = 200) -> Response:
        delivery = getattr(invoice, "delivery", None)
        events = invoice.delivery_events.select_related("dispatch").order_by("pk")
        return Response(
            {
                "invoice": public("invoice", invoice.pk), "state": delivery.state if delivery else "issued",
                "reason": delivery.reason if delivery else "", "expected_by": iso(delivery and delivery.expected_by),
                "accepted_on": iso(delivery and delivery.accepted_on), "rejected_on": iso(delivery and delivery.rejected_on),
                "events": [_event(event) for event in events],
            },
            status=status,
        )  # fmt: skip

    @schemas.reads("delivery_events_list", schemas.found("Delivery"))
    def get(self, request: Request, public_id: str) -> Response:
        """Where a document stands on its way to the customer, and everything that happened to it, in order."""
        return self._answer(self.document(public_id))

    @schemas.writes("delivery_events_create", schemas.ref("DeliveryEventIn"), schemas.found("Delivery"))
    def post(self, request: Request, public_id: str) -> Response:
        """Say what became of a document: delivered, bounced, accepted, or rejected with its reason. The same again changes nothing."""
        return once(request, self.actor, lambda: self._take(request, public_id), needed=False)

    def _take(self, request: Request, public_id: str) -> Response:
        invoice, body = self.document(public_id), object_of(request.data)
        if not self.actor.can("invoices.send", invoice.company_id):
            raise Http404
        if unknown := sorted(body.keys() - {"state", "day", "reason"}):
            raise invalid(f"/{unknown[0]}", "unknown_field", f"{unknown[0]} is not a field of this call")
        state, reason = body.get("state"), body.get("reason") or ""
        if state not in ANSWERS:
            raise invalid("/state", "invalid", f"state is one of {', '.join(ANSWERS)}")
        if not isinstance(reason, str) or "\x00" in reason or len(reason) > 300:
            raise invalid("/reason", "invalid", "reason is text of at most 300 characters")
        day = clock.today() if body.get("day") is None else parse_day(body["day"])
        if day is None:
            raise invalid("/day", "invalid", "day is a day such as 2026-10-31")
        note_answer(actor=self.actor, invoice=invoice, state=state, day=day, now=clock.now(), today=clock.today(), reason=reason)
        return self._answer(self.document(public_id))


def _event(event: DeliveryEvent) -> dict[str, Any]:
    return {
        "state": event.state, "day": event.day.isoformat(), "reason": event.reason,
        "channel": event.dispatch.channel if event.dispatch else None, "at": event.at.isoformat(),
    }  # fmt: skip
