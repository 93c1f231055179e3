"""Customers and contacts over the API."""

import secrets
from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ExternalIdView, ListView
from arops.api.resources import job_shape
from arops.api.uploads import UploadView, mode_of, upload_of
from arops.api.writes import WriteView
from arops.lib import money
from customers.models import Contact, Customer
from customers.services import Saved, save_contacts, save_customers
from workflow.doorbell import ring
from workflow.services import store_file
from workflow.services.jobs import create_job


class CustomerRecords(WriteView):
    """Customers in sight."""

    permission, write_permission, kind = "customers.view", "customers.edit", "customer"

    def rows(self) -> models.QuerySet[Any]:
        """Customers in sight."""
        return Customer.objects.visible_to(self.actor, "customers.view").select_related("company", "collector")

    def shape(self, row: Customer) -> dict[str, Any]:
        """A customer as the API shows it."""
        limit = None if row.credit_limit is None else money.to_text(row.credit_limit, row.currency)
        return {
            "id": public("customer", row.pk), "source_system": row.source_system, "external_id": row.external_id,
            "source_version": row.source_version, "company": row.company.code, "number": row.number, "name": row.name,
            "parent": public("customer", row.parent_id), "currency": row.currency, "language": row.language, "country": row.country,
            "address": row.address, "tax_id": row.tax_id, "payment_terms": row.payment_terms, "segment": row.segment, "risk": row.risk,
            "sales_representative": row.sales_representative, "delivery": row.delivery, "invoice_email": row.invoice_email,
            "peppol_id": row.peppol_id, "buyer_reference": row.buyer_reference, "tax_code": row.tax_code,
            "is_active": row.is_active, "credit_limit": limit,
            "collector": row.collector.email if row.collector else None, "updated_at": row.updated_at.isoformat(),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_customers."""
        return save_customers(rows, actor=self.actor, source_system=self.source_system, atomic=atomic, dry_run=dry_run)


class Customers(CustomerRecords, ListView):
    """GET the customers in sight; POST one."""

    filters: ClassVar = {"company": "company__code", "number": "number", "collector": "collector__email__iexact", "segment": "segment"}

    @schemas.reads("customers_list", schemas.page("Customer"), schemas.page_parameters("company", "number", "collector", "segment"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of customers."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("customers_create", schemas.ref("CustomerIn"), schemas.written("Customer"))
    def post(self, request: Request) -> Response:
        """Create one customer, or update it where the sender's id (or, without one, the number) is known."""
        return self.create(request)


class CustomerDetail(CustomerRecords, DetailView):
    """One customer by our id."""

    @schemas.reads("customers_get", schemas.found("Customer"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A customer by id."""
        return super().get(request, *args, **kwargs)


class CustomerByExternalId(CustomerRecords, ExternalIdView):
    """One customer by the sender's id: GET it, PUT it."""

    @schemas.reads("customers_by_external_id", schemas.found("Customer"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A customer by the sender's id; name the company when several hold it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("customers_upsert", schemas.ref("CustomerIn"), schemas.written("Customer"))
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Create the customer with this id, or change the fields that are sent."""
        return self.upsert(request, source, external_id)


class CustomersBulk(CustomerRecords):
    """Many customers at once."""

    @schemas.writes("customers_bulk", schemas.bulk("CustomerIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Create or update up to 5,000 customers."""
        return self.many(request)


class ContactRecords(WriteView):
    """Contacts of customers in sight."""

    permission, write_permission, kind = "customers.view", "customers.edit", "contact"

    def rows(self) -> models.QuerySet[Any]:
        """Contacts in sight."""
        return Contact.objects.visible_to(self.actor, "customers.view")

    def shape(self, row: Contact) -> dict[str, Any]:
        """A contact as the API shows it."""
        return {
            "id": public("contact", row.pk), "customer": public("customer", row.customer_id), "source_system": row.source_system,
            "external_id": row.external_id, "source_version": row.source_version, "name": row.name, "role": row.role, "email": row.email,
            "phone": row.phone, "language": row.language, "receives_letters": row.receives_letters, "purposes": row.purposes,
            "takes_mail": row.takes_mail, "takes_calls": row.takes_calls, "is_active": row.is_active,
            "updated_at": row.updated_at.isoformat(),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_contacts."""
        return save_contacts(rows, actor=self.actor, source_system=self.source_system, atomic=atomic, dry_run=dry_run)


class Contacts(ContactRecords, ListView):
    """GET the contacts in sight; POST one."""

    filters: ClassVar = {"customer": "customer_id", "role": "role", "email": "email__iexact"}

    def filter_value(self, name: str, value: str) -> Any:
        """The customer's id as a key."""
        return private("customer", value) if name == "customer" else value

    @schemas.reads("contacts_list", schemas.page("Contact"), schemas.page_parameters("customer", "role", "email"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of contacts."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("contacts_create", schemas.ref("ContactIn"), schemas.written("Contact"))
    def post(self, request: Request) -> Response:
        """Create one contact, or update it where the sender's id is known."""
        return self.create(request)


class ContactDetail(ContactRecords, DetailView):
    """One contact by our id."""

    @schemas.reads("contacts_get", schemas.found("Contact"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A contact by id."""
        return super().get(request, *args, **kwargs)


class ContactByExternalId(ContactRecords, ExternalIdView):
    """One contact by the sender's id: GET it, PUT it."""

    company_code = "customer__company__code"

    @schemas.reads("contacts_by_external_id", schemas.found("Contact"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A contact by the sender's id; name the company when several hold it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("contacts_upsert", schemas.ref("ContactIn"), schemas.written("Contact"))
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Create the contact with this id, or change the fields that are sent."""
        return self.upsert(request, source, external_id)


class ContactsBulk(ContactRecords):
    """Many contacts at once."""

    @schemas.writes("contacts_bulk", schemas.bulk("ContactIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Create or update up to 5,000 contacts."""
        return self.many(request)


class MasterImport(UploadView):
    """Customers or contacts by file, in the background; `resource` is which."""

    permission = write_permission = "customers.edit"
    resource: ClassVar[str] = "customers"
    job: ClassVar[str] = "master_import"

    @schemas.writes("imports_customers", schemas.upload(mode=schemas.MODE), schemas.accepted(), media="multipart/form-data")
    def post(self, request: Request) -> Response:
        """Create or update by a CSV, Excel or JSONL file. Headings are the API's field names; GET /jobs/{id} has a result a row."""
        return once(request, self.actor, lambda: self._take(request), needed=False)

    def _take(self, request: Request) -> Response:
        upload = upload_of(request, {"mode"})
        mode = mode_of(upload)
        stored, _ = store_file(actor=self.actor, name=upload.name, content=upload.content)
        job = create_job(
            actor=self.actor, kind=self.job, slot=f"import:{self.resource}:{secrets.token_hex(16)}", file=stored,
            params={"resource": self.resource, "mode": mode, "source_system": self.source_system},
        )  # fmt: skip
        ring(job)
        return Response(job_shape(job), status=202)


class ContactsImport(MasterImport):
    """Contacts by file."""

    resource = "contacts"

    @schemas.writes("imports_contacts", schemas.upload(mode=schemas.MODE), schemas.accepted(), media="multipart/form-data")
    def post(self, request: Request) -> Response:
        """Create or update contacts by a CSV, Excel or JSONL file, as customers."""
        return super().post(request)
