"""Drafts over the API: what is on its way and what the check found in it, so that the system that pushed it can tell its people why."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Prefetch
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import invalid
from arops.api.views import object_of
from arops.lib import clock, money
from invoicing.api import findings
from invoicing.models import Draft, Finding
from invoicing.services.checking import check_draft


class DraftRecords(RecordView):
    """Drafts in sight."""

    permission, kind = "invoices.view", "draft"

    def rows(self) -> models.QuerySet[Any]:
        """Drafts in sight."""
        known: Any = Finding.objects.exclude(state=Finding.State.FIXED).order_by("pk")
        seen: Any = Draft.objects.visible_to(self.actor, "invoices.view").select_related("company")
        return seen.prefetch_related(Prefetch("findings", known, to_attr="standing"))  # type: ignore[no-any-return]

    def shape(self, row: Draft) -> dict[str, Any]:
        """A draft with what stands against it."""
        return shape_of(row)

    def whole(self, row: Draft) -> dict[str, Any]:
        """With what was sent, as it would be issued."""
        return shape_of(row) | {"document": row.payload}


def shape_of(row: Draft) -> dict[str, Any]:
    """A draft as the API tells it; its findings those that stand, whether open or decided."""
    return {
        "id": public("draft", row.pk), "source_system": row.source_system, "external_id": row.external_id, "company": row.company.code,
        "customer": public("customer", row.customer_id), "kind": row.kind, "number": row.number, "currency": row.currency,
        "document_date": row.document_date.isoformat(), "total": money.to_text(row.total, row.currency), "state": row.state,
        "origin": row.origin, "at_stake": money.to_text(row.at_stake, row.currency),
        "held_since": row.held_since.isoformat() if row.held_since else None, "invoice": public("invoice", row.invoice_id),
        "version": row.version, "findings": [findings.kept(f) for f in standing(row)], "updated_at": row.updated_at.isoformat(),
    }  # fmt: skip


def standing(row: Draft) -> list[Finding]:
    """Findings that weren't fixed, fetched ahead where the list did."""
    known = getattr(row, "standing", None)
    return known if known is not None else list(row.findings.exclude(state=Finding.State.FIXED).order_by("pk"))


class Drafts(DraftRecords, ListView):
    """GET the drafts in sight."""

    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "state": "state", "number": "number", "source_system": "source_system",
        "external_id": "external_id",
    }  # fmt: skip

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys; a state that isn't one is refused."""
        if name == "state" and value not in Draft.State.values:
            raise invalid("?state", "invalid", f"state is {', '.join(Draft.State.values)}")
        return private("customer", value) if name == "customer" else value

    @schemas.reads(
        "drafts_list", schemas.page("Draft"),
        schemas.page_parameters("company", "customer", "state", "number", "source_system", "external_id"),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of documents on their way: `state=held` are those that the check holds, each with what it found."""
        return super().get(request, *args, **kwargs)


class DraftDetail(DraftRecords, DetailView):
    """One draft."""

    @schemas.reads("drafts_get", schemas.found("DraftWhole"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A draft with what the check found and the document as it stands; `invoice` once it is issued."""
        return super().get(request, *args, **kwargs)


class DraftCheck(DraftRecords):
    """The check, once more."""

    write_permission = "invoices.issue"

    @schemas.writes("drafts_check", {"type": "object", "additionalProperties": False}, schemas.found("DraftWhole"))
    def post(self, request: Request, public_id: str) -> Response:
        """Check a draft again, after an order, a contract or a master record was corrected. Sending the document again does the same, and
        issues it when nothing holds it any more."""
        if object_of(request.data):
            raise invalid("", "unknown_field", "this call takes no fields")
        return once(request, self.actor, lambda: self._check(public_id), needed=False)

    def _check(self, public_id: str) -> Response:
        pk = private(self.kind, public_id)
        draft: Any = Draft.objects.visible_to(self.actor, "invoices.issue").filter(pk=pk).first()
        if draft is None:
            raise Http404
        check_draft(actor=self.actor, draft=draft, today=clock.today())
        return Response(self.whole(self.rows().get(pk=pk)))
