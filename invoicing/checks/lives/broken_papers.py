"""Faults of purchase orders, contracts, freight and fees."""

from datetime import date, timedelta
from decimal import Decimal

from invoicing.checks.lives.base import add_line
from invoicing.checks.lives.faults import (
    another_customer,
    days,
    fault,
    order_of,
    unwant,
    version,
    wants,
)  # fmt: skip
from invoicing.checks.lives.model import Life, Maker, Row, iso, money, ref

Answer = tuple[int, ...] | bool | None
ONE_DAY = timedelta(days=1)


def _unlink(life: Life) -> None:
    """No record points to the purchase order any more."""
    for row in [*life.orders, *life.work_orders]:
        row.pop("purchase_order", None)


@fault("po_missing", "billing_output", "po", "goods", "service")
def number_lost(m: Maker, life: Life) -> Answer:
    """The order has the number, the invoice lost it."""
    wants(life, "po_number")
    unwant(life, "po_format")
    life.invoice.pop("po_number")
    return ()


@fault("po_missing", "order_entry", "po", "goods", "time", alone=True)
def number_never_asked_for(m: Maker, life: Life) -> Answer:
    """The desk never asked for it."""
    wants(life, "po_number")
    unwant(life, "po_format")
    life.invoice.pop("po_number")
    _unlink(life)
    for row in life.orders:
        row.pop("po_number", None)
    return ()


@fault("po_wrong", "billing_output", "po", "goods", "service", "blanket")
def another_number_billed(m: Maker, life: Life) -> Answer:
    """The invoice bears another number than the order's purchase order."""
    life.invoice["po_number"] = m.number("PO", 9)
    return ()


@fault("po_wrong", "order_entry", "po", "goods", "service", "blanket")
def another_number_entered(m: Maker, life: Life) -> Answer:
    """The desk wrote another number on the order; the invoice took it over."""
    order = order_of(life)
    if not order:
        return False
    order["po_number"] = life.invoice["po_number"] = m.number("PO", 9)
    return ()


@fault("po_unknown", "billing_output", "po", "plain", alone=True)
def number_mistyped(m: Maker, life: Life) -> Answer:
    """A number that no purchase order has."""
    life.invoice["po_number"] = m.number("PO", 8)
    return ()


@fault("po_unknown", "order_entry", "po", "goods", alone=True)
def number_mistyped_on_the_order(m: Maker, life: Life) -> Answer:
    """The desk mistyped the number, so that the order hangs on no purchase order."""
    _unlink(life)
    for row in life.orders:
        row["po_number"] = m.number("PO", 8)
    life.invoice["po_number"] = m.number("PO", 8)
    return ()


@fault("po_customer", "order_entry", "po", "goods", alone=True)
def ordered_on_anothers(m: Maker, life: Life) -> Answer:
    """The desk wrote another customer's purchase order on the order."""
    _unlink(life)
    return _others(m, life)


@fault("po_customer", "billing_output", "po", "plain", alone=True)
def billed_on_anothers(m: Maker, life: Life) -> Answer:
    """The invoice bears another customer's purchase order."""
    return _others(m, life)


def _others(m: Maker, life: Life) -> Answer:
    po = life.purchase_orders[0]
    po["customer"] = ref(another_customer(m, life))
    po.pop("contract", None)
    po |= {"bill_to": "", "payment_terms": ""}
    return ()


@fault("po_closed", "order_entry", "po", "goods", "service", "blanket")
def ordered_on_a_closed_one(m: Maker, life: Life) -> Answer:
    """The order was taken on a purchase order that is closed."""
    life.purchase_orders[0]["state"] = m.dice.choice(("closed", "cancelled"))
    return ()


@fault("po_closed", "billing_output", "po", "plain", "time")
def billed_on_a_closed_one(m: Maker, life: Life) -> Answer:
    """The invoice bears a purchase order that is closed."""
    life.purchase_orders[0]["state"] = m.dice.choice(("closed", "cancelled"))
    return ()


@fault("po_expired", "order_entry", "po", "goods", "service")
def ordered_too_late(m: Maker, life: Life) -> Answer:
    """The order was taken after the purchase order ran out."""
    order = order_of(life)
    return _expires(life, date.fromisoformat(order["ordered_on"]) - ONE_DAY) if order else False


@fault("po_expired", "service_execution", "po", "service", "time")
def done_too_late(m: Maker, life: Life) -> Answer:
    """The work was done after the purchase order ran out."""
    done = days(life.work_orders, "completed_on")
    return _expires(life, min(done) - ONE_DAY) if len(done) == len(life.work_orders) else False


@fault("po_expired", "logistics", "po", "goods")
def shipped_too_late(m: Maker, life: Life) -> Answer:
    """The goods left after the purchase order ran out."""
    return _expires(life, max(days(life.deliveries, "shipped_on")) - ONE_DAY)


@fault("po_expired", "billing_output", "po", "goods", "plain")
def billed_too_late(m: Maker, life: Life) -> Answer:
    """All was in time but the invoice."""
    last = max(days(life.deliveries, "shipped_on"), default=date.min)
    return _expires(life, life.day - ONE_DAY) if last < life.day else False


def _expires(life: Life, day: date) -> Answer:
    po = life.purchase_orders[0]
    po["issued_on"] = min(po["issued_on"], iso(day))
    po["expires_on"] = iso(day)
    return ()


@fault("po_format", "order_entry", "po", "goods", alone=True)
def number_of_another_kind(m: Maker, life: Life) -> Answer:
    """The desk took a number that can't be this customer's."""
    _unlink(life)
    for row in life.orders:
        row["po_number"] = f"4500{m.key:06d}"
    return _misshapen(m, life)


@fault("po_format", "billing_output", "po", "plain", alone=True)
def number_of_another_kind_billed(m: Maker, life: Life) -> Answer:
    """The invoice bears a number that can't be this customer's."""
    return _misshapen(m, life)


def _misshapen(m: Maker, life: Life) -> Answer:
    wants(life, "po_format", mask="PO-#####*")
    life.invoice["po_number"] = f"4500{m.key:06d}"
    life.purchase_orders.clear()
    for line in life.lines:
        line.pop("po_line", None)
    unwant(life, "line_reference")
    return ()


@fault("po_line_missing", "billing_output", "po_lines extra", "goods", "service")
def line_numbers_lost(m: Maker, life: Life) -> Answer:
    """The order names the purchase order's lines, the invoice doesn't."""
    wants(life, "line_reference")
    bare = [x for x in life.lines if x.pop("po_line", None) is not None]
    return tuple(x["number"] for x in bare)


@fault("po_line_missing", "order_entry", "po_lines", "goods", alone=True)
def line_numbers_never_entered(m: Maker, life: Life) -> Answer:
    """Neither order nor invoice names them."""
    wants(life, "line_reference")
    for line in [*life.lines, *(x for o in life.orders for x in o["lines"])]:
        line.pop("po_line", None)
    return tuple(x["number"] for x in life.lines)


def _price_days(life: Life) -> tuple[date, date]:
    """The first and the last day on which something was ordered or done."""
    found = [*days(life.orders, "ordered_on"), *days(life.work_orders, "completed_on")]
    return min(found, default=life.day), max(found, default=life.day)


@fault("contract_not_in_force", "order_entry", "contract", "goods", "service", alone=True)
def ordered_after_the_end(m: Maker, life: Life) -> Answer:
    """The order was taken when the contract had run out."""
    return _ends(life, _price_days(life)[0] - timedelta(days=2))


@fault("contract_not_in_force", "service_execution", "contract", "service", "time", alone=True)
def done_after_the_end(m: Maker, life: Life) -> Answer:
    """The order was in time, the work was done when the contract had run out."""
    done = days(life.work_orders, "completed_on")
    return _ends(life, min(done) - ONE_DAY)


@fault("contract_not_in_force", "billing_output", "contract", "rent", alone=True)
def billed_after_the_end(m: Maker, life: Life) -> Answer:
    """Rent went on after the contract was ended."""
    life.contracts[0]["ended_on"] = life.lines[0].get("period_from") or iso(life.day - timedelta(days=3))
    return None


@fault("contract_not_in_force", "contract_setup", "contract", "goods", "service", "time", alone=True)
def gap_between_amendments(m: Maker, life: Life) -> Answer:
    """An amendment begins later than the version before it ends."""
    if _ends(life, _price_days(life)[0] - timedelta(days=3)) is False:
        return False
    last = life.contracts[0]["versions"][-1]
    begin = iso(_price_days(life)[1] + timedelta(days=20))
    later = {k: v for k, v in last.items() if k != "valid_to"} | {"number": last["number"] + 1, "valid_from": begin}
    life.contracts[0]["versions"].append(later)
    return None


def _ends(life: Life, day: date) -> bool | None:
    """Let all versions run out on the day; None (all lines) when that could be done."""
    before = [v for v in life.contracts[0]["versions"] if v["valid_from"] < iso(day)] if life.contracts else []
    for one in before:
        one["valid_to"] = iso(day)
    if before:
        life.contracts[0]["versions"] = before
    return None if before else False


@fault("retainage", "billing_output", "retainage", "project")
def retainage_forgotten(m: Maker, life: Life) -> Answer:
    """Nothing is kept back, or something else."""
    if not life.meta["retainage"]:
        return False
    life.meta["retainage"] = m.dice.choice(("", "7.5", "2"))
    return ()


@fault("retainage", "contract_setup", "retainage", "project")
def retainage_of_another_version(m: Maker, life: Life) -> Answer:
    """Kept back as the version before the amendment said."""
    if len(life.contracts[0]["versions"]) < 2:
        return False
    life.meta["retainage"] = "15"
    return ()


def _freight(life: Life, price: Decimal) -> tuple[int, ...]:
    line = add_line(life, "FREIGHT", "Freight", "", Decimal(1), price)
    life.touched.add(line["number"])
    return (line["number"],)


@fault("freight_not_agreed", "order_entry", "freight", "goods")
def freight_entered(m: Maker, life: Life) -> Answer:
    """Included by contract, billed by order."""
    one, order = version(life), order_of(life)
    if not one or not order:
        return False
    _everywhere(life, freight="included")
    order |= {"freight": "billed", "freight_amount": "85.00"}
    return _freight(life, Decimal("85.00"))


@fault("freight_not_agreed", "billing_output", "freight", "goods", "blanket")
def freight_billed(m: Maker, life: Life) -> Answer:
    """Included by contract or order, billed all the same."""
    order = order_of(life)
    if not order:
        return False
    if version(life) and m.chance(0.5):
        _everywhere(life, freight="included")
    else:
        order["freight"] = "included"
    return _freight(life, Decimal("85.00"))


@fault("freight_amount", "billing_output", "freight", "goods", "blanket")
def freight_too_high(m: Maker, life: Life) -> Answer:
    """More freight than the order says."""
    order = order_of(life)
    if not order:
        return False
    order |= {"freight": "billed", "freight_amount": "60.00"}
    po = life.purchase_orders[0]
    if po.get("amount"):
        po["amount"] = money(Decimal(po["amount"]) + 60)
    return _freight(life, Decimal("85.00"))


def _everywhere(life: Life, **fields: object) -> None:
    for one in life.contracts[0]["versions"]:
        one |= fields


@fault("fee_not_agreed", "billing_output", "fee", "goods", "service", "time", "blanket")
def fee_billed(m: Maker, life: Life) -> Answer:
    """A surcharge that nobody agreed to."""
    if not version(life):
        return False
    fields: Row = {"contract": ref(life.contracts[0]["number"])} if life.kind == "time" else {}
    line = add_line(life, "FUEL", "Fuel surcharge", "", Decimal(1), Decimal("24.90"), **fields)
    life.touched.add(line["number"])
    return (line["number"],)


@fault("fee_not_agreed", "order_entry", "fee", "goods", "service")
def fee_entered(m: Maker, life: Life) -> Answer:
    """A surcharge that the desk put on the order against the contract."""
    order = order_of(life)
    if not version(life) or not order:
        return False
    number = len(order["lines"]) + 1
    order["lines"].append({
        "number": number, "sku": "FUEL", "description": "Fuel surcharge", "unit": "", "quantity": "1", "unit_price": "24.90",
        "is_service": True,
    })  # fmt: skip
    line = add_line(life, "FUEL", "Fuel surcharge", "", Decimal(1), Decimal("24.90"), order_line=number)
    life.touched.add(line["number"])
    return (line["number"],)
