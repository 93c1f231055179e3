"""Goods: ordered, delivered in parts, billed as delivered."""

from datetime import date, timedelta
from decimal import Decimal

from invoicing.checks.lives.base import add_order, add_po, earlier_invoice, start, with_contract
from invoicing.checks.lives.model import BIG_UNIT, GOODS, Life, Maker, Row, iso, money, ref, text


def goods(m: Maker) -> Life:
    """Ordered, delivered (often in parts) and billed as delivered."""
    life, d = start(m, "goods"), m.dice
    ordered = life.day - timedelta(days=d.randint(12, 40))
    chosen = d.sample(GOODS, min(m.line_count, len(GOODS)))
    prices = with_contract(m, life, list(GOODS), ordered, billing="order" if m.chance(0.2) else "work") if m.chance(0.8) else {}
    po_lines: list[Row] = []
    order_lines: list[Row] = []
    boxed = m.chance(0.25)
    for n, (sku, said, unit, base) in enumerate(chosen, 1):
        quantity, price = Decimal(d.randint(2, 90)), prices.get(sku) or base
        if sku in life.meta.get("tiers", {}) and quantity >= life.meta["tiers"][sku][0]:
            price = life.meta["tiers"][sku][1]
        big = BIG_UNIT.get(sku) if boxed else None
        po_unit, po_quantity, po_price = unit, quantity, price
        if big:
            po_unit, po_quantity = big[0], Decimal(d.randint(1, 4))
            quantity, po_price = po_quantity * big[1], price * big[1]
            if sku in life.meta.get("tiers", {}):
                price = life.meta["tiers"][sku][1] if quantity >= 50 else prices[sku]
                po_price = price * big[1]
        po_lines.append({"number": n, "sku": sku, "unit": po_unit, "quantity": text(po_quantity), "unit_price": text(po_price)})
        order_lines.append({
            "number": n, "sku": sku, "description": said, "unit": unit, "quantity": text(quantity), "unit_price": text(price), "po_line": n,
        })  # fmt: skip
    worth = sum((Decimal(x["quantity"]) * Decimal(x["unit_price"]) for x in order_lines), Decimal(0))
    amount = d.choice((None, worth * Decimal("1.5"), worth + Decimal("0.01") * len(order_lines)))
    add_po(m, life, po_lines, ordered - timedelta(days=2), **({"amount": money(amount)} if amount else {}))
    order = add_order(m, life, order_lines, ordered, state=d.choice(("open", "shipped")))
    life.invoice["order"] = ref(order["number"])
    _deliver(m, life, order)
    return life


def _deliver(m: Maker, life: Life, order: Row) -> None:
    """All at once; or in two parts, the first billed before; or only a part so far."""
    way = m.dice.choice(("whole", "whole", "second", "part")) if order["state"] == "open" else "whole"
    share = {"whole": Decimal(1), "second": Decimal("0.5"), "part": Decimal("0.5")}[way]
    first, rest = {}, {}
    for line in order["lines"]:
        quantity = Decimal(line["quantity"])
        first[line["number"]] = max((quantity * share).to_integral_value(), Decimal(1)) if way != "whole" else quantity
        rest[line["number"]] = quantity - first[line["number"]]
    left = life.day - timedelta(days=m.dice.randint(3, 9))
    _delivery(m, life, order, first, left, 1)
    billed = first
    contract = {"contract": ref(life.contracts[0]["number"])} if life.contracts and m.chance(0.5) else {}
    if way == "second":
        lines = _billed(life, order, first, contract)
        earlier_invoice(m, life, lines, left, 1)
        _delivery(m, life, order, rest, life.day, 2)
        billed = rest
    life.meta["delivered"] = way
    for line in _billed(life, order, billed, contract):
        line["number"] = len(life.lines) + 1
        life.lines.append(line)


def _delivery(m: Maker, life: Life, order: Row, quantities: dict[int, Decimal], day: date, part: int) -> None:
    lines = [{"order_line": n, "quantity": text(q)} for n, q in quantities.items() if q]
    row = m.header(m.number("DL", part), order=ref(order["number"]), shipped_on=iso(day), signed_by="Receiving", lines=lines)
    life.deliveries.append(row)


def _billed(life: Life, order: Row, quantities: dict[int, Decimal], fields: Row) -> list[Row]:
    by = {x["number"]: x for x in order["lines"]}
    return [
        {
            "number": n, "sku": by[n]["sku"], "description": by[n].get("description", ""), "quantity": text(q), "unit": by[n]["unit"],
            "unit_price": by[n]["unit_price"], "tax_code": life.meta["code"], "po_line": by[n]["po_line"], "order_line": n,
        } | fields
        for n, q in quantities.items() if q
    ]  # fmt: skip
