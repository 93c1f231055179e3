"""Faults of limits: purchase orders, contracts and work orders that have less left than is billed."""

from decimal import Decimal

from invoicing.checks.lives.broken_work import more, whole
from invoicing.checks.lives.faults import fault, pick, po_line, version
from invoicing.checks.lives.model import Life, Maker, Row, money

Answer = tuple[int, ...] | bool | None
LITTLE = Decimal("0.02")


def _before(life: Life, field: str) -> Decimal:
    """Net billed by earlier invoices that bear the field and weren't credited."""
    gone = {x["refers_to"]["external_id"] for x in life.earlier if x["kind"] == "credit_memo"}
    there = [x for x in life.earlier if x["kind"] == "invoice" and x["number"] not in gone and x.get(field)]
    return sum((Decimal(x["subtotal"]) for x in there), Decimal(0))


def _less(life: Life, before: Decimal) -> str:
    """A limit a little below what was billed before and is billed now (as the clean invoice was)."""
    net = Decimal(life.meta["net"])
    return money(before + net - max(net * LITTLE, Decimal("1.00")))


@fault("po_line_exhausted", "order_entry", "limit", "goods")
def order_above_purchase_order(m: Maker, life: Life) -> Answer:
    """The order has more than the purchase order's line."""

    def fits(x: Row) -> bool:
        po = po_line(life, x)
        return po is not None and po["unit"] == x["unit"] and Decimal(x["quantity"]) >= 2

    line = pick(m, life, fits) if whole(life) else None
    if not line or not (po := po_line(life, line)):
        return False
    more(po, Decimal(-1))
    return (line["number"],)


@fault("po_line_exhausted", "service_execution", "limit", "time")
def work_above_purchase_order_line(m: Maker, life: Life) -> Answer:
    """The work came to more than the purchase order's line has."""
    life.purchase_orders[0]["lines"][0]["amount"] = _less(life, Decimal(0))
    return None


@fault("po_line_exhausted", "billing_output", "limit", "plain")
def billed_above_purchase_order_line(m: Maker, life: Life) -> Answer:
    """More billed than the purchase order's line has."""
    line = pick(m, life, lambda x: Decimal(x["quantity"]) >= 2)
    if not line or not (po := po_line(life, line)):
        return False
    more(po, Decimal(-1))
    return (line["number"],)


@fault("po_exhausted", "order_entry", "limit", "goods", "blanket")
def order_above_what_is_left(m: Maker, life: Life) -> Answer:
    """The order was entered beyond what the purchase order has left."""
    life.purchase_orders[0]["amount"] = _less(life, _before(life, "po_number"))
    return None


@fault("po_exhausted", "service_execution", "limit", "time")
def work_above_purchase_order(m: Maker, life: Life) -> Answer:
    """The work came to more than the purchase order has."""
    life.purchase_orders[0]["amount"] = _less(life, Decimal(0))
    return None


@fault("po_exhausted", "billing_output", "limit", "plain")
def billed_above_purchase_order(m: Maker, life: Life) -> Answer:
    """More billed than the purchase order has."""
    life.purchase_orders[0]["amount"] = _less(life, Decimal(0))
    return None


@fault("contract_exceeded", "order_entry", "limit", "goods")
def order_above_contract(m: Maker, life: Life) -> Answer:
    """The order was entered beyond what the contract lets be billed."""
    return _contract_limit(life, _before(life, "order"))


@fault("contract_exceeded", "service_execution", "limit", "time")
def work_above_contract(m: Maker, life: Life) -> Answer:
    """The work came to more than the contract lets be billed."""
    return _contract_limit(life, Decimal(0))


@fault("contract_exceeded", "billing_output", "limit", "project", "rent")
def billed_above_contract(m: Maker, life: Life) -> Answer:
    """More billed than the contract lets."""
    return _contract_limit(life, sum((Decimal(x["subtotal"]) for x in life.earlier), Decimal(0)))


def _contract_limit(life: Life, before: Decimal) -> Answer:
    one = version(life)
    if not one:
        return False
    one["not_to_exceed"] = _less(life, before)
    return None


@fault("work_exceeded", "service_execution", "limit", "time")
def work_above_its_limit(m: Maker, life: Life) -> Answer:
    """The work order reports more than the customer agreed to."""
    life.work_orders[0]["not_to_exceed"] = _less(life, Decimal(0))
    return None


@fault("work_exceeded", "billing_output", "limit work", "time")
def flat_work_above_its_limit(m: Maker, life: Life) -> Answer:
    """Nothing is reported that would come to so much."""
    life.work_orders[0] |= {"lines": [], "not_to_exceed": _less(life, Decimal(0))}
    return None
