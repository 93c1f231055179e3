"""Work, projects, rents and what else is billed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invoicing.checks.lives.base import add_line, add_order, add_po, earlier_invoice, finish, start, with_contract
from invoicing.checks.lives.goods import goods
from invoicing.checks.lives.model import GOODS, SERVICES, Life, Maker, Row, iso, money, ref, text

PARTS = (GOODS[1], GOODS[2], GOODS[4], GOODS[5])


def service(m: Maker) -> Life:
    """Ordered by the hour, done by one or two work orders, billed as done."""
    life, d = start(m, "service"), m.dice
    done = life.day - timedelta(days=d.randint(2, 25))
    signed = m.chance(0.6)
    prices = with_contract(m, life, [*SERVICES, *PARTS], done, sign_off_needed=signed)
    ordered = done - timedelta(days=d.randint(3, 20))
    chosen = _chosen(m)
    po_lines, order_lines = [], []
    for n, (sku, said, unit, _) in enumerate(chosen, 1):
        hours = Decimal(d.randint(4, 40))
        line: Row = {"number": n, "sku": sku, "unit": unit, "quantity": text(hours), "unit_price": text(prices[sku])}
        po_lines.append(line)
        order_lines.append(line | {"description": said, "po_line": n, "is_service": True})
    add_po(m, life, po_lines, ordered - timedelta(days=2))
    order = add_order(m, life, order_lines, ordered)
    life.invoice["order"] = ref(order["number"])
    two = m.chance(0.3)
    _work(m, life, done, [dict(x) for x in order_lines], Decimal("0.5") if two else Decimal(1), 1, signed=signed)
    if two and m.chance(0.5):
        _work(m, life, done - timedelta(days=1), [dict(x) for x in order_lines], Decimal("0.5"), 2, signed=signed)
    return life


def _chosen(m: Maker) -> list[tuple[str, str, str, Decimal]]:
    hours = m.dice.sample(SERVICES, min(max(m.line_count - 2, 1), len(SERVICES)))
    return [*hours, *m.dice.sample(PARTS, min(max(m.line_count - len(hours), 0), len(PARTS)))]


def _work(m: Maker, life: Life, done: date, lines: list[Row], share: Decimal, part: int, *, signed: bool, **fields: Any) -> Row:
    """A work order that reports a share of what was ordered, at most; and the invoice's lines for it."""
    number, reported = m.number("WO", part), []
    for n, line in enumerate(lines, 1):
        whole = Decimal(line["quantity"]) * share
        quantity = whole if line["unit"] == "EA" and whole == whole.to_integral_value() else whole.quantize(Decimal("0.5"))
        if quantity > whole:
            quantity -= Decimal("0.5")
        if m.chance(0.3) and quantity > 1 and line["unit"] == "HUR":
            quantity -= Decimal("0.5")
        if line["unit"] == "EA":
            quantity = quantity.to_integral_value("ROUND_FLOOR") or Decimal(1)
        reported.append({
            "number": n, "kind": "hours" if line["unit"] == "HUR" else "part", "sku": line["sku"], "unit": line["unit"],
            "quantity": text(quantity), **({"order_line": line["number"]} if "po_line" in line else {}),
        })  # fmt: skip
        extra = {"po_line": line["po_line"], "order_line": line["number"]} if "po_line" in line else dict(line.get("extra", {}))
        add_line(
            life,
            line["sku"],
            line.get("description", ""),
            line["unit"],
            quantity,
            Decimal(line["unit_price"]),
            work_order=ref(number),
            **extra,
        )
    row = m.header(
        number, kind="repair", ordered_on=iso(done - timedelta(days=3)), scheduled_on=iso(done), completed_on=iso(done), state="done",
        technician="A. Novak", lines=reported,
    ) | fields  # fmt: skip
    for key, place in (("order", life.orders), ("contract", life.contracts), ("purchase_order", life.purchase_orders)):
        if place:
            row[key] = ref(place[0]["number"])
    if signed or m.chance(0.5):
        row |= {"signed_off_by": "P. Marsh", "signed_off_on": iso(done + timedelta(days=1))}
    life.work_orders.append(row)
    return row


def time(m: Maker) -> Life:
    """Work orders straight on a contract and a purchase order, no order between; with a limit at times."""
    life, d = start(m, "time"), m.dice
    done = life.day - timedelta(days=d.randint(2, 25))
    signed = m.chance(0.5)
    prices = with_contract(m, life, [*SERVICES, *PARTS], done, sign_off_needed=signed)
    ordered = done - timedelta(days=3)
    lines: list[Row] = []
    for n, (sku, said, unit, _) in enumerate(_chosen(m), 1):
        lines.append({
            "number": n, "sku": sku, "description": said, "unit": unit, "quantity": text(Decimal(d.randint(2, 24))),
            "unit_price": text(prices[sku]), "extra": {"po_line": 1},
        })  # fmt: skip
    worth = sum((Decimal(x["quantity"]) * Decimal(x["unit_price"]) for x in lines), Decimal(0))
    add_po(m, life, [{"number": 1, "description": "Service as needed", "amount": money(worth * 3)}], ordered)
    limit = {"not_to_exceed": money(worth * Decimal("1.2"))} if m.chance(0.4) else {}
    _work(m, life, done, lines, Decimal(1), 1, signed=signed, **limit)
    for line in life.lines:
        line["contract"] = ref(life.contracts[0]["number"])
    return life


def project(m: Maker) -> Life:
    """Milestones with retainage: some billed before, this one reached."""
    life, d = start(m, "project"), m.dice
    percent = d.choice(("0", "5", "10"))
    count = max(m.line_count, 4)
    amounts = [Decimal(d.randint(20, 400)) * 100 for _ in range(count + 2)]
    signed = life.day - timedelta(days=300)
    steps: list[Row] = [
        {"code": f"M{n}", "kind": "milestone", "name": f"Stage {n}", "amount": money(a), "planned_on": iso(signed + timedelta(days=40 * n))}
        for n, a in enumerate(amounts, 1)
    ]
    steps[-1]["planned_on"] = iso(life.day + timedelta(days=60))
    version: Row = {
        "number": 1, "valid_from": iso(signed), "payment_terms": life.meta["terms"], "billing": "progress", "retainage_percent": percent,
        "steps": steps,
    }  # fmt: skip
    if m.chance(0.5):
        version["not_to_exceed"] = money(sum(amounts, Decimal(0)))
    versions = [version]
    if m.chance(0.3):
        old = [x | {"amount": money(Decimal(x["amount"]) * Decimal("1.1"))} for x in steps]
        versions = [version | {"steps": old, "retainage_percent": "15", "not_to_exceed": None}, version | {"number": 2}]
    number = m.number("CT")
    before, now = 1, [steps[n] for n in range(1, 1 + m.line_count)]
    reached = [{"code": x["code"], "reached_on": iso(life.day - timedelta(days=8))} for x in [steps[0], *now]]
    life.contracts.append(m.header(number, title="Project", project=f"P{m.key}", versions=versions, milestones_reached=reached))
    life.meta |= {"retainage": percent if percent != "0" else "", "style": "project", "right": len(versions) - 1}
    if m.chance(0.6):
        add_po(m, life, [{"number": 1, "description": "Project as contracted", "amount": money(sum(amounts, Decimal(0)))}], signed)
    extra = {"po_line": 1} if life.purchase_orders else {}
    contract = {"contract": ref(number)} | extra
    earlier_invoice(m, life, [_step_line(life, steps[0]) | contract for _ in range(before)], life.day - timedelta(days=70), 1)
    for step in now:
        add_line(life, step["code"], step["name"], "", Decimal(1), Decimal(step["amount"]), **contract)
    return life


def _step_line(life: Life, step: Row) -> Row:
    return {
        "sku": step["code"],
        "description": step["name"],
        "quantity": "1",
        "unit": "",
        "unit_price": step["amount"],
        "tax_code": life.meta["code"],
    }


def rent(m: Maker) -> Life:
    """A recurring amount, the same month by month. Some lines name their month; then it may be one that is caught up, with the month
    after it billed on the same day."""
    life, d = start(m, "rent"), m.dice
    first = life.day.replace(day=1) - timedelta(days=200)
    first = first.replace(day=1)
    steps: list[Row] = [
        {
            "code": f"RENT{n}", "kind": "recurring", "name": f"Rent of site {n}", "amount": money(Decimal(d.randint(10, 90)) * 50),
            "planned_on": iso(first), "every_months": 1,
        }
        for n in range(1, m.line_count + 1)
    ]  # fmt: skip
    version = {"number": 1, "valid_from": iso(first), "payment_terms": life.meta["terms"], "billing": "schedule", "steps": steps}
    number = m.number("CT")
    life.contracts.append(m.header(number, title="Rent", versions=[version]))
    contract = {"contract": ref(number)}
    life.meta |= {"style": "rent", "right": 0}
    this = life.day.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=min(life.day.day, 28))
    style = d.choice(("unnamed", "named", "caught up"))
    billed, before = {"unnamed": ({}, {}), "named": (month(this), month(last)), "caught up": (month(last), month(this))}[style]
    day = life.day if style == "caught up" else last
    earlier_invoice(m, life, [_step_line(life, x) | contract | before for x in steps], day, 1)
    life.meta["month"] = last if style == "caught up" else this
    for step in steps:
        add_line(life, step["code"], step["name"], "", Decimal(1), Decimal(step["amount"]), **contract, **billed)
    return life


def month(day: date) -> Row:
    """The month of a day, as a line names it."""
    first = day.replace(day=1)
    return {"period_from": iso(first), "period_to": iso((first + timedelta(days=31)).replace(day=1) - timedelta(days=1))}


def blanket(m: Maker) -> Life:
    """A blanket purchase order by amount: an order before this one was billed, one credited and never billed again."""
    life, d = start(m, "blanket"), m.dice
    ordered = life.day - timedelta(days=d.randint(10, 30))
    prices = with_contract(m, life, list(GOODS), ordered)
    chosen = d.sample(GOODS, min(m.line_count, len(GOODS)))
    lines: list[Row] = [
        {
            "number": n, "sku": sku, "description": said, "unit": unit, "quantity": text(Decimal(d.randint(1, 40))),
            "unit_price": text(prices[sku]), "po_line": 1,
        }
        for n, (sku, said, unit, _) in enumerate(chosen, 1)
    ]  # fmt: skip
    worth = sum((Decimal(x["quantity"]) * Decimal(x["unit_price"]) for x in lines), Decimal(0)).quantize(Decimal("0.01"))
    po = add_po(
        m, life, [{"number": 1, "description": "As called off", "amount": money(worth * 3)}], ordered - timedelta(days=60), is_blanket=True,
        amount=money(worth * 3),
    )  # fmt: skip
    tiers = life.meta.get("tiers", {})
    for line in lines:
        if line["sku"] in tiers and Decimal(line["quantity"]) >= tiers[line["sku"]][0]:
            line["unit_price"] = text(tiers[line["sku"]][1])
    old = add_order(m, life, [dict(x) for x in lines], ordered - timedelta(days=40), 1, state="billed")
    life.orders.reverse()
    order = add_order(m, life, lines, ordered, state="shipped")
    life.orders = [order, old]
    billed = [{k: v for k, v in x.items() if k != "po_line"} | {"po_line": 1, "tax_code": life.meta["code"]} for x in lines]
    life.invoice["po_number"] = po["number"]
    first = earlier_invoice(m, life, [x | {"order_line": n} for n, x in enumerate(billed, 1)], life.day - timedelta(days=45), 1)
    first["order"] = ref(old["number"])
    wrong = earlier_invoice(m, life, [x | {"order_line": n} for n, x in enumerate(billed, 1)], life.day - timedelta(days=50), 2)
    wrong["order"] = ref(old["number"])
    credit(m, life, wrong)
    life.invoice["order"] = ref(order["number"])
    for x in billed:
        number = len(life.lines) + 1
        life.lines.append(x | {"number": number, "order_line": number})
    return life


def credit(m: Maker, life: Life, row: Row) -> Row:
    """A credit memo that takes an invoice back in full."""
    memo = {k: v for k, v in row.items() if k not in ("order", "lines")} | {
        "external_id": f"CM-{row['number']}", "number": f"CM-{row['number']}", "kind": "credit_memo", "refers_to": ref(row["number"]),
        "reason": "billed in error", "lines": [dict(x) for x in row["lines"]], "document_date": iso(life.day - timedelta(days=1)),
    }  # fmt: skip
    memo.pop("payment_terms", None)
    if "order" in row:
        memo["order"] = row["order"]
    life.earlier.append(memo)
    return memo


def plain(m: Maker) -> Life:
    """A purchase order and an invoice, nothing between."""
    life, d = start(m, "plain"), m.dice
    chosen = d.sample(GOODS, min(m.line_count, len(GOODS)))
    lines: list[Row] = [
        {"number": n, "sku": sku, "unit": unit, "quantity": text(Decimal(d.randint(1, 60))), "unit_price": text(base)}
        for n, (sku, _, unit, base) in enumerate(chosen, 1)
    ]
    worth = sum((Decimal(x["quantity"]) * Decimal(x["unit_price"]) for x in lines), Decimal(0)).quantize(Decimal("0.01"))
    amount = {"amount": money(worth + Decimal("0.05"))} if m.chance(0.4) else {}
    add_po(m, life, lines, life.day - timedelta(days=d.randint(5, 40)), **amount)
    for line, (_, said, _, _) in zip(lines, chosen, strict=True):
        add_line(life, line["sku"], said, line["unit"], Decimal(line["quantity"]), Decimal(line["unit_price"]), po_line=line["number"])
    return life


def rebill(m: Maker) -> Life:
    """Goods billed wrongly, credited in full and billed again with the same lines."""
    life = goods(m)
    life.kind = "rebill"
    finish(life)
    wrong = earlier_invoice(m, life, life.lines, life.day - timedelta(days=2), 7)
    credit(m, life, wrong)
    life.invoice["replaces"] = ref(wrong["number"])
    return life
