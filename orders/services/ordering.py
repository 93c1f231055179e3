"""Purchase orders, sales orders, deliveries."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from arops.lib.rows import Problem
from customers.services import NotSaved, Saved
from orders.models import Contract, Delivery, DeliveryLine, PurchaseOrder, PurchaseOrderLine, SalesOrder, SalesOrderLine
from orders.payload import DELIVERY, ORDER, PURCHASE_ORDER
from orders.services.batch import Batch, save_rows
from orders.services.kinds import Change, LinesKind
from orders.services.single import save_one
from org.actors import Actor


class PurchaseOrders(LinesKind):
    """Customers' purchase orders: their numbers are the customers' own."""

    name, words, prefix, model, shape = "purchase_order", "purchase order", "po", PurchaseOrder, PURCHASE_ORDER
    references: ClassVar = {"contract": (Contract, "ctr")}
    by_customer = True
    line_model, parent = PurchaseOrderLine, "order"
    line_fields = ("number", "sku", "description", "unit", "quantity", "unit_price", "amount")

    def judge(self, change: Change, problems: list[Problem], batch: Batch) -> None:
        """It doesn't expire before it is issued."""
        expires, issued = change.value("expires_on"), change.value("issued_on")
        if expires and issued and expires < issued:
            problems.append(Problem("/expires_on", "invalid_date", "expires_on lies before issued_on"))

    def verb(self, change: Change) -> str:
        """Closed or cancelled, rather than updated."""
        state = change.after.get("state")
        return str(state) if not change.is_new and state in ("closed", "cancelled") else super().verb(change)


class Orders(LinesKind):
    """Orders as our desk entered them."""

    name, words, prefix, model, shape = "order", "order", "ord", SalesOrder, ORDER
    references: ClassVar = {"purchase_order": (PurchaseOrder, "po"), "contract": (Contract, "ctr")}
    line_model, parent = SalesOrderLine, "order"
    line_fields = ("number", "sku", "description", "unit", "quantity", "unit_price", "tax_code", "po_line", "is_service")

    def judge(self, change: Change, problems: list[Problem], batch: Batch) -> None:
        """The purchase order's number stands on the order, as the desk wrote it down or as it is."""
        order = change.values.get("purchase_order")
        if order is not None and not change.value("po_number"):
            change.values["po_number"] = order.number


class Deliveries(LinesKind):
    """What left and arrived."""

    name, words, prefix, model, shape = "delivery", "delivery", "dlv", Delivery, DELIVERY
    references: ClassVar = {"order": (SalesOrder, "ord")}
    line_model, parent = DeliveryLine, "delivery"
    line_fields = ("order_line", "quantity", "damaged")

    def load(self, batch: Batch, records: Sequence[Any]) -> None:
        """Their lines, and the lines that the orders they are of have."""
        super().load(batch, records)
        orders = {order.pk for order in batch.finders["order"].by_key.values()} | {record.order_id for record in records}
        known: dict[int, set[int]] = {key: set() for key in orders}
        for order, number in SalesOrderLine.objects.filter(order__in=orders).values_list("order_id", "number"):
            known[order].add(number)
        batch.children["order_lines"] = known

    def judge(self, change: Change, problems: list[Problem], batch: Batch) -> None:
        """Of lines the order has, no more damaged than delivered, and not delivered before it left."""
        order = change.values.get("order")
        if change.is_new and order is not None:
            change.values.setdefault("customer", order.customer)
        known = batch.children["order_lines"].get(order.pk if order is not None else change.record.order_id, set())
        for n, line in enumerate(change.values.get("lines", [])):
            if line["order_line"] not in known:
                detail = f"the order has no line {line['order_line']}"
                problems.append(Problem(f"/lines/{n}/order_line", "missing_reference", detail))
            if line["damaged"] > line["quantity"]:
                problems.append(Problem(f"/lines/{n}/damaged", "invalid", "damaged is more than what was delivered"))
        shipped, delivered = change.value("shipped_on"), change.value("delivered_on")
        if shipped and delivered and delivered < shipped:
            problems.append(Problem("/delivered_on", "invalid_date", "delivered_on lies before shipped_on"))


PURCHASE_ORDERS, ORDERS, DELIVERIES = PurchaseOrders(), Orders(), Deliveries()


def save_purchase_orders(
    rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False
) -> list[Saved]:
    """Create or update purchase orders by the sender's id, else by customer and number. One outcome a row."""
    return save_rows(PURCHASE_ORDERS, rows, actor=actor, source_system=source_system, atomic=atomic, dry_run=dry_run)


def save_orders(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Create or update orders by the sender's id, else by number. One outcome a row."""
    return save_rows(ORDERS, rows, actor=actor, source_system=source_system, atomic=atomic, dry_run=dry_run)


def save_deliveries(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Create or update deliveries by the sender's id, else by number. One outcome a row."""
    return save_rows(DELIVERIES, rows, actor=actor, source_system=source_system, atomic=atomic, dry_run=dry_run)


def save_purchase_order(
    *, actor: Actor, row: Mapping[str, Any], record: PurchaseOrder | None = None, seen: int | None = None, source_system: str = "arops"
) -> PurchaseOrder:
    """Make a purchase order by hand, or change one. Raises NotAllowed, NotSaved."""
    found: PurchaseOrder = save_one(PURCHASE_ORDERS, row, actor=actor, source_system=source_system, record=record, seen=seen)
    return found


def save_order(
    *, actor: Actor, row: Mapping[str, Any], record: SalesOrder | None = None, seen: int | None = None, source_system: str = "arops"
) -> SalesOrder:
    """Make an order by hand, or change one. Raises NotAllowed, NotSaved."""
    found: SalesOrder = save_one(ORDERS, row, actor=actor, source_system=source_system, record=record, seen=seen)
    return found


def save_delivery(
    *, actor: Actor, row: Mapping[str, Any], record: Delivery | None = None, seen: int | None = None, source_system: str = "arops"
) -> Delivery:
    """Make a delivery by hand, or change one. Raises NotAllowed, NotSaved."""
    found: Delivery = save_one(DELIVERIES, row, actor=actor, source_system=source_system, record=record, seen=seen)
    return found


def close_purchase_order(*, actor: Actor, purchase_order: PurchaseOrder, reason: str, state: str = "closed") -> PurchaseOrder:
    """Close or cancel a purchase order: nothing more is billed on it. Raises NotAllowed, NotSaved without a reason."""
    if not reason.strip():
        raise NotSaved("say why nothing more is billed on it")
    found: PurchaseOrder = save_one(PURCHASE_ORDERS, {"state": state}, actor=actor, record=purchase_order, reason=reason.strip()[:300])
    return found
