"""One record with all that hangs on it: its lines with what was delivered, done and billed of each, and the invoices that bill it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from orders.models import Contract, Delivery, DeliveryLine, PurchaseOrder, SalesOrder, WorkOrder, WorkOrderLine
from orders.selectors.figures import credited_whole, line_value
from org.actors import Actor

_ZERO = Decimal(0)
SHOWN = 50
"""Invoice lines that a page names; the rest is in the list of invoices."""
_RELATED = {
    Contract: (), PurchaseOrder: ("contract",), SalesOrder: ("contract", "purchase_order__contract"),
    Delivery: ("order__contract", "order__purchase_order"), WorkOrder: ("contract", "purchase_order", "order__purchase_order"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """A line of a record, its value, and what became of it. Quantities are in the line's own unit; None: it has none."""

    line: Any
    value: int | None
    delivered: Decimal = _ZERO
    damaged: Decimal = _ZERO
    done: Decimal = _ZERO
    billed: Decimal = _ZERO
    billed_amount: int = 0

    @property
    def left(self) -> Decimal | None:
        """The quantity that may still be billed; below zero when too much was."""
        return None if self.line.quantity is None else self.line.quantity - self.billed

    @property
    def left_amount(self) -> int | None:
        """Minor units that may still be billed."""
        return None if self.value is None else self.value - self.billed_amount

    @property
    def to_deliver(self) -> Decimal:
        """The quantity that is still to be delivered; damaged goods are to be delivered again."""
        return max(_ZERO, self.line.quantity - self.delivered + self.damaged)


def in_sight(actor: Actor, model: Any, permission: str = "orders.view") -> QuerySet[Any]:
    """Records as a page of one shows them."""
    found: QuerySet[Any] = model.objects.visible_to(actor, permission)
    return found.select_related("company", "customer", *_RELATED[model])


def billed_lines(record: Any) -> list[Any]:
    """Lines of invoices and memos that bill the record, the latest first."""
    lines = record.order.invoice_lines if isinstance(record, Delivery) else record.invoice_lines
    return list(lines.select_related("invoice").order_by("-invoice", "number")[: SHOWN + 1])


Billed = dict[int, tuple[Decimal, int]]


def _billed_by(lines: Any, number: str) -> Billed:
    """Quantity and amount billed by the number of the line that was billed, credit memos below zero."""
    rows = lines.filter(**{f"{number}__isnull": False}, releases=None).order_by()
    found: Billed = {}
    for key, kind, quantity, amount in rows.values_list(number, "invoice__kind").annotate(q=Sum("quantity"), a=Sum("amount")):
        sign = -1 if kind == "credit_memo" else 1
        before = found.get(key, (_ZERO, 0))
        found[key] = (before[0] + sign * quantity, before[1] + sign * amount)
    for key, quantity, amount in credited_whole(rows, number):
        found[key] = (found[key][0] - quantity, found[key][1] - amount)
    return found


def purchase_order_lines(order: PurchaseOrder) -> list[Progress]:
    """Lines with what was billed on each."""
    billed = _billed_by(order.invoice_lines, "po_line")  # type: ignore[attr-defined]
    return [_progress(line, order.currency, billed) for line in order.lines.all()]


def order_lines(order: SalesOrder) -> list[Progress]:
    """Lines with what was delivered, done by work orders, and billed of each."""
    billed = _billed_by(order.invoice_lines, "order_line")  # type: ignore[attr-defined]
    delivered, damaged = delivered_of(order)
    done = _done_of(order)
    return [_progress(line, order.currency, billed, delivered, damaged, done) for line in order.lines.all()]


def delivered_of(order: SalesOrder) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Quantities delivered, and damaged of them, by the number of the order's line."""
    rows = DeliveryLine.objects.filter(delivery__order=order).order_by().values_list("order_line")
    sums = list(rows.annotate(q=Sum("quantity"), d=Sum("damaged")))
    return {number: q for number, q, _ in sums}, {number: d for number, _, d in sums}


def _done_of(order: SalesOrder) -> dict[int, Decimal]:
    rows = WorkOrderLine.objects.filter(work_order__order=order, work_order__state="done", order_line__isnull=False).order_by()
    return dict(rows.values_list("order_line").annotate(q=Sum("quantity")))


def _progress(
    line: Any, currency: str, billed: Billed, delivered: dict[int, Decimal] | None = None, damaged: dict[int, Decimal] | None = None,
    done: dict[int, Decimal] | None = None,
) -> Progress:  # fmt: skip
    n = line.number
    quantity, amount = billed.get(n, (_ZERO, 0))
    value = line_value(line.quantity, line.unit_price, getattr(line, "amount", None), currency)
    nothing: dict[int, Decimal] = {}
    return Progress(
        line,
        value,
        (delivered or nothing).get(n, _ZERO),
        (damaged or nothing).get(n, _ZERO),
        (done or nothing).get(n, _ZERO),
        quantity,
        amount,
    )


def delivery_lines(delivery: Delivery) -> list[tuple[DeliveryLine, Any]]:
    """What was delivered, each with the order's line it is of (None: the order has no such line)."""
    ordered = {line.number: line for line in delivery.order.lines.all()}
    return [(line, ordered.get(line.order_line)) for line in delivery.lines.all()]


def sums_of(rows: Iterable[Any], group: Callable[[Any], str], amount: Callable[[Any], Decimal]) -> dict[str, Decimal]:
    """Sums by group, in the order of first sight."""
    found: dict[str, Decimal] = defaultdict(lambda: _ZERO)
    for row in rows:
        found[group(row)] += amount(row)
    return dict(found)
