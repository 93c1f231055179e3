"""Purchase orders, orders and work orders as the check sees them, with what was delivered and what was billed before."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from invoicing.checks.facts import ZERO, Claim, Order, OrderLine, PurchaseLine, PurchaseOrder, WorkLine, WorkOrder
from invoicing.selectors.batch import Batch
from invoicing.selectors.before import Claims, Drawn
from invoicing.selectors.rows import gather, grouped


def purchase_orders(batch: Batch, claims: Claims) -> dict[int, PurchaseOrder]:
    """The purchase orders behind the batch, by key."""
    heads = batch.chain.purchases
    if not heads:
        return {}
    rows = gather(
        "SELECT order_id, number, sku, unit, quantity, unit_price, amount FROM orders_purchaseorderline WHERE order_id = ANY(%s)"
        " ORDER BY order_id, number", list(heads),
    )  # fmt: skip
    lines = grouped((row[0], PurchaseLine(*(*row[1:], *_drawn(claims.purchases.get((row[0], row[1]), ()))))) for row in rows)
    billed: dict[int, int] = {}
    for (key, _), drawn in claims.purchases.items():
        billed[key] = billed.get(key, 0) + sum(amount for _, _, amount in drawn)
    return {
        p.id: PurchaseOrder(
            p.id, p.number, p.customer_id, p.currency, p.issued_on, p.expires_on, p.amount, {x.number: x for x in lines.get(p.id, ())},
            p.state, p.is_blanket, p.contract_id, p.payment_terms, p.bill_to, p.revision, billed.get(p.id, 0),
        )
        for p in heads.values()
    }  # fmt: skip


def _drawn(rows: Sequence[Drawn]) -> tuple[tuple[tuple[str, Decimal], ...], int]:
    """Quantity by unit, and the amount."""
    units: dict[str, Decimal] = {}
    for unit, quantity, _ in rows:
        units[unit] = units.get(unit, ZERO) + quantity
    return tuple(units.items()), sum(amount for _, _, amount in rows)


def orders(batch: Batch, claims: Claims) -> dict[int, Order]:
    """The orders behind the batch, by key."""
    heads = batch.chain.orders.by_id
    if not heads:
        return {}
    keys = list(heads)
    rows = gather(
        "SELECT order_id, number, sku, unit, quantity, unit_price, tax_code, po_line, is_service FROM orders_salesorderline"
        " WHERE order_id = ANY(%s) ORDER BY order_id, number", keys,
    )  # fmt: skip
    shipped = grouped(
        (row[0], row[1:])
        for row in gather(
            "SELECT d.order_id, d.number, d.shipped_on, l.order_line, l.quantity, l.damaged FROM orders_delivery d"
            " LEFT JOIN orders_deliveryline l ON l.delivery_id = d.id WHERE d.order_id = ANY(%s)"
            " ORDER BY d.order_id, d.shipped_on, d.id", keys,
        )
    )  # fmt: skip
    lines = grouped((row[0], row[1:]) for row in rows)
    return {
        o.id: Order(
            o.id, o.number, o.customer_id, o.currency, o.ordered_on,
            _lines(lines.get(o.id, ()), shipped.get(o.id, ()), claims.orders.get(o.id, ())), o.purchase_order_id, o.contract_id,
            o.po_number, o.payment_terms, o.tax_code, o.bill_to, o.freight, o.freight_amount, o.state, o.entered_by, o.revision,
            _last_day(shipped.get(o.id, ())), tuple(dict.fromkeys(row[0] for row in shipped.get(o.id, ()))),
        )
        for o in heads.values()
    }  # fmt: skip


Shipped = Sequence[tuple[str, date, int | None, Decimal, Decimal]]


def _last_day(shipped: Shipped) -> date | None:
    return shipped[-1][1] if shipped else None


def _lines(rows: Sequence[Any], shipped: Shipped, claimed: Sequence[tuple[int | None, Claim]]) -> dict[int, OrderLine]:
    """Lines by number. What was billed without the line's number counts for the one line of its article, where there is one."""
    good: dict[int, Decimal] = {}
    damaged: dict[int, Decimal] = {}
    for _, _, line, quantity, broken in shipped:
        if line is not None:
            good[line], damaged[line] = good.get(line, ZERO) + quantity - broken, damaged.get(line, ZERO) + broken
    numbers = grouped((row[1], row[0]) for row in rows)
    claims: dict[int, list[Claim]] = {}
    for number, claim in claimed:
        same = numbers.get(claim.sku, ())
        if number is None and len(same) == 1:
            number = same[0]
        if number is not None:
            claims.setdefault(number, []).append(claim)
    return {
        row[0]: OrderLine(*(*row, good.get(row[0], ZERO), damaged.get(row[0], ZERO), tuple(claims.get(row[0], ())))) for row in rows
    }  # fmt: skip


def work_orders(batch: Batch, claims: Claims, attached: Mapping[tuple[str, int], frozenset[str]]) -> dict[int, WorkOrder]:
    """The work orders behind the batch, by key."""
    heads = batch.chain.jobs.by_id
    if not heads:
        return {}
    lines = grouped(
        (row[0], WorkLine(*row[1:]))
        for row in gather(
            "SELECT work_order_id, number, kind, sku, unit, quantity, order_line, is_billable FROM orders_workorderline"
            " WHERE work_order_id = ANY(%s) ORDER BY work_order_id, number", list(heads),
        )
    )  # fmt: skip
    return {
        w.id: WorkOrder(
            w.id, w.number, w.customer_id, w.currency, w.state, w.ordered_on, tuple(lines.get(w.id, ())), w.order_id, w.contract_id,
            w.purchase_order_id, w.scheduled_on, w.completed_on, w.signed_off_by, w.signed_off_on, w.not_to_exceed, w.cost_code,
            w.technician, w.revision, attached.get(("orders.workorder", w.id), frozenset()), tuple(claims.jobs.get(w.id, ())),
        )
        for w in heads.values()
    }  # fmt: skip
