"""Remittance advices over the API: read, sent one by one and many at once, and as files."""

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.bulk import plain_decimal
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ExternalIdView, ListView
from arops.api.problems import ApiProblem, invalid
from arops.api.resources import job_shape
from arops.api.uploads import UploadView, upload_of
from arops.api.writes import WriteView
from arops.lib import money
from cashapp.models import Receipt, Remittance, RemittanceJoin, RemittanceLine
from cashapp.selectors.remittances import VIEWS, of_view
from cashapp.services.remittances.receiving import Received, receive_remittances
from org.models import Company
from workflow.doorbell import ring
from workflow.models import Job
from workflow.services import store_file
from workflow.services.jobs import create_job, retry_job

AMOUNTS = ("gross", "discount", "adjustment", "paid")
TEXTS = ("reference", "kind", "po_number", "code", "text")


class RemittanceRecords(WriteView):
    """Advices in sight."""

    permission, write_permission, kind = "cash.view", "cash.import", "remittance"

    def rows(self) -> models.QuerySet[Any]:
        """Advices in sight with their standing joins to receipts in sight."""
        receipts = Receipt.objects.visible_to(self.actor, "cash.view").order_by().values("pk")
        joins = RemittanceJoin.objects.filter(ended_at=None, receipt__in=receipts).order_by("pk")
        shown = models.Prefetch("joins", queryset=joins, to_attr="shown_joins")
        return Remittance.objects.visible_to(self.actor, "cash.view").select_related("company").prefetch_related(shown)

    def shape(self, row: Remittance) -> dict[str, Any]:
        """An advice as lists show it."""
        return {
            "id": public("remittance", row.pk), "source_system": row.source_system, "external_id": row.external_id,
            "company": row.company.code, "number": row.number, "source": row.source, "format": row.format,
            "customer": public("customer", row.customer_id), "payer_name": row.payer_name, "payer_account": row.payer_account,
            "currency": row.currency, "total": _amount(row.total, row.currency),
            "payment_date": row.payment_date.isoformat() if row.payment_date else None, "trace": row.trace, "reference": row.reference,
            "text": row.text, "notes": row.notes, "set_aside": row.set_aside,
            "receipts": [public("receipt", join.receipt_id) for join in row.shown_joins],  # type: ignore[attr-defined]
            "created_at": row.created_at.isoformat(),
        }  # fmt: skip

    def whole(self, row: Remittance) -> dict[str, Any]:
        """With its lines."""
        lines: models.QuerySet[RemittanceLine] = row.lines.all()  # type: ignore[attr-defined]
        return self.shape(row) | {"lines": [_line(line, row.currency) for line in lines]}

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Received]:
        """By receive_remittances."""
        return receive_remittances(rows, actor=self.actor, source_system=self.source_system, atomic=atomic, dry_run=dry_run)

    def total_of(self) -> Callable[[Mapping[str, Any]], Decimal | None]:
        """What it says was paid."""
        return lambda row: plain_decimal(row.get("total"))


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else money.to_text(minor, currency)


def _line(line: RemittanceLine, currency: str) -> dict[str, Any]:
    return {n: getattr(line, n) for n in TEXTS} | {n: _amount(getattr(line, n), currency) for n in AMOUNTS}


class Remittances(RemittanceRecords, ListView):
    """GET the advices in sight; POST one."""

    stamp = "created_at"
    filters: ClassVar = {
        "company": "company__code",
        "customer": "customer_id",
        "number": "number",
        "currency": "currency",
        "trace": "trace",
    }

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and what it waits for."""
        return super().parameters | {"view"}

    def filter_value(self, name: str, value: str) -> Any:
        """The customer's id as a key."""
        return private("customer", value) if name == "customer" else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Also by view, as the page has them."""
        view = wanted.get("view", "all")
        if view not in dict(VIEWS):
            raise invalid("?view", "invalid", f"view is one of {', '.join(dict(VIEWS))}")
        return super().filtered(of_view(rows, view), wanted)

    @schemas.reads(
        "remittances_list", schemas.page("RemittanceRow"),
        schemas.page_parameters("company", "customer", "number", "currency", "trace", "view"),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of remittance advices, as they came; `updated_since` is about their coming."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("remittances_create", schemas.ref("AdviceIn"), schemas.written("Remittance"))
    def post(self, request: Request) -> Response:
        """Take one advice in. It moves no money; it is joined to its receipt in the engine's next run, in whichever order the two come."""
        return self.create(request)


class RemittanceDetail(RemittanceRecords, DetailView):
    """One advice by our id."""

    @schemas.reads("remittances_get", schemas.found("Remittance"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A remittance advice with its lines."""
        return super().get(request, *args, **kwargs)


class RemittanceByExternalId(RemittanceRecords, ExternalIdView):
    """One advice by the sender's id: GET it, PUT it."""

    @schemas.reads("remittances_by_external_id", schemas.found("Remittance"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A remittance advice by the sender's id; name the company when several hold it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("remittances_upsert", schemas.ref("AdviceIn"), schemas.written("Remittance"))
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Take the advice with this id in; the same again answers 200, another payload 409."""
        return self.upsert(request, source, external_id)


class RemittancesBulk(RemittanceRecords):
    """Many advices at once."""

    @schemas.writes("remittances_bulk", schemas.bulk("AdviceIn", total=True), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Take up to 5,000 advices in."""
        return self.many(request)


class RemittanceFiles(UploadView):
    """Files of advices in, in the background."""

    permission = write_permission = "cash.import"
    of_company = True

    @schemas.writes(
        "remittance_files_create",
        schemas.upload(company={"type": "string", "description": "Its code; may be left out where the key has one company."}),
        schemas.accepted(), media="multipart/form-data",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Take a file of advices in (X12 820, EDIFACT REMADV, NACHA, remt.001, Excel, CSV, PDF), whole or not at all.

        The format is told from the content. GET /jobs/{id} says what came of it; what was sent before, under any name, changes nothing.
        """
        return once(request, self.actor, lambda: self._take(request), needed=False)

    def _take(self, request: Request) -> Response:
        upload = upload_of(request, {"company"})
        company = self._company(upload.fields.get("company", ""))
        stored, _ = store_file(actor=self.actor, name=upload.name, content=upload.content)
        slot = f"remittance_files:{self.actor.label}:{company.pk}:{hashlib.sha256(upload.content).hexdigest()[:32]}"
        params = {"files": [[stored.pk, upload.name]], "source": "api"}
        job = create_job(actor=self.actor, kind="remittance_files", slot=slot, company=company, file=stored, params=params)
        if job.state in (Job.State.FAILED, Job.State.CANCELLED):
            job = retry_job(actor=self.actor, job=job)  # what was refused may have been mended: a layout saved
        ring(job)
        return Response(job_shape(job), status=202)

    def _company(self, said: str) -> Company:
        mine = list(Company.objects.visible_to(self.actor, "cash.import").order_by("code"))
        found = [c for c in mine if said in ("", c.code)]
        if len(found) != 1:
            detail = f"{said} is no company that you may take advices in for" if said else "name the company by its code"
            raise ApiProblem(
                422, "missing_reference", detail, [{"pointer": "/company", "code": "missing_reference", "detail": detail}]
            )  # fmt: skip
        return found[0]
