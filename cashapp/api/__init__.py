"""Receipts, bank accounts and bank files over the API."""

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
from arops.api.lists import DetailView, ExternalIdView, ListView, RecordView
from arops.api.problems import ApiProblem, invalid
from arops.api.resources import job_shape
from arops.api.uploads import UploadView, upload_of
from arops.api.writes import WriteView
from arops.lib import money
from cashapp.models import BankAccount, Receipt
from cashapp.services.receiving import Received, receive_rows
from workflow.doorbell import ring
from workflow.models import Job
from workflow.services import store_file
from workflow.services.jobs import create_job, retry_job


class AccountRecords(RecordView):
    """Our accounts at banks, in sight."""

    permission, kind = "cash.view", "bank_account"

    def rows(self) -> models.QuerySet[Any]:
        """Accounts in sight."""
        return BankAccount.objects.visible_to(self.actor, "cash.view").select_related("company")

    def shape(self, row: BankAccount) -> dict[str, Any]:
        """An account as the API shows it."""
        return {
            "id": public("bank_account", row.pk), "company": row.company.code, "name": row.name, "currency": row.currency,
            "identifiers": row.identifiers, "is_active": row.is_active,
        }  # fmt: skip


class BankAccounts(AccountRecords, ListView):
    """The accounts."""

    stamp = ""
    filters: ClassVar = {"company": "company__code", "currency": "currency"}

    @schemas.reads("bank_accounts_list", schemas.page("BankAccount"), schemas.page_parameters("company", "currency", updated_since=False))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of bank accounts."""
        return super().get(request, *args, **kwargs)


class BankAccountDetail(AccountRecords, DetailView):
    """One account."""

    @schemas.reads("bank_accounts_get", schemas.found("BankAccount"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A bank account by id."""
        return super().get(request, *args, **kwargs)


class ReceiptRecords(WriteView):
    """Receipts in sight."""

    permission, write_permission, kind, money = "cash.view", "cash.import", "receipt", True

    def rows(self) -> models.QuerySet[Any]:
        """Receipts in sight."""
        return Receipt.objects.visible_to(self.actor, "cash.view").select_related("company", "open_item")

    def shape(self, row: Receipt) -> dict[str, Any]:
        """A receipt as the API shows it."""
        return {
            "id": public("receipt", row.pk), "source_system": row.source_system, "external_id": row.external_id,
            "company": row.company.code, "bank_account": public("bank_account", row.bank_account_id), "number": row.number,
            "amount": money.to_text(row.amount, row.currency), "currency": row.currency, "value_date": row.value_date.isoformat(),
            "customer": public("customer", row.customer_id), "payer_name": row.payer_name, "payer_account": row.payer_account,
            "payer_bank": row.payer_bank, "text": row.text, "channel": row.channel,
            "structured": [_part(part, row.currency) for part in row.structured],
            "unapplied": money.to_text(row.unapplied, row.currency), "state": row.state, "open_item": public("item", row.open_item_id),
            "created_at": row.created_at.isoformat(),
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Received]:
        """By receive_rows."""
        return receive_rows(rows, actor=self.actor, source_system=self.source_system, atomic=atomic, dry_run=dry_run)

    def total_of(self) -> Callable[[Mapping[str, Any]], Decimal | None]:
        """The receipt's amount."""
        return _amount


def _amount(row: Mapping[str, Any]) -> Decimal | None:
    return plain_decimal(row.get("amount"))


def _part(part: Mapping[str, Any], currency: str) -> dict[str, Any]:
    amounts = {name: None if part.get(name) is None else money.to_text(part[name], currency) for name in ("amount", "discount")}
    return {"number": part.get("number", ""), **amounts}


class Receipts(ReceiptRecords, ListView):
    """GET the receipts in sight; POST one."""

    stamp = "created_at"
    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "number": "number", "currency": "currency"}

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and whether something is left to apply."""
        return super().parameters | {"state"}

    def filter_value(self, name: str, value: str) -> Any:
        """The customer's id as a key."""
        return private("customer", value) if name == "customer" else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Also by what is left of them."""
        state = wanted.get("state", "all")
        if state not in ("open", "closed", "all"):
            raise invalid("?state", "invalid", "state is open, closed or all")
        if state != "all":
            rows = rows.filter(open_item__balance=0) if state == "closed" else rows.exclude(open_item__balance=0)
        return super().filtered(rows, wanted)

    @schemas.reads("receipts_list", schemas.page("Receipt"), schemas.page_parameters("company", "customer", "number", "currency", "state"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of receipts, as they came; `updated_since` is about their coming."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("receipts_create", schemas.ref("ReceiptIn"), schemas.written("Receipt"), money=True)
    def post(self, request: Request) -> Response:
        """Record one receipt that no bank file brings. It is in the books at once, and matched in the engine's next run."""
        return self.create(request)


class ReceiptDetail(ReceiptRecords, DetailView):
    """One receipt by our id."""

    @schemas.reads("receipts_get", schemas.found("Receipt"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A receipt by id."""
        return super().get(request, *args, **kwargs)


class ReceiptByExternalId(ReceiptRecords, ExternalIdView):
    """One receipt by the sender's id: GET it, PUT it."""

    @schemas.reads("receipts_by_external_id", schemas.found("Receipt"), schemas.parameters("company"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A receipt by the sender's id; name the company when several hold it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("receipts_upsert", schemas.ref("ReceiptIn"), schemas.written("Receipt"))
    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Record the receipt with this id; the same again answers 200, another payload 409."""
        return self.upsert(request, source, external_id)


class ReceiptsBulk(ReceiptRecords):
    """Many receipts at once."""

    @schemas.writes("receipts_bulk", schemas.bulk("ReceiptIn", total=True), schemas.bulk_answer(), money=True)
    def post(self, request: Request) -> Response:
        """Record up to 5,000 receipts."""
        return self.many(request)


class BankFiles(UploadView):
    """Bank files in, in the background."""

    permission = write_permission = "cash.import"
    of_company = True

    @schemas.writes(
        "bank_files_create",
        schemas.upload(bank_account={"type": "string", "description": "Id or name, for lists that don't name their account."}),
        schemas.accepted(), money=True, media="multipart/form-data",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Import a bank file (BAI2, lockbox, MT940, camt.053/.054, OFX, CSV, Excel) whole, or refuse it whole, and match what it brings.

        The format is told from the content. GET /jobs/{id} says what came of it; the same file again changes nothing.
        """
        return once(request, self.actor, lambda: self._take(request), needed=True)

    def _take(self, request: Request) -> Response:
        upload = upload_of(request, {"bank_account"})
        account = self._account(upload.fields.get("bank_account", ""))
        stored, _ = store_file(actor=self.actor, name=upload.name, content=upload.content)
        chosen = account.pk if account else None
        slot = f"bank_file:{self.actor.label}:{chosen or ''}:{hashlib.sha256(upload.content).hexdigest()[:32]}"
        job = create_job(
            actor=self.actor, kind="bank_file", slot=slot, company=account.company if account else None, file=stored,
            params={"bank_account": chosen, "name": upload.name},
        )  # fmt: skip
        if job.state in (Job.State.FAILED, Job.State.CANCELLED):
            job = retry_job(actor=self.actor, job=job)  # what was refused may have been mended: an account set up, a gap filled
        ring(job)
        return Response(job_shape(job), status=202)

    def _account(self, said: str) -> BankAccount | None:
        if not said:
            return None
        mine = BankAccount.objects.visible_to(self.actor, "cash.import").filter(is_active=True).select_related("company")
        found = [a for a in mine if said in (a.name, f"bnk_{a.pk}")]
        if len(found) != 1:
            raise ApiProblem(
                422, "missing_reference", f"{said} is no bank account of yours, or the name of several",
                [{"pointer": "/bank_account", "code": "missing_reference", "detail": "give the id of a bank account"}],
            )  # fmt: skip
        return found[0]
