"""A record's neighbours along the chain contract → purchase order → order → delivery → work order → invoice, each a link."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from arops.lib.http import address
from orders.models import Contract, Delivery, PurchaseOrder, SalesOrder, WorkOrder
from orders.selectors.figures import invoice_lines
from org.actors import Actor

SHOWN = 4
"""Neighbours of a kind that are named; more are a link to the list of them."""


@dataclass(frozen=True, slots=True)
class Link:
    """A neighbour: its number and page; `here` is the record whose page this is."""

    number: str
    url: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A link of the chain: the neighbours of one kind, and where all of them are when there are more."""

    label: str
    icon: str
    links: tuple[Link, ...] = ()
    more_url: str = ""

    @property
    def here(self) -> bool:
        """Whether the page's own record is this link of the chain."""
        return any(link.here for link in self.links)


@dataclass(frozen=True, slots=True)
class _Part:
    label: str
    icon: str
    page: str
    model: Any


_PARTS = (
    _Part("Contract", "note", "orders:contract", Contract),
    _Part("Purchase order", "lock", "orders:purchase-order", PurchaseOrder),
    _Part("Order", "queue", "orders:order", SalesOrder),
    _Part("Delivery", "truck", "orders:delivery", Delivery),
    _Part("Work order", "job", "orders:work-order", WorkOrder),
)
_LISTS = {
    Contract: "orders:contracts", PurchaseOrder: "orders:purchase-orders", SalesOrder: "orders:orders", Delivery: "orders:deliveries",
    WorkOrder: "orders:work-orders",
}  # fmt: skip
_THROUGH = {
    Contract: ("contract", {PurchaseOrder, SalesOrder, WorkOrder}),
    PurchaseOrder: ("purchase_order", {SalesOrder, WorkOrder}),
    SalesOrder: ("order", {Delivery, WorkOrder}),
}
"""Record → the filter by which lists of others are narrowed to it, and whose lists have it."""


def chain(actor: Actor, record: Any) -> list[Step]:
    """The chain around a record, as far as the actor sees it."""
    found = _AROUND[type(record)](record)
    steps = [_step(actor, part, found.get(part.model), record) for part in _PARTS]
    return [*steps, _invoices(actor, _lines(record))]


_LINKED = {Contract: "agreement_id", PurchaseOrder: "purchase_order_id", SalesOrder: "sales_order_id", WorkOrder: "job_id"}
"""Record → the field of an invoice's line that points to it."""
_WORDS = {Contract: "contract", PurchaseOrder: "PO", SalesOrder: "order", WorkOrder: "work order"}
Linked = dict[Any, dict[int, Link]]


def linked_by(actor: Actor, lines: Iterable[Any]) -> Linked:
    """The records that lines of an invoice refer to, as far as the actor sees them: model → key → link."""
    rows = list(lines)
    found: Linked = {}
    for part in _PARTS:
        keys = {key for line in rows if (key := getattr(line, _LINKED[part.model]))} if part.model in _LINKED else set()
        seen = part.model.objects.visible_to(actor, "orders.view").filter(pk__in=keys).order_by("-pk") if keys else None
        numbers = seen.values_list("pk", "number") if seen is not None else ()
        found[part.model] = {pk: Link(number, reverse(part.page, args=[pk])) for pk, number in numbers}
    return found


def links_of(line: Any, linked: Linked) -> list[tuple[str, Link]]:
    """What one line refers to: word and link."""
    return [(_WORDS[m], link) for m, name in _LINKED.items() if (link := linked[m].get(getattr(line, name)))]


def chain_of_lines(actor: Actor, linked: Linked, invoice: Link) -> list[Step]:
    """The chain around an invoice, by what its lines refer to; `invoice` is itself."""
    steps = []
    for part in _PARTS:
        if part.model is Delivery:
            orders = linked[SalesOrder]
            steps.append(_step(actor, part, Q(order__in=orders) if orders else None, None))
        else:
            steps.append(Step(part.label, part.icon, tuple(linked[part.model].values())[: 2 * SHOWN]))
    return [*steps, Step("Invoice", "invoice", (invoice,))]


def _step(actor: Actor, part: _Part, around: Q | None, record: Any) -> Step:
    if around is None:
        return Step(part.label, part.icon)
    found = part.model.objects.visible_to(actor, "orders.view").filter(around).order_by("-pk").values_list("pk", "number")
    rows = list(found.distinct()[: SHOWN + 1])
    own = record.pk if isinstance(record, part.model) else None
    links = tuple(Link(number, reverse(part.page, args=[pk]), pk == own) for pk, number in rows[:SHOWN])
    return Step(part.label, part.icon, links, _more(part.model, record) if len(rows) > SHOWN else "")


def _more(model: Any, record: Any) -> str:
    name, lists = _THROUGH.get(type(record), ("", set()))
    query = {name: record.pk} if model in lists else {"customer": record.customer_id} if record is not None else {}
    return f"{reverse(_LISTS[model])}?{urlencode(query)}" if query else ""


def _of_contract(contract: Contract) -> dict[Any, Q]:
    own = Q(contract=contract)
    return {
        Contract: Q(pk=contract.pk), PurchaseOrder: own, SalesOrder: own, Delivery: Q(order__contract=contract),
        WorkOrder: own | Q(order__contract=contract),
    }  # fmt: skip


def _of_purchase_order(order: PurchaseOrder) -> dict[Any, Q]:
    own = Q(purchase_order=order)
    return {
        Contract: Q(pk=order.contract_id), PurchaseOrder: Q(pk=order.pk), SalesOrder: own, Delivery: Q(order__purchase_order=order),
        WorkOrder: own | Q(order__purchase_order=order),
    }  # fmt: skip


def _of_order(order: SalesOrder) -> dict[Any, Q]:
    contract = order.contract_id or (order.purchase_order.contract_id if order.purchase_order else None)
    return {
        Contract: Q(pk=contract), PurchaseOrder: Q(pk=order.purchase_order_id), SalesOrder: Q(pk=order.pk), Delivery: Q(order=order),
        WorkOrder: Q(order=order),
    }  # fmt: skip


def _of_delivery(delivery: Delivery) -> dict[Any, Q]:
    return _of_order(delivery.order) | {Delivery: Q(pk=delivery.pk)}


def _of_work(work: WorkOrder) -> dict[Any, Q]:
    around = _of_order(work.order) if work.order else {}
    own = {
        Contract: Q(pk=work.contract_id) if work.contract_id else around.get(Contract),
        PurchaseOrder: Q(pk=work.purchase_order_id) if work.purchase_order_id else around.get(PurchaseOrder),
        WorkOrder: Q(pk=work.pk),
    }
    return around | {model: q for model, q in own.items() if q is not None}


_AROUND: dict[Any, Any] = {
    Contract: _of_contract, PurchaseOrder: _of_purchase_order, SalesOrder: _of_order, Delivery: _of_delivery, WorkOrder: _of_work,
}  # fmt: skip


def _lines(record: Any) -> Any:
    """The lines of invoices that bill a record; of a delivery those of its order."""
    return record.order.invoice_lines.all() if isinstance(record, Delivery) else record.invoice_lines.all()


def _invoices(actor: Actor, lines: Any) -> Step:
    documents = invoice_lines(Contract)._meta.get_field("invoice").related_model.objects.visible_to(actor, "invoices.view")
    keys = list(lines.order_by("-invoice").values_list("invoice_id", flat=True).distinct()[: 4 * SHOWN])
    rows = list(documents.filter(pk__in=keys).order_by("-pk").values_list("pk", "number")[: SHOWN + 1])
    links = tuple(Link(number, address("invoicing:detail", pk)) for pk, number in rows[:SHOWN])
    return Step("Invoice", "invoice", links, "#billed" if len(rows) > SHOWN else "")
