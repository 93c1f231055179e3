"""Faults of quantities, work and steps; and bills that were sent before."""

from datetime import date, timedelta
from decimal import Decimal

from invoicing.checks.lives.base import add_order, earlier_invoice
from invoicing.checks.lives.faults import fault, order_line, order_of, pick, version, wants, works_of
from invoicing.checks.lives.model import Life, Maker, Row, iso, ref, text
from invoicing.checks.lives.services import month

Answer = tuple[int, ...] | bool | None


def more(row: Row, by: Decimal) -> None:
    """Change a row's quantity by so much."""
    row["quantity"] = text(Decimal(row["quantity"]) + by)


def whole(life: Life) -> bool:
    """Whether all of the order was delivered at once."""
    return life.meta.get("delivered") == "whole"


def _delivered(life: Life, line: Row) -> Row:
    return next(x for dl in life.deliveries for x in dl["lines"] if x["order_line"] == line["order_line"])


@fault("quantity_ordered", "billing_output", "quantity", "goods")
def more_billed_than_ordered(m: Maker, life: Life) -> Answer:
    """The invoice has more than order and delivery."""
    line = pick(m, life) if whole(life) else None
    if not line:
        return False
    more(line, Decimal(m.dice.randint(1, 4)))
    return (line["number"],)


@fault("quantity_ordered", "logistics", "quantity", "goods")
def more_shipped_than_ordered(m: Maker, life: Life) -> Answer:
    """More left than was ordered, and was billed."""
    line = pick(m, life) if whole(life) else None
    if not line:
        return False
    by = Decimal(m.dice.randint(1, 4))
    more(_delivered(life, line), by)
    more(line, by)
    return (line["number"],)


@fault("quantity_delivered", "logistics", "quantity", "goods")
def damaged_on_the_way(m: Maker, life: Life) -> Answer:
    """Some arrived damaged; all was billed."""
    line = pick(m, life, lambda x: Decimal(x["quantity"]) >= 2) if whole(life) else None
    if not line:
        return False
    _delivered(life, line)["damaged"] = "1"
    return (line["number"],)


@fault("quantity_delivered", "logistics", "quantity", "goods")
def short_yet_closed(m: Maker, life: Life) -> Answer:
    """Less left than was ordered; the order was closed as shipped and billed in full."""
    line, order = pick(m, life, lambda x: Decimal(x["quantity"]) >= 2) if whole(life) else None, order_of(life)
    if not line or not order:
        return False
    order["state"] = "shipped"
    more(_delivered(life, line), Decimal(-1))
    return (line["number"],)


@fault("quantity_delivered", "billing_output", "quantity", "goods")
def billed_ahead_of_delivery(m: Maker, life: Life) -> Answer:
    """A part was delivered, the order is open, and all was billed."""
    line, order = pick(m, life, lambda x: Decimal(x["quantity"]) >= 2) if whole(life) else None, order_of(life)
    if not line or not order:
        return False
    order["state"] = "open"
    more(_delivered(life, line), Decimal(-1))
    return (line["number"],)


def _reported(life: Life, line: Row) -> Row | None:
    number = line["work_order"]["external_id"]
    return next((x for w in life.work_orders if w["number"] == number for x in w["lines"] if x["sku"] == line["sku"]), None)


@fault("work_beyond_order", "service_execution", "quantity", "service")
def hours_beyond_the_order(m: Maker, life: Life) -> Answer:
    """The technician worked longer than was ordered; the invoice took it over."""
    line = pick(m, life, lambda x: x["unit"] == "HUR") if len(life.work_orders) == 1 else None
    if not line or not (ordered := order_line(life, line)) or not (done := _reported(life, line)):
        return False
    line["quantity"] = done["quantity"] = text(Decimal(ordered["quantity"]) + m.dice.randint(1, 6))
    return (line["number"],)


@fault("quantity_work", "billing_output", "quantity", "service", "time")
def more_billed_than_done(m: Maker, life: Life) -> Answer:
    """More hours on the invoice than on the work order."""
    line = pick(m, life, lambda x: x["unit"] == "HUR")
    if not line:
        return False
    more(line, Decimal(m.dice.randint(1, 6)))
    return (line["number"],)


@fault("work_underbilled", "billing_output", "quantity", "service", "time")
def less_billed_than_done(m: Maker, life: Life) -> Answer:
    """Hours that the work order reports and the invoice forgot."""
    line = pick(m, life, lambda x: x["unit"] == "HUR" and Decimal(x["quantity"]) > 1)
    if not line:
        return False
    more(line, Decimal(-1))
    return (line["number"],)


@fault("work_not_done", "service_execution", "work sign late extra fee", "service", "time")
def never_closed(m: Maker, life: Life) -> Answer:
    """Reported, but never closed."""
    return _undone(life, "started")


@fault("work_not_done", "billing_output", "work sign late extra fee", "service", "time")
def billed_ahead_of_work(m: Maker, life: Life) -> Answer:
    """Billed while it was only scheduled."""
    return _undone(life, "scheduled")


def _undone(life: Life, state: str) -> Answer:
    work = life.work_orders[0]
    if life.touched & set(works_of(life, work)):
        return False
    work["state"] = state
    for name in ("completed_on", "signed_off_by", "signed_off_on"):
        work.pop(name, None)
    life.touched |= set(works_of(life, work))
    return works_of(life, work)


@fault("work_not_signed", "service_execution", "sign late extra", "service", "time")
def never_signed(m: Maker, life: Life) -> Answer:
    """The customer wants to sign and nobody did."""
    work = life.work_orders[0]
    if work["state"] != "done":
        return False
    if m.chance(0.5) and (one := version(life)):
        one["sign_off_needed"] = True
    else:
        wants(life, "sign_off")
    for other in life.work_orders:
        other |= {"signed_off_by": "P. Marsh", "signed_off_on": other.get("completed_on") or iso(life.day)}
    for name in ("signed_off_by", "signed_off_on"):
        work.pop(name, None)
    return works_of(life, work)


@fault("work_billed_twice", "billing_output", "work", "service", "time")
def work_billed_again(m: Maker, life: Life) -> Answer:
    """Lines of the work order were billed weeks ago."""
    work = life.work_orders[0]
    lines = [x for x in life.lines if x["number"] in works_of(life, work)][:2]
    if life.touched & set(works_of(life, work)):
        return False
    life.touched |= set(works_of(life, work))
    earlier_invoice(m, life, lines, life.day - timedelta(days=20), 3)
    return tuple(x["number"] for x in lines)


@fault("milestone_not_reached", "billing_output", "step", "project")
def milestone_ahead_of_its_day(m: Maker, life: Life) -> Answer:
    """Billed before it was due."""
    return _unreached(m, life, life.day + timedelta(days=30))


@fault("milestone_not_reached", "service_execution", "step", "project")
def milestone_late(m: Maker, life: Life) -> Answer:
    """Its day has passed, nobody said it was reached."""
    return _unreached(m, life, life.day - timedelta(days=10))


def _unreached(m: Maker, life: Life, planned: date) -> Answer:
    line = pick(m, life)
    if not line:
        return False
    contract = life.contracts[0]
    contract["milestones_reached"] = [x for x in contract["milestones_reached"] if x["code"] != line["sku"]]
    for one in contract["versions"]:
        one["steps"] = [x | {"planned_on": iso(planned)} if x["code"] == line["sku"] else x for x in one["steps"]]
    return (line["number"],)


@fault("step_billed_twice", "billing_output", "step", "project", "rent")
def step_billed_again(m: Maker, life: Life) -> Answer:
    """A milestone was billed before, or a month's rent was by the dates of the documents."""
    line = pick(m, life, lambda x: "period_from" not in x) if life.day.day > 1 else None
    if not line or len(life.lines) < 2:
        return False
    day = life.day.replace(day=1) if life.kind == "rent" else life.day - timedelta(days=60)
    earlier_invoice(m, life, [line], day, 3)
    return (line["number"],)


@fault("step_billed_twice", "billing_output", "step", "rent")
def period_billed_again(m: Maker, life: Life) -> Answer:
    """The month that a line names was billed before, by an invoice of another month."""
    line = pick(m, life)
    if not line or len(life.lines) < 2:
        return False
    line |= month(life.meta["month"])
    earlier_invoice(m, life, [line], life.day - timedelta(days=m.dice.randint(35, 60)), 3)
    return (line["number"],)


@fault("step_amount", "billing_output", "step", "project", "rent")
def step_above_its_amount(m: Maker, life: Life) -> Answer:
    """More billed than the step's amount."""
    line = pick(m, life)
    if not line:
        return False
    line["unit_price"] = text(Decimal(line["unit_price"]) + Decimal("137.25"))
    return (line["number"],)


@fault("step_amount", "contract_setup", "step", "project")
def step_of_another_version(m: Maker, life: Life) -> Answer:
    """The step's amount is that of the version before the amendment."""
    line = pick(m, life) if len(life.contracts[0]["versions"]) == 2 else None
    if not line:
        return False
    old = next(x for x in life.contracts[0]["versions"][0]["steps"] if x["code"] == line["sku"])
    line["unit_price"] = old["amount"]
    return (line["number"],)


@fault("duplicate", "billing_output", "duplicate", "goods", "service", "time", "project", "plain", alone=True)
def billed_again(m: Maker, life: Life) -> Answer:
    """All of it was billed three days ago under another number."""
    earlier_invoice(m, life, life.lines, life.day - timedelta(days=3), 5)
    return ()


@fault("duplicate", "billing_output", "duplicate", "goods", "plain", alone=True)
def number_in_another_spelling(m: Maker, life: Life) -> Answer:
    """The same number without its hyphen."""
    row = earlier_invoice(m, life, life.lines, life.day - timedelta(days=1), 5)
    row["number"] = row["external_id"] = life.invoice["number"].replace("-", "")
    return ()


@fault("duplicate", "order_entry", "duplicate", "goods", alone=True)
def ordered_twice(m: Maker, life: Life) -> Answer:
    """The order was entered a second time, and billed then."""
    return _ordered_twice(m, life, near=False)


@fault("near_duplicate", "order_entry", "duplicate", "goods", alone=True)
def ordered_nearly_twice(m: Maker, life: Life) -> Answer:
    """The same with one article named otherwise."""
    return _ordered_twice(m, life, near=True)


def _ordered_twice(m: Maker, life: Life, *, near: bool) -> Answer:
    order = order_of(life)
    if not order or not whole(life):
        return False
    second = add_order(m, life, [dict(x) for x in order["lines"]], date.fromisoformat(order["ordered_on"]), 2, state="shipped")
    second["lines"] = [dict(x) for x in order["lines"]]
    lines = [dict(x) for x in life.lines]
    if near:
        lines[-1] = {k: v for k, v in lines[-1].items() if k != "order_line"} | {"sku": "MISC"}
    earlier_invoice(m, life, lines, life.day - timedelta(days=4), 5)["order"] = ref(second["number"])
    return ()


@fault("near_duplicate", "billing_output", "duplicate", "goods", "plain", "service", alone=True)
def nearly_billed_again(m: Maker, life: Life) -> Answer:
    """The same total on the same purchase order, one article named otherwise."""
    lines = [dict(x) for x in life.lines]
    if len(lines) < 2:
        return False
    lines[-1] = {k: v for k, v in lines[-1].items() if k not in ("order_line", "work_order")} | {"sku": "MISC"}
    earlier_invoice(m, life, lines, life.day - timedelta(days=4), 5)
    return ()
