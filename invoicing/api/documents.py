"""Invoices, credit memos and debit memos over the API: the same records, the same service; the address fixes the kind."""

import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.bulk import plain_decimal
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ExternalIdView, ListView
from arops.api.problems import invalid
from arops.api.resources import job_shape
from arops.api.uploads import UploadView, looks_like_json, mode_of, upload_of
from arops.api.views import object_of
from arops.api.writes import WriteView
from arops.lib import clock, money
from invoicing.api import findings
from invoicing.api.drafts import shape_of
from invoicing.models import Draft, Invoice, InvoiceLine
from invoicing.payload import parse_day
from invoicing.services import Outcome, issue_documents
from invoicing.services.importing import import_list
from org.actors import NotAllowed
from org.models import Company
from workflow.doorbell import ring
from workflow.services import store_file
from workflow.services.jobs import create_job


class DocumentRecords(WriteView):
    """Documents in sight. `document_kind` is the one that this address is for; None: invoices, and any kind by its id."""

    permission, write_permission, kind, money = "invoices.view", "invoices.issue", "invoice", True
    document_kind: ClassVar[str | None] = None
    outcomes = ("created", "updated", "unchanged", "held", "rejected")

    def rows(self) -> models.QuerySet[Any]:
        """Documents in sight."""
        found = Invoice.objects.visible_to(self.actor, "invoices.view").select_related("company", "open_item")
        return found.filter(kind=self.document_kind) if self.document_kind else found

    def shape(self, row: Invoice) -> dict[str, Any]:
        """A document as lists show it."""
        amounts = {name: money.to_text(getattr(row, name), row.currency) for name in ("retainage", "subtotal", "tax_total", "total")}
        return {
            "id": public("invoice", row.pk), "source_system": row.source_system, "external_id": row.external_id,
            "source_version": row.source_version, "company": row.company.code, "kind": row.kind, "number": row.number,
            "customer": public("customer", row.customer_id), "currency": row.currency, "document_date": row.document_date.isoformat(),
            "due_date": row.open_item.due_date.isoformat(), "due_date_as_issued": row.due_date.isoformat(),
            "payment_terms": row.payment_terms, "po_number": row.open_item.po_number, "order": row.order_reference,
            "refers_to": public("invoice", row.refers_to_id), "reason": row.reason, "reason_code": row.reason_code,
            "buyer_reference": row.buyer_reference, "cost_code": row.cost_code, "replaces": public("invoice", row.replaces_id), **amounts,
            "open_amount": money.to_text(abs(row.open_item.balance), row.currency), "open_item": public("item", row.open_item_id),
            "issued_at": row.issued_at.isoformat(),
        }  # fmt: skip

    def whole(self, row: Invoice) -> dict[str, Any]:
        """With its lines."""
        return self.shape(row) | {"lines": [_line(line, row.currency) for line in row.lines.order_by("number")]}

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Outcome]:
        """By issue_documents. A person who may not approve credit memos doesn't make them here either; the ERP's key may."""
        credits = self.document_kind == "credit_memo" or any(isinstance(r, Mapping) and r.get("kind") == "credit_memo" for r in rows)
        if credits and self.actor.label.startswith("user:") and not self.actor.can("memos.approve"):
            raise NotAllowed("credit memos are made by those who may approve them (memos.approve)")
        return issue_documents(
            rows, actor=self.actor, source_system=self.source_system, kind=self.document_kind, atomic=atomic, dry_run=dry_run
        )

    def result(self, saved: Any) -> dict[str, Any]:
        """With the draft that a held one became, and what the check found in one that is held or issued with a warning."""
        found = [findings.told(f, saved.currency) for f in saved.found]
        return super().result(saved) | {"draft": public("draft", saved.draft_id), "findings": found}

    def one(self, row: Any) -> Response:
        """As everywhere; one that is held answers 202 with the draft it became."""
        (saved,) = self.save([object_of(row)])
        if saved.outcome != "held":
            return self.answer(saved)
        draft = Draft.objects.select_related("company").get(pk=saved.draft_id)
        return Response(shape_of(draft) | {"document": draft.payload}, status=202)

    def key_of(self, saved: Any) -> int | None:
        """The document's key."""
        key: int | None = saved.invoice_id
        return key

    def total_of(self) -> Callable[[Mapping[str, Any]], Decimal | None]:
        """The document's total."""
        return _total


class Invoices(DocumentRecords, ListView):
    """GET the invoices in sight; POST one."""

    stamp = "issued_at"
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "number": "number", "currency": "currency",
        "po_number": "open_item__po_number", "due_before": "open_item__due_date__lt",
    }  # fmt: skip

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and whether something is open."""
        return super().parameters | {"state"}

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys, days as days."""
        if name == "due_before":
            day = parse_day(value)
            if day is None:
                raise invalid("?due_before", "invalid", "due_before is a day such as 2026-10-31")
            return day
        return private("customer", value) if name == "customer" else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Of the address's kind; also by what is open."""
        state = wanted.get("state", "all")
        if state not in ("open", "closed", "all"):
            raise invalid("?state", "invalid", "state is open, closed or all")
        rows = rows.filter(kind=self.document_kind or "invoice")
        if state != "all":
            rows = rows.filter(open_item__balance=0) if state == "closed" else rows.exclude(open_item__balance=0)
        return super().filtered(rows, wanted)

    @schemas.reads(
        "invoices_list", schemas.page("InvoiceRow"),
        schemas.page_parameters("company", "customer", "number", "currency", "po_number", "due_before", "state"),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of documents of this kind, as they were issued; `updated_since` is about the issue, balances are open-items'."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("invoices_create", schemas.ref("InvoiceIn"), schemas.written("Invoice") | schemas.held(), money=True)
    def post(self, request: Request) -> Response:
        """Issue one document. Issued is issued: another payload under the same id is refused (409), the same one answers 200. One that the
        company's check holds becomes a draft (202), and tells what was found."""
        return self.create(request)


class InvoiceDetail(DocumentRecords, DetailView):
    """One document by our id."""

    @schemas.reads("invoices_get", schemas.found("Invoice"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A document by id, with its lines."""
        return super().get(request, *args, **kwargs)


class InvoiceByExternalId(DocumentRecords, ExternalIdView):
    """One document by the sender's id: GET it, PUT it."""

    @schemas.reads("invoices_by_external_id", schemas.found("Invoice"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A document by the sender's id; name the company when several hold it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("invoices_upsert", schemas.ref("InvoiceIn"), schemas.written("Invoice") | schemas.held())
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Issue the document with this id; the same again answers 200, another payload 409."""
        return self.upsert(request, source, external_id)


class InvoicesBulk(DocumentRecords):
    """Many documents at once."""

    @schemas.writes("invoices_bulk", schemas.bulk("InvoiceIn", total=True), schemas.bulk_answer("DocumentsAnswer"), money=True)
    def post(self, request: Request) -> Response:
        """Issue up to 5,000 documents. Rows that the company's check holds are `held`: kept as drafts, which is no rejection, so that an
        atomic call goes through with the others issued; `findings` say why."""
        return self.many(request)


CALLS: dict[type[DocumentRecords], dict[str, str]] = {
    Invoices: {"get": "list", "post": "create"}, InvoiceDetail: {"get": "get"}, InvoicesBulk: {"post": "bulk"},
    InvoiceByExternalId: {"get": "by_external_id", "put": "upsert"},
}  # fmt: skip


def of_kind(view: type[DocumentRecords], kind: str) -> type[DocumentRecords]:
    """The view for one kind of memo; its calls are told apart in the document."""
    made: type[DocumentRecords] = type(f"{view.__name__}Of{kind}", (view,), {"document_kind": kind, "__doc__": view.__doc__})
    named = {method: extend_schema(operation_id=f"{kind}s_{call}") for method, call in CALLS[view].items()}
    return extend_schema_view(**named)(made)  # type: ignore[no-any-return]


def _total(row: Mapping[str, Any]) -> Decimal | None:
    """What a row says its total is, or what its lines say; None where that can't be read (the row is refused for it anyway)."""
    if row.get("total") is not None:
        return plain_decimal(row["total"])
    lines = row.get("lines")
    parts = (
        [plain_decimal(line.get(n)) for line in lines if isinstance(line, Mapping) for n in ("amount", "tax_amount") if line.get(n)]
        if (isinstance(lines, list))
        else []
    )
    return sum((p for p in parts if p is not None), Decimal(0))


def _line(line: InvoiceLine, currency: str) -> dict[str, Any]:
    return {
        "number": line.number, "sku": line.sku, "description": line.description, "unit": line.unit, "tax_code": line.tax_code,
        "quantity": _plain(line.quantity), "unit_price": _plain(line.unit_price), "amount": money.to_text(line.amount, currency),
        "tax_amount": money.to_text(line.tax_amount, currency), "po_line": line.po_line, "order_line": line.order_line,
        "work_order": line.work_order, "contract": line.contract, "gl_account": line.gl_account,
        "period_from": line.period_from, "period_to": line.period_to, "releases": public("invoice", line.releases_id),
    }  # fmt: skip


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class InvoicesImport(UploadView):
    """Invoices and memos by file, in the background."""

    permission = write_permission = "invoices.import"

    @schemas.writes(
        "imports_invoices",
        schemas.upload(
            mode=schemas.MODE,
            source={"type": "string", "maxLength": 60, "description": "What the list comes from: its columns are mapped as last time."},
            company={"type": "string", "maxLength": 20, "description": "Code of the company, for lists that don't name it."},
        ),
        schemas.accepted(), money=True, media="multipart/form-data",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Issue the documents of a CSV or Excel list (a row a line), or of a JSONL file (a document a line, as in the bulk call).

        Columns are mapped as last time for the same source, else by their headings; a list that can be read in two ways is refused
        with the question. GET /jobs/{id} has a result a document.
        """
        return once(request, self.actor, lambda: self._take(request), needed=True)

    def _take(self, request: Request) -> Response:
        upload = upload_of(request, {"mode", "source", "company"})
        mode, company = mode_of(upload), self._company(upload.fields.get("company", ""))
        if looks_like_json(upload.content):
            self._check_maker()
            stored, _ = store_file(actor=self.actor, name=upload.name, content=upload.content)
            job = create_job(
                actor=self.actor, kind="invoice_rows", slot=f"import:invoices:{secrets.token_hex(16)}", file=stored,
                params={"mode": mode, "source_system": self.source_system},
            )  # fmt: skip
        else:
            job = import_list(
                actor=self.actor, content=upload.content, name=upload.name, source=upload.fields.get("source") or upload.name,
                now=clock.now(), mode=mode, company=company,
            )  # fmt: skip
        ring(job)
        return Response(job_shape(job), status=202)

    def _check_maker(self) -> None:
        """A JSONL file may hold credit memos, which not every person may make."""
        if self.actor.label.startswith("user:") and not self.actor.can("memos.approve"):
            raise NotAllowed("documents as JSON are for systems' keys and for those who may approve memos: send a list")

    def _company(self, code: str) -> Company | None:
        if not code:
            return None
        found: Company | None = Company.objects.visible_to(self.actor, "invoices.import").filter(code=code).first()
        if found is None:
            raise invalid("/company", "missing_reference", f"there is no company {code} that you may issue for")
        return found
