"""Customers' papers and rules, exemption certificates, tax rates over the API."""

from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private, public
from arops.api.lists import DetailView, ExternalIdView, ListView
from arops.api.writes import WriteView
from arops.lib import clock, money
from customers.api.master import MasterImport
from customers.models import BillingRequirement, CustomerDocument, TaxRate
from customers.selectors import stands
from customers.services import Saved
from customers.services.documents import save_documents
from customers.services.requirements import save_requirements
from customers.services.taxes import save_tax_rates

_PAPER_FILTERS = schemas.page_parameters(
    "company", "customer", kind=(schemas.ANY, "Such as w9."), state=(schemas.ANY, "Such as requested.")
)


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


class DocumentRecords(WriteView):
    """Papers of customers in sight."""

    permission, write_permission, kind = "customers.view", "documents.edit", "document"
    only: ClassVar[str] = ""
    """The one kind of paper that the resource holds; empty: all."""

    def rows(self) -> models.QuerySet[Any]:
        """Papers in sight."""
        found = CustomerDocument.objects.visible_to(self.actor, "customers.view").select_related("company", "customer")
        return found.filter(kind=self.only) if self.only else found

    def shape(self, row: CustomerDocument) -> dict[str, Any]:
        """A paper as the API shows it; `standing` is how it stands today."""
        currency = row.customer.currency
        return {
            "id": public("document", row.pk), "source_system": row.source_system, "external_id": row.external_id,
            "source_version": row.source_version, "company": row.company.code, "customer": public("customer", row.customer_id),
            "kind": row.kind, "state": row.state, "standing": stands(row, clock.today()).code, "waits_for": row.waits_for,
            "jurisdiction": row.jurisdiction, "contract_number": row.contract_number, "invoice_number": row.invoice_number,
            "through_date": _day(row.through_date), "amount": None if row.amount is None else money.to_text(row.amount, currency),
            "currency": currency, "reference": row.reference, "requested_on": _day(row.requested_on), "received_on": _day(row.received_on),
            "valid_from": _day(row.valid_from), "expires_on": _day(row.expires_on), "note": row.note,
            "updated_at": row.updated_at.isoformat(),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_documents."""
        wanted = [{**row, "kind": self.only} if self.only and isinstance(row, dict) and "kind" not in row else row for row in rows]
        return save_documents(
            wanted, actor=self.actor, source_system=self.source_system, today=clock.today(), atomic=atomic, dry_run=dry_run
        )


class Documents(DocumentRecords, ListView):
    """GET the papers in sight; POST one."""

    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "kind": "kind", "state": "state"}

    def filter_value(self, name: str, value: str) -> Any:
        """The customer's id as a key."""
        return private("customer", value) if name == "customer" else value

    @schemas.reads("customer_documents_list", schemas.page("CustomerDocument"), _PAPER_FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of papers: W-9, certificates, lien releases and the like."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("customer_documents_create", schemas.ref("CustomerDocumentIn"), schemas.written("CustomerDocument"))
    def post(self, request: Request) -> Response:
        """Record one paper, or change it where the sender's id is known."""
        return self.create(request)


class DocumentDetail(DocumentRecords, DetailView):
    """One paper by our id."""

    @schemas.reads("customer_documents_get", schemas.found("CustomerDocument"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A paper by id."""
        return super().get(request, *args, **kwargs)


class DocumentByExternalId(DocumentRecords, ExternalIdView):
    """One paper by the sender's id: GET it, PUT it."""

    @schemas.reads("customer_documents_by_external_id", schemas.found("CustomerDocument"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A paper by the sender's id; name the company when several hold it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("customer_documents_upsert", schemas.ref("CustomerDocumentIn"), schemas.written("CustomerDocument"))
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Record the paper with this id, or change the fields that are sent."""
        return self.upsert(request, source, external_id)


class DocumentsBulk(DocumentRecords):
    """Many papers at once."""

    @schemas.writes("customer_documents_bulk", schemas.bulk("CustomerDocumentIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Record or change up to 5,000 papers."""
        return self.many(request)


class Certificates(Documents):
    """GET the exemption certificates in sight; POST one."""

    only = "exemption"
    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "state": "state"}

    @schemas.reads(
        "tax_certificates_list", schemas.page("CustomerDocument"),
        schemas.page_parameters("company", "customer", state=(schemas.ANY, "Such as received.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of exemption certificates."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("tax_certificates_create", schemas.ref("TaxCertificateIn"), schemas.written("CustomerDocument"))
    def post(self, request: Request) -> Response:
        """Record one certificate, or change it where the sender's id is known."""
        return super().post(request)


class CertificateDetail(DocumentDetail):
    """One certificate by our id."""

    only = "exemption"

    @schemas.reads("tax_certificates_get", schemas.found("CustomerDocument"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A certificate by id."""
        return super().get(request, *args, **kwargs)


class CertificateByExternalId(DocumentByExternalId):
    """One certificate by the sender's id."""

    only = "exemption"

    @schemas.reads("tax_certificates_by_external_id", schemas.found("CustomerDocument"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A certificate by the sender's id."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("tax_certificates_upsert", schemas.ref("TaxCertificateIn"), schemas.written("CustomerDocument"))
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Record the certificate with this id, or change the fields that are sent."""
        return super().put(request, source, external_id)


class CertificatesBulk(DocumentsBulk):
    """Many certificates at once."""

    only = "exemption"

    @schemas.writes("tax_certificates_bulk", schemas.bulk("TaxCertificateIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Record or change up to 5,000 certificates."""
        return super().post(request)


class RequirementRecords(WriteView):
    """Rules of customers in sight about their invoices."""

    permission, write_permission, kind = "customers.view", "requirements.edit", "requirement"

    def rows(self) -> models.QuerySet[Any]:
        """Rules in sight, all versions."""
        return BillingRequirement.objects.visible_to(self.actor, "customers.view").select_related("company")

    def shape(self, row: BillingRequirement) -> dict[str, Any]:
        """A version of a rule as the API shows it."""
        return {
            "id": public("requirement", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id),
            "kind": row.kind, "params": row.params, "version": row.version, "replaces": public("requirement", row.replaces_id),
            "valid_from": _day(row.valid_from), "valid_to": _day(row.valid_to), "learned_from": row.learned_from, "note": row.note,
            "updated_at": row.updated_at.isoformat(),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_requirements."""
        return save_requirements(
            rows, actor=self.actor, source_system=self.source_system, today=clock.today(), atomic=atomic, dry_run=dry_run
        )


class Requirements(RequirementRecords, ListView):
    """GET the rules in sight; POST one."""

    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "kind": "kind"}

    def filter_value(self, name: str, value: str) -> Any:
        """The customer's id as a key."""
        return private("customer", value) if name == "customer" else value

    @schemas.reads(
        "billing_requirements_list", schemas.page("BillingRequirement"),
        schemas.page_parameters("company", "customer", kind=(schemas.ANY, "Such as po_number.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of rules, every version of them."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("billing_requirements_create", schemas.ref("BillingRequirementIn"), schemas.written("BillingRequirement"))
    def post(self, request: Request) -> Response:
        """Begin a rule; with other params make a new version of it; with `valid_to` end it."""
        return self.create(request)


class RequirementDetail(RequirementRecords, DetailView):
    """One version of a rule by our id."""

    @schemas.reads("billing_requirements_get", schemas.found("BillingRequirement"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A version of a rule by id."""
        return super().get(request, *args, **kwargs)


class RequirementsBulk(RequirementRecords):
    """Many rules at once."""

    @schemas.writes("billing_requirements_bulk", schemas.bulk("BillingRequirementIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Begin, change or end up to 5,000 rules."""
        return self.many(request)


class TaxRateRecords(WriteView):
    """Tax rates of companies in sight."""

    permission, write_permission, kind = "rates.view", "taxes.edit", "tax_rate"
    of_company = True

    def rows(self) -> models.QuerySet[Any]:
        """Rates in sight."""
        return TaxRate.objects.visible_to(self.actor, "rates.view").select_related("company")

    def shape(self, row: TaxRate) -> dict[str, Any]:
        """A rate as the API shows it."""
        return {
            "id": public("tax_rate", row.pk), "company": row.company.code, "code": row.code, "name": row.name,
            "jurisdiction": row.jurisdiction, "percent": f"{row.percent:f}", "category": row.category, "valid_from": _day(row.valid_from),
            "valid_to": _day(row.valid_to), "updated_at": row.updated_at.isoformat(),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_tax_rates."""
        return save_tax_rates(rows, actor=self.actor, atomic=atomic, dry_run=dry_run)


class TaxRates(TaxRateRecords, ListView):
    """GET the rates in sight; POST one."""

    filters: ClassVar = {"company": "company__code", "code": "code", "jurisdiction": "jurisdiction"}

    @schemas.reads(
        "tax_rates_list", schemas.page("TaxRate"),
        schemas.page_parameters("company", code=(schemas.ANY, "As invoices name it."), jurisdiction=(schemas.ANY, "Such as US-TX-DAL.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of rates, past and to come included."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("tax_rates_create", schemas.ref("TaxRateIn"), schemas.written("TaxRate"))
    def post(self, request: Request) -> Response:
        """Set a rate from a day on. One that is there is never edited; `valid_to` ends it."""
        return self.create(request)


class TaxRateDetail(TaxRateRecords, DetailView):
    """One rate by our id."""

    @schemas.reads("tax_rates_get", schemas.found("TaxRate"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A rate by id."""
        return super().get(request, *args, **kwargs)


class TaxRatesBulk(TaxRateRecords):
    """Many rates at once."""

    @schemas.writes("tax_rates_bulk", schemas.bulk("TaxRateIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Set up to 5,000 rates."""
        return self.many(request)


class DocumentsImport(MasterImport):
    """Papers by file."""

    permission = write_permission = "documents.edit"
    resource, job = "customer-documents", "paper_import"

    @schemas.writes("imports_customer_documents", schemas.upload(mode=schemas.MODE), schemas.accepted(), media="multipart/form-data")
    def post(self, request: Request) -> Response:
        """Record or change papers by a CSV, Excel or JSONL file, as customers."""
        return super().post(request)


class TaxRatesImport(MasterImport):
    """Tax rates by file."""

    permission = write_permission = "taxes.edit"
    of_company = True
    resource, job = "tax-rates", "tax_import"

    @schemas.writes("imports_tax_rates", schemas.upload(mode=schemas.MODE), schemas.accepted(), media="multipart/form-data")
    def post(self, request: Request) -> Response:
        """Set tax rates by a CSV, Excel or JSONL file, as customers."""
        return super().post(request)
