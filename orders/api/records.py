"""Contracts, purchase orders, orders, deliveries and work orders over the API: each the same calls, over its own service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private
from arops.api.lists import DetailView, ExternalIdView, ListView
from arops.api.problems import invalid
from arops.api.views import ApiView
from arops.api.writes import WriteView
from arops.lib import clock
from arops.lib.rows import parse_day
from customers.services import Saved
from orders import services
from orders.api import shapes
from orders.selectors.listing import KINDS
from orders.services import contracts, ordering, work

READ, WRITE = "orders.view", "orders.edit"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record with its addresses: the name of its component in the document, what its rows are saved by."""

    path: str
    kind: str
    component: str
    one: str
    save: Callable[..., list[Saved]]
    line_fields: tuple[str, ...]

    @property
    def model(self) -> Any:
        """Its table."""
        return KINDS[self.path].model

    @property
    def called(self) -> str:
        """What its calls are named after."""
        return self.path.replace("-", "_")


RESOURCES = {
    resource.path: resource
    for resource in (
        Resource("contracts", "contract", "Contract", "contract", services.save_contracts, ()),
        Resource("purchase-orders", "purchase_order", "PurchaseOrder", "purchase order", services.save_purchase_orders,
                 ordering.PURCHASE_ORDERS.line_fields),
        Resource("orders", "order", "Order", "order", services.save_orders, ordering.ORDERS.line_fields),
        Resource("deliveries", "delivery", "Delivery", "delivery", services.save_deliveries, ordering.DELIVERIES.line_fields),
        Resource("work-orders", "work_order", "WorkOrder", "work order", services.save_work_orders, work.KIND.line_fields),
    )
}  # fmt: skip
"""End of the address → resource."""


class RecordCalls(WriteView):
    """Records of one resource in sight."""

    permission, write_permission = READ, WRITE
    resource: ClassVar[Resource]

    def rows(self) -> models.QuerySet[Any]:
        """Records in sight."""
        found: models.QuerySet[Any] = self.resource.model.objects.visible_to(self.actor, READ).select_related("company")
        return found

    def shape(self, row: Any) -> dict[str, Any]:
        """A record as lists show it."""
        return shapes.header(self.kind, row)

    def whole(self, row: Any) -> dict[str, Any]:
        """With its lines, or its versions with their prices and steps."""
        if self.kind == "contract":
            return self.shape(row) | _agreed(row)
        return self.shape(row) | {"lines": shapes.parts(row.lines.all(), self.resource.line_fields, row.currency)}

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By the resource's service."""
        return self.resource.save(rows, actor=self.actor, source_system=self.source_system, atomic=atomic, dry_run=dry_run)


def _agreed(row: Any) -> dict[str, Any]:
    versions = [
        {
            **shapes.parts([version], contracts.VERSION_FIELDS, row.currency)[0],
            "prices": shapes.parts(version.prices.all(), contracts.PRICE_FIELDS, row.currency),
            "steps": shapes.parts(version.steps.all(), contracts.STEP_FIELDS, row.currency),
        }
        for version in row.versions.prefetch_related("prices", "steps")
    ]
    return {"versions": versions, "milestones_reached": shapes.parts(row.reached.all(), ("code", "reached_on", "note"), row.currency)}


class RecordList(RecordCalls, ListView):
    """GET the records in sight; POST one."""

    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "number": "number", "currency": "currency"}

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and the filters of the screen."""
        return super().parameters | {"state", "dated_from", "dated_to", *KINDS[self.resource.path].through}

    def filter_value(self, name: str, value: str) -> Any:
        """The customer's id as a key."""
        return private("customer", value) if name == "customer" else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """As the screen's list narrows them: by state, by days, by the records they hang on."""
        listed = KINDS[self.resource.path]
        for name in listed.through:
            if name in wanted:
                rows = rows.filter(**{f"{name}_id": private(name, wanted[name])})
        for name, lookup in (("dated_from", "gte"), ("dated_to", "lte")):
            if name in wanted:
                day = parse_day(wanted[name])
                if day is None:
                    raise invalid(f"?{name}", "invalid", f"{name} is a day such as 2026-10-31")
                rows = rows.filter(**{f"{listed.day}__{lookup}": day})
        if state := wanted.get("state"):
            if state not in listed.states:
                raise invalid("?state", "invalid", f"state is one of {', '.join(listed.states)}")
            rows = listed.states[state][1](rows, clock.today())
        return super().filtered(rows, wanted)

    def post(self, request: Request) -> Response:
        """Create one, or update it where the sender's id (or, without one, the number) is known."""
        return self.create(request)


class RecordDetail(RecordCalls, DetailView):
    """One record by our id."""


class RecordByExternalId(RecordCalls, ExternalIdView):
    """One record by the sender's id: GET it, PUT it."""

    def put(self, request: Request, source: str, external_id: str) -> Response:
        """Create the record with this id, or change the fields that are sent."""
        return self.upsert(request, source, external_id)


class RecordsBulk(RecordCalls):
    """Many records at once."""

    def post(self, request: Request) -> Response:
        """Create or update up to 5,000."""
        return self.many(request)


def views(resource: Resource) -> dict[str, type[ApiView]]:
    """The views of a resource, each with its calls told in the document."""
    own, name = {"resource": resource, "kind": resource.kind}, resource.component
    made = {
        which: type(f"{view.__name__}Of{name}", (view,), {**own, "__doc__": view.__doc__})
        for which, view in (("all", RecordList), ("one", RecordDetail), ("external", RecordByExternalId), ("bulk", RecordsBulk))
    }
    many, words = resource.path.replace("-", " "), resource.one
    _tell(
        made["all"],
        "get",
        f"One page of {many}, without their lines.",
        schemas.reads(f"{resource.called}_list", schemas.page(f"{name}Row"), _list_parameters(resource)),
    )
    _tell(
        made["all"],
        "post",
        f"Create one {words}, or update it where the sender's id (or, without one, the number) is known.",
        schemas.writes(f"{resource.called}_create", schemas.ref(f"{name}In"), schemas.written(name)),
    )
    _tell(
        made["one"], "get", f"A {words} by id, whole.".replace("A o", "An o"), schemas.reads(f"{resource.called}_get", schemas.found(name))
    )
    _tell(
        made["external"],
        "get",
        f"The {words} with the sender's id; name the company when several hold it.",
        schemas.reads(f"{resource.called}_by_external_id", schemas.found(name), schemas.parameters("company")),
    )
    _tell(
        made["external"],
        "put",
        f"Create the {words} with this id, or change the fields that are sent.",
        schemas.writes(f"{resource.called}_upsert", schemas.ref(f"{name}In"), schemas.written(name)),
    )
    _tell(
        made["bulk"],
        "post",
        f"Create or update up to 5,000 {many}.",
        schemas.writes(f"{resource.called}_bulk", schemas.bulk(f"{name}In"), schemas.bulk_answer()),
    )
    return made  # fmt: skip


def _tell(view: type[ApiView], method: str, words: str, decorate: Callable[[Any], Any]) -> None:
    """Give the class a call of its own with these words, described in the document; what it does is what its parent does."""

    def call(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer: Response = getattr(super(view, self), method)(request, *args, **kwargs)
        return answer

    call.__name__, call.__doc__ = method, words
    setattr(view, method, decorate(call))


def _list_parameters(resource: Resource) -> list[Any]:
    listed = KINDS[resource.path]
    through: dict[str, Any] = {name: (schemas.ANY, f"Our id of the {name.replace('_', ' ')} they hang on.") for name in listed.through}
    return schemas.page_parameters(
        "company", "customer", "number", "currency", state=({"type": "string", "enum": list(listed.states)}, "As on screen."),
        dated_from=({"type": "string", "format": "date"}, f"{listed.day} on that day or later."),
        dated_to=({"type": "string", "format": "date"}, f"{listed.day} on that day or before."), **through,
    )  # fmt: skip
