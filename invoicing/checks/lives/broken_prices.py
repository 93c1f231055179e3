"""Faults of prices, units and articles."""

from decimal import Decimal

from invoicing.checks.lives.base import add_line, escalate
from invoicing.checks.lives.faults import fault, listed, off, order_line, other_price, pick, po_line, reprice, unwant, version
from invoicing.checks.lives.model import BIG_UNIT, GOODS, Life, Maker, Row, ref, text

ORDERED = ("goods", "service", "blanket")


def _priced(life: Life, line: Row) -> bool:
    """Whether something before the order names a price."""
    po = po_line(life, line)
    return bool(order_line(life, line) and ((po and po.get("unit_price")) or listed(life, line)))


def _alone(life: Life, line: Row) -> bool:
    """Whether no other line draws on the same line of the purchase order."""
    return sum(x.get("po_line") == line.get("po_line") for x in life.lines) == 1


def _same_unit(life: Life, line: Row) -> Row | None:
    po = po_line(life, line)
    return po if po and po.get("unit_price") and po.get("unit") == line["unit"] else None


@fault("price", "order_entry", "", *ORDERED)
def wrong_price_ordered(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The desk entered another price; the invoice took it over."""
    line = pick(m, life, lambda x: _priced(life, x))
    if not line or not (ordered := order_line(life, line)):
        return False
    line["unit_price"] = ordered["unit_price"] = off(m, line["unit_price"])
    return (line["number"],)


@fault("price", "billing_output", "", *ORDERED, "time", "plain")
def wrong_price_billed(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """All agree but the invoice."""
    line = pick(m, life, lambda x: listed(life, x) or order_line(life, x) or (po_line(life, x) or {}).get("unit_price"))
    if not line:
        return False
    line["unit_price"] = off(m, line["unit_price"])
    return (line["number"],)


@fault("price", "pricing_setup", "", "goods", "service")
def purchase_order_at_another_price(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The customer ordered at another price than the price list's; the list was billed."""
    line = pick(m, life, lambda x: listed(life, x) and po_line(life, x) and _alone(life, x)) if not life.earlier else None
    po = po_line(life, line) if line else None
    if not line or not po:
        return False
    reprice(life, po, off(m, po["unit_price"]))
    return (line["number"],)


@fault("contract_version", "contract_setup", "", *ORDERED, "time")
def old_price_list(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The price list that was set up is another version's; order and invoice took it."""
    line = pick(m, life, lambda x: other_price(life, x))
    if not line:
        return False
    price = other_price(life, line)
    if ordered := order_line(life, line):
        ordered["unit_price"] = price
    line["unit_price"] = price
    return (line["number"],)


@fault("contract_version", "billing_output", "", *ORDERED)
def old_price_billed(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The order has the right version's price, the invoice another's."""
    line = pick(m, life, lambda x: other_price(life, x) and order_line(life, x))
    if not line:
        return False
    line["unit_price"] = other_price(life, line)
    return (line["number"],)


def _unescalated(life: Life, line: Row) -> str:
    one = listed(life, line) if life.meta.get("style") == "escalated" and life.meta["times"] else None
    price = text(escalate(Decimal(one["unit_price"]), life.meta["times"] - 1)) if one else ""
    return price if price != line["unit_price"] else ""


@fault("escalator", "contract_setup", "", *ORDERED, "time")
def escalator_not_set_up(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The yearly rise never reached the price list."""
    line = pick(m, life, lambda x: _unescalated(life, x))
    if not line:
        return False
    price = _unescalated(life, line)
    if ordered := order_line(life, line):
        ordered["unit_price"] = price
    line["unit_price"] = price
    return (line["number"],)


@fault("escalator", "billing_output", "", *ORDERED)
def escalator_not_billed(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The order has the risen price, the invoice the one before."""
    line = pick(m, life, lambda x: _unescalated(life, x) and order_line(life, x))
    if not line:
        return False
    line["unit_price"] = _unescalated(life, line)
    return (line["number"],)


@fault("po_price", "pricing_setup", "", "goods", "service")
def purchase_order_against_contract(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """Purchase order, order and invoice agree on a price that the contract doesn't know."""
    line = (
        pick(m, life, lambda x: listed(life, x) and _same_unit(life, x) and order_line(life, x) and _alone(life, x))
        if not life.earlier
        else None
    )
    if not line or not (po := po_line(life, line)) or not (ordered := order_line(life, line)):
        return False
    reprice(life, po, off(m, line["unit_price"]))
    line["unit_price"] = ordered["unit_price"] = po["unit_price"]
    return (line["number"],)


@fault("po_price", "contract_setup", "", "goods", "service")
def amendment_not_ordered(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """Purchase order, order and invoice still have the price of another version."""
    line = (
        pick(m, life, lambda x: other_price(life, x) and _same_unit(life, x) and order_line(life, x) and _alone(life, x))
        if not life.earlier
        else None
    )
    if not line or not (po := po_line(life, line)) or not (ordered := order_line(life, line)):
        return False
    reprice(life, po, other_price(life, line))
    line["unit_price"] = ordered["unit_price"] = po["unit_price"]
    return (line["number"],)


def _big(line: Row) -> str:
    return BIG_UNIT[line["sku"]][0] if line["sku"] in BIG_UNIT else "CTN"


@fault("unit", "billing_output", "", *ORDERED)
def wrong_unit_billed(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """Pieces billed as boxes at the price of a piece."""
    line = pick(m, life, lambda x: (_same_unit(life, x) or (life.kind == "blanket" and listed(life, x))) and order_line(life, x))
    if not line:
        return False
    line["unit"] = _big(line)
    return (line["number"],)


@fault("unit", "order_entry", "", "goods")
def wrong_unit_ordered(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The desk entered boxes at the price of a piece."""
    line = pick(m, life, lambda x: _same_unit(life, x) and order_line(life, x))
    if not line or not (ordered := order_line(life, line)):
        return False
    line["unit"] = ordered["unit"] = _big(line)
    return (line["number"],)


@fault("unit", "pricing_setup", "", "goods")
def unit_without_conversion(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The customer orders in a unit that nobody can turn into the price list's."""
    line = pick(m, life, lambda x: _same_unit(life, x) and listed(life, x))
    if not line or not (po := po_line(life, line)):
        return False
    po["unit"] = "CTN"
    return (line["number"],)


@fault("item_not_agreed", "billing_output", "extra", "goods", "service", "time", "blanket")
def article_out_of_nowhere(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """An article that nobody agreed to, ordered or used."""
    if not (version(life) or {}).get("prices"):
        return False
    unwant(life, "line_reference")
    fields: Row = {"contract": ref(life.contracts[0]["number"])} if life.kind == "time" else {}
    line = add_line(life, "ADH-9", "Adhesive", "EA", Decimal(m.dice.randint(1, 5)), Decimal("19.40"), **fields)
    life.touched.add(line["number"])
    return (line["number"],)


@fault("item_not_agreed", "service_execution", "extra", "service", "time")
def part_not_agreed(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The technician used a part that the contract doesn't price."""
    work = life.work_orders[0]
    quantity = Decimal(m.dice.randint(1, 5))
    unwant(life, "line_reference")
    work["lines"].append({"number": len(work["lines"]) + 1, "kind": "part", "sku": "ADH-9", "unit": "EA", "quantity": text(quantity)})
    line = add_line(life, "ADH-9", "Adhesive", "EA", quantity, Decimal("19.40"), work_order=ref(work["number"]))
    life.touched.add(line["number"])
    return (line["number"],)


def _unused(life: Life) -> str:
    return next(sku for sku, *_ in reversed(GOODS) if sku not in {x["sku"] for x in life.lines})


@fault("item_differs", "billing_output", "", "goods")
def another_article_billed(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The invoice names another article than the order's line."""
    line = pick(m, life, lambda x: order_line(life, x))
    if not line:
        return False
    line["sku"] = _unused(life)
    return (line["number"],)


@fault("item_differs", "service_execution", "", "service")
def another_article_used(m: Maker, life: Life) -> tuple[int, ...] | bool:
    """The technician reports another part than was ordered."""
    line = pick(m, life, lambda x: x["unit"] == "EA")
    work = next((w for w in life.work_orders if line and w["number"] == line["work_order"]["external_id"]), None)
    if not line or not work:
        return False
    sku = _unused(life)
    for used in work["lines"]:
        if used["sku"] == line["sku"]:
            used["sku"] = sku
    line["sku"] = sku
    return (line["number"],)
