"""Cases over the API: opened, read, changed. Closing one is decided by people, on its page."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.bulk import plain_decimal
from arops.api.idempotency import once
from arops.api.ids import private
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import invalid
from arops.api.schemas.cases import REASON
from arops.api.views import object_of
from arops.api.writes import WriteView
from arops.lib import clock
from arops.lib.rows import parse_day
from customers.services import Saved
from disputes.api.changing import change
from disputes.api.shapes import case_shape, case_whole
from disputes.models import Dispute
from disputes.policy.track import CLOSED
from disputes.services.saving import save_disputes

STATES = ("open", "closed", "all", *Dispute.State.values[1:])


class DisputeRecords(WriteView):
    """Cases in sight."""

    permission, write_permission, kind = "disputes.view", "disputes.open", "dispute"

    def rows(self) -> models.QuerySet[Any]:
        """Cases in sight."""
        return cases_in_sight(self)

    def shape(self, row: Dispute) -> dict[str, Any]:
        """A case as lists show it."""
        return case_shape(row)

    def whole(self, row: Dispute) -> dict[str, Any]:
        """With lines, notes, evidence and history."""
        return case_whole(row)

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_disputes."""
        return save_disputes(
            rows, actor=self.actor, source_system=self.source_system, today=clock.today(), atomic=atomic, dry_run=dry_run
        )  # fmt: skip

    def total_of(self) -> Callable[[Mapping[str, Any]], Decimal | None]:
        """The amounts that rows name."""
        return lambda row: plain_decimal(row.get("amount"))


def cases_in_sight(view: RecordView) -> models.QuerySet[Any]:
    """The cases that the caller of a view sees, with what their shape needs."""
    seen: models.QuerySet[Any] = Dispute.objects.visible_to(view.actor, "disputes.view")
    return seen.select_related("company", "open_item", "owner", "department", "cause")


class Disputes(DisputeRecords, ListView):
    """GET the cases in sight; POST one."""

    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "number": "number", "currency": "currency", "reason": "reason",
        "invoice": "invoice_id", "open_item": "open_item_id", "owner": "owner__email__iexact", "department": "department__code",
        "due_before": "due_date__lt",
    }  # fmt: skip

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and where the case stands."""
        return super().parameters | {"state"}

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys, days as days."""
        if name == "due_before":
            day = parse_day(value)
            if day is None:
                raise invalid("?due_before", "invalid", "due_before is a day such as 2026-10-31")
            return day
        kinds = {"customer": "customer", "invoice": "invoice", "open_item": "item"}
        return private(kinds[name], value) if name in kinds else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Also by where the case stands."""
        state = wanted.get("state", "all")
        if state not in STATES:
            raise invalid("?state", "invalid", f"state is one of {', '.join(STATES)}")
        if state in ("open", "closed"):
            rows = rows.filter(state__in=CLOSED) if state == "closed" else rows.exclude(state__in=CLOSED)
        elif state != "all":
            rows = rows.filter(state=state)
        return super().filtered(rows, wanted)

    @schemas.reads(
        "disputes_list", schemas.page("DisputeRow"),
        schemas.page_parameters(
            "company", "customer", "number", "currency", "due_before", reason=(REASON, ""), owner=(schemas.ANY, "An e-mail address."),
            invoice=(schemas.ANY, "Our id of a document, such as inv_42."), open_item=(schemas.ANY, "Our id of an item, such as itm_42."),
            department=(schemas.ANY, "Code of a department."),
            state=({"type": "string", "enum": list(STATES)}, "open: not closed, wherever they stand. Without it, all."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of cases. What is in dispute is their `amount` while they are open."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("disputes_create", schemas.ref("DisputeIn"), schemas.written("Dispute"))
    def post(self, request: Request) -> Response:
        """Open a case on a document, on lines of it, or on an amount. Only what is contested is held out of reminders; the rest is chased.
        The same `external_id` opens one case."""
        return self.create(request)


class DisputeDetail(DisputeRecords, DetailView):
    """One case by our id."""

    write_permission = "disputes.work"

    @schemas.reads("disputes_get", schemas.found("Dispute"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A case by id, with its lines, notes, evidence and history."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("disputes_change", schemas.ref("DisputeChange"), schemas.found("Dispute"))
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is contested, give the case to somebody, or move it along its track: all that is sent, or nothing of it."""
        row = self.rows().filter(pk=private(self.kind, kwargs["public_id"])).first()
        if row is None or not Dispute.objects.visible_to(self.actor, "disputes.work").filter(pk=row.pk).exists():
            raise Http404
        return once(request, self.actor, lambda: self._change(row, object_of(request.data)), needed=False)

    def _change(self, row: Dispute, said: dict[str, Any]) -> Response:
        change(self.actor, row, said, today=clock.today())
        return Response(self.whole(self.rows().get(pk=row.pk)))


class DisputeByExternalId(DisputeRecords, RecordView):
    """One case by the sender's id, with which it was opened."""

    parameters: ClassVar = frozenset({"company"})

    @schemas.reads("disputes_by_external_id", schemas.found("Dispute"), schemas.parameters("company"))
    def get(self, request: Request, source: str, external_id: str) -> Response:
        """A case by the sender's id; name the company when several hold it."""
        rows = self.rows().filter(source__startswith="api:", source__endswith=f":{source}:{external_id}")
        if code := request.query_params.get("company"):
            rows = rows.filter(company__code=code)
        found = [row for row in rows.order_by("pk")[:10] if row.source == f"api:{row.company_id}:{source}:{external_id}"]
        if not found:
            raise Http404
        if len(found) > 1:
            raise invalid("?company", "ambiguous", "several companies hold this id: add ?company= with the code of one")
        return Response(self.whole(found[0]))


class DisputesBulk(DisputeRecords):
    """Many cases at once."""

    @schemas.writes("disputes_bulk", schemas.bulk("DisputeIn", total=True), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Open up to 5,000 cases."""
        return self.many(request)
