"""The ladder over the API: cases read, accounts raised, the words of a page changed. Deciding, placing and recalling stay with people."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import ApiProblem, refused
from arops.api.render import iso
from arops.api.schemas.ladder import CASE_STATE
from arops.api.views import object_of
from arops.lib import clock, money
from arops.lib.rows import Fields, Problem, currency, read_row, reference, text, whole
from collections_app.models import Escalation, Rung
from collections_app.selectors.escalation import cases_in_sight
from collections_app.selectors.recovery import recovery_of
from collections_app.services.escalation.deciding import edit_page
from collections_app.services.escalation.raising import raise_case
from customers.models import Customer
from customers.services.saving import Customers

RAISE = "escalations.raise"
RAISED: Fields = {
    "company": text(20, needed=True), "customer": reference, "currency": currency, "rung": text(30, needed=True),
    "reason": text(300, needed=True),
}  # fmt: skip
CHANGED: Fields = {"version": whole(), "summary": text(8_000, needed=True), "recommended": text(300)}
MADE = {(201, "application/json"): OpenApiResponse(schemas.ref("Escalation"), "Raised: it waits for a decision.")}


class CaseRecords(RecordView):
    """Cases in sight."""

    permission, write_permission, kind = "collections.view", RAISE, "escalation"
    recovered: dict[int, tuple[int, int]]

    def rows(self) -> models.QuerySet[Any]:
        """Cases in sight, with what their shape needs."""
        return cases_in_sight(self.actor)

    def prepare(self, rows: Sequence[Any]) -> None:
        """What was placed and came in, in two queries for all."""
        self.recovered = recovery_of(rows)

    def shape(self, row: Escalation) -> dict[str, Any]:
        """A case as lists show it."""
        days = {name: iso(getattr(row, name)) for name in ("decided_on", "placed_on", "recalled_on", "closed_on")}
        placed, came = self.recovered.get(row.pk, (0, 0))
        return {
            "id": public("escalation", row.pk), "company": row.company.code, "number": row.number,
            "customer": public("customer", row.customer_id), "currency": row.currency, "rung": row.rung.code, "rung_name": row.rung.name,
            "is_outside": row.rung.is_outside, "state": row.state, "amount": money.to_text(row.amount, row.currency),
            "because": row.because, "raised_on": row.raised_on.isoformat(), "raised_by": row.raised_by,
            "assigned_to": row.assigned_to.email if row.assigned_to else None, "decision": row.decision,
            "decided_by": row.decided_by or None, "placed_with": row.placed_with or None, **days,
            "placed": money.to_text(placed, row.currency), "recovered": money.to_text(came, row.currency), "version": row.version,
            "created_at": row.created_at.isoformat(),
        }  # fmt: skip

    def whole(self, row: Escalation) -> dict[str, Any]:
        """With the page and what was placed."""
        items: Any = row.items.select_related("open_item").order_by("pk")  # type: ignore[attr-defined]
        placed = [
            {"open_item": public("item", i.open_item_id), "number": i.open_item.number, "amount": money.to_text(i.amount, row.currency)}
            for i in items
        ]
        page = {"summary": row.summary, "recommended": row.recommended}
        return self.shape(row) | page | {"items": placed, "has_pack": row.pack_id is not None}

    def again(self, pk: int) -> dict[str, Any]:
        """A case as it is now, whole."""
        row = self.rows().get(pk=pk)
        self.prepare([row])
        return self.whole(row)


class Escalations(CaseRecords, ListView):
    """GET the cases in sight, by key; POST raises an account."""

    stamp = ""
    changes = (
        "updated_at", "items__open_item__lines__entry__posted_at",
        "items__open_item__plans__plan__instalments__open_item__lines__entry__posted_at",  # what was placed went into a plan
        "items__open_item__instalment__plan__items__open_item__lines__entry__posted_at",  # or came out of one
    )  # fmt: skip
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "currency": "currency", "number": "number", "state": "state",
        "rung": "rung__code",
    }  # fmt: skip
    known: ClassVar = {"state": Escalation.State.values}

    @schemas.reads(
        "escalations_list", schemas.page("EscalationRow"),
        schemas.page_parameters(
            "company", "customer", "number", "currency", state=(CASE_STATE, "Without it, all."),
            rung=(schemas.ANY, "Code of a rung."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of cases on the ladder, with what was placed outside and what came in on it."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("escalations_create", schemas.ref("EscalationIn"), MADE, money=True)
    def post(self, request: Request) -> Response:
        """Raise an account to a rung: it waits there for the people who decide. Needs an Idempotency-Key."""
        return once(request, self.actor, lambda: self._raise(object_of(request.data)), needed=True)

    def _raise(self, said: dict[str, Any]) -> Response:
        values, problems = read_row(said, RAISED, required=("customer", "currency", "rung", "reason"))
        found = _customer(self, said) if not problems else None
        if problems or not isinstance(found, Customer):
            raise refused([*problems, *([found] if isinstance(found, Problem) else [])])
        rung = Rung.objects.filter(company=found.company_id, code=values["rung"], is_active=True).first()
        if rung is None:
            raise refused([Problem("/rung", "missing_reference", f"{found.company.code} has no such rung in use on its ladder")])
        made = raise_case(
            actor=self.actor, customer=found, currency=values["currency"], rung=rung, reason=values["reason"], day=clock.today()
        )  # fmt: skip
        return Response(self.again(made.pk), status=201)


class EscalationDetail(CaseRecords, DetailView):
    """One case by our id."""

    @schemas.reads("escalations_get", schemas.found("Escalation"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A case by id, with its page and what was placed."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("escalations_change", schemas.ref("EscalationChange"), schemas.found("Escalation"))
    def patch(self, request: Request, public_id: str) -> Response:
        """Change the words of the page before it is decided; its figures stay those of their day. 409 where somebody changed it."""
        return once(request, self.actor, lambda: self._change(public_id, object_of(request.data)), needed=False)

    def _change(self, public_id: str, said: dict[str, Any]) -> Response:
        case = self.rows().filter(pk=private("escalation", public_id)).first()
        if case is None:
            raise Http404
        values, problems = read_row(said, CHANGED, required=("version",))
        if problems:
            raise refused(problems)
        if case.version != values["version"]:
            words = "somebody changed the case meanwhile: read it again"
            raise ApiProblem(409, "stale", words, [{"pointer": "/version", "code": "stale", "detail": words}])
        words, advice = values.get("summary", case.summary), values.get("recommended", case.recommended)
        if (words, advice) != (case.summary, case.recommended):
            edit_page(actor=self.actor, case=case, summary=words, recommended=advice, version=values["version"])
        return Response(self.again(case.pk))


def _customer(view: RecordView, said: dict[str, Any]) -> Customer | Problem:
    """The customer of a call, among those that the caller may raise. Raises nothing."""
    return Customers([said], actor=view.actor, permission=RAISE, source_system=view.source_system).find(said)
