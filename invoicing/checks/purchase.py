"""The purchase order that the invoice bears: there, known, the customer's own, open, in time.

| what is wrong | rule | origin |
| --- | --- | --- |
| no number, the order has one | po_missing | billing_output |
| no number, nor has the order | po_missing | order_entry |
| another number than the order's purchase order | po_wrong | order_entry if the desk wrote it so on the order, else billing_output |
| a number of no purchase order on record | po_unknown | order_entry if it is the order's, else billing_output |
| a purchase order of another customer | po_customer | order_entry if the order stands on it, else billing_output |
| closed or cancelled | po_closed | order_entry if the order stands on it, else billing_output |
| expired, and the order was taken after that | po_expired | order_entry |
| expired, the work was done after that | po_expired | service_execution |
| expired, the goods were shipped after that | po_expired | logistics |
| expired, all was done in time and billed late | po_expired | billing_output |
| the number doesn't look as the customer's do | po_format | order_entry if the order has it so, else billing_output |
| lines don't name the purchase order's line | po_line_missing | order_entry if the order's lines don't either, else billing_output |
"""

from collections.abc import Iterator

from customers.requirements import fits_mask
from invoicing.checks import saying
from invoicing.checks.case import Case
from invoicing.checks.facts import Order, PurchaseOrder
from invoicing.checks.saying import Hit, Link


def missing(case: Case) -> Iterator[Hit]:
    """A customer who wants a number on the invoice, and none is there."""
    d = case.document
    rule = next(case.requirements("po_number"), None)
    if d.po_number or not rule:
        return
    order = next(iter(case.orders()), None)
    known = _number_of(order, case) if order else next((po.number for po in case.purchase_orders()), "")
    links = [Link("customer", "wanted", saying.of_customer(case.customer, "number wanted"))] if case.customer else []
    if order:
        links.append(Link("order", bool(known), saying.of_order(order, known or "no number")))
    links.append(Link("invoice", "", saying.of_invoice(case, "no number")))
    origin = "billing_output" if known else "order_entry"
    why = (
        f"The order has the number {known}: it was lost on the invoice." if known
        else "The number was never asked for when the order was taken: the order is the first without it."
    )  # fmt: skip
    case.settled.add(("po", 0))
    yield Hit(
        (), known or "purchase order number", "none", 0, origin,
        "The customer pays only invoices that bear its purchase order number; this one bears none.",
        saying.walk(links, why), saying.sources(links),
    )  # fmt: skip


def wrong(case: Case) -> Iterator[Hit]:
    """Another purchase order than the one that the order stands on."""
    d = case.document
    if not d.po_number:
        return
    for order in case.orders():
        po = case.facts.purchase_orders.get(order.purchase_order) if order.purchase_order else None
        if po is None or po.key == d.purchase_order or _same(po.number, d.po_number):
            continue
        desk = bool(order.po_number) and _same(order.po_number, d.po_number)
        links = [
            Link("purchase_order", po.number, saying.of_po(po, po.number)),
            Link("order", order.po_number or po.number, saying.of_order(order, order.po_number or po.number)),
            Link("invoice", d.po_number, saying.of_invoice(case, d.po_number)),
        ]
        case.settled.add(("po", 0))
        yield Hit(
            (), po.number, d.po_number, 0, "order_entry" if desk else "billing_output",
            f"The invoice bears purchase order {d.po_number}; order {order.number} was placed on {po.number}.",
            saying.walk(links), saying.sources(links),
        )  # fmt: skip
        return


def unknown(case: Case) -> Iterator[Hit]:
    """A number that no purchase order on record has, of a customer whose purchase orders are kept."""
    d, customer = case.document, case.customer
    if not d.po_number or d.purchase_order or not customer or not customer.keeps_purchase_orders or ("po", 0) in case.settled:
        return
    order = next((o for o in case.orders() if _same(o.po_number, d.po_number)), None)
    links = [Link("customer", "known", saying.of_customer(customer, "purchase orders on record, none of this number"))]
    if order:
        links.append(Link("order", d.po_number, saying.of_order(order, d.po_number)))
    links.append(Link("invoice", d.po_number, saying.of_invoice(case, d.po_number)))
    case.settled.add(("po", 0))
    yield Hit(
        (), "a purchase order on record", d.po_number, 0, "order_entry" if order else "billing_output",
        f"No purchase order {d.po_number} of {customer.name} is on record: it may be mistyped, or its copy was never filed.",
        saying.walk(links), saying.sources(links),
    )  # fmt: skip


def other_customers(case: Case) -> Iterator[Hit]:
    """A purchase order that another customer gave."""
    for po in _borne(case):
        if case.is_family(po.customer):
            continue
        order = _standing_on(po, case)
        owner = saying.other(case, po.customer)
        links = [
            Link("purchase_order", po.customer, saying.of_po(po, owner)),
            *([Link("order", order.customer, saying.of_order(order, f"on {po.number}"))] if order else []),
            Link("invoice", case.document.customer, saying.of_invoice(case, case.customer.name if case.customer else "")),
        ]
        case.settled |= {("po", 0), ("po", po.key)}
        yield Hit(
            (), "a purchase order of this customer", f"{po.number} of {owner}", 0,
            "order_entry" if order else "billing_output",
            f"Purchase order {po.number} was given by {owner}, not by the customer that is billed.",
            saying.walk(links, _stands(order, po)), saying.sources(links),
        )  # fmt: skip


def closed(case: Case) -> Iterator[Hit]:
    """A purchase order that is closed or cancelled."""
    for po in _borne(case):
        if po.state == "open" or ("po", po.key) in case.settled:
            continue
        order = _standing_on(po, case)
        links = [Link("purchase_order", po.state, saying.of_po(po, po.state))]
        if order:
            links.append(Link("order", "open", saying.of_order(order, f"on {po.number}")))
        links.append(Link("invoice", "open", saying.of_invoice(case, f"bears {po.number}")))
        case.settled.add(("po", po.key))
        yield Hit(
            (), "an open purchase order", f"{po.number}, {po.state}", 0, "order_entry" if order else "billing_output",
            f"Purchase order {po.number} is {po.state}: the customer's system will refuse what is billed on it.",
            saying.walk(links, _stands(order, po)), saying.sources(links), po.number,
        )  # fmt: skip


def expired(case: Case) -> Iterator[Hit]:
    """Billed after the last day of the purchase order."""
    for po in _borne(case):
        if po.expires_on is None or case.document.document_date <= po.expires_on or ("po", po.key) in case.settled:
            continue
        links = [Link("purchase_order", None, saying.of_po(po, f"until {saying.day(po.expires_on)}"))]
        origin, why = _too_late(po, case, links)
        links.append(Link("invoice", None, saying.of_invoice(case, f"billed {saying.day(case.document.document_date)}")))
        case.settled.add(("po", po.key))
        yield Hit(
            (), f"billed by {saying.day(po.expires_on)}", saying.day(case.document.document_date), 0, origin,
            f"Purchase order {po.number} ran out on {saying.day(po.expires_on)}; "
            f"this is billed on {saying.day(case.document.document_date)}.",
            saying.walk(links, why), saying.sources(links), po.number,
        )  # fmt: skip


def format_(case: Case) -> Iterator[Hit]:
    """A number that doesn't look as this customer's do."""
    d = case.document
    for rule in case.requirements("po_format"):
        mask = str(rule.params.get("mask", ""))
        if not d.po_number or not mask or fits_mask(d.po_number, mask) or ("po", 0) in case.settled:
            continue
        order = next((o for o in case.orders() if o.po_number == d.po_number), None)
        links = [Link("customer", mask, saying.of_customer(case.customer, f"looks like {mask}"))] if case.customer else []
        if order:
            links.append(Link("order", d.po_number, saying.of_order(order, order.po_number)))
        links.append(Link("invoice", d.po_number, saying.of_invoice(case, d.po_number)))
        yield Hit(
            (), mask, d.po_number, 0, "order_entry" if order else "billing_output",
            f"The customer's purchase order numbers look like {mask}; {d.po_number} doesn't, and will not be found.",
            saying.walk(links, "The order is the first to bear it so." if order else "The order doesn't bear it so: the invoice does."),
            saying.sources(links), mask,
        )  # fmt: skip
        return


def lines_not_named(case: Case) -> Iterator[Hit]:
    """Lines without the number of the purchase order's line, for a customer who matches by it."""
    if not any(case.requirements("line_reference")):
        return
    bare = [s for s in case.strands if s.line.po_line is None and not case.is_extra(s)]
    for origin, strands in (
        ("billing_output", [s for s in bare if s.order_line and s.order_line.po_line is not None]),
        ("order_entry", [s for s in bare if not (s.order_line and s.order_line.po_line is not None)]),
    ):
        if not strands:
            continue
        links = [Link("customer", "named", saying.of_customer(case.customer, "line numbers wanted"))] if case.customer else []
        if (order := strands[0].order) and (line := strands[0].order_line):
            said = f"PO line {line.po_line}" if line.po_line is not None else "no PO line"
            links.append(Link("order", said, saying.of_order(order, said, line.number)))
        links.append(Link("invoice", None, saying.of_invoice(case, "no PO line", strands[0].line.number)))
        numbers = tuple(s.line.number for s in strands)
        why = "The order names it: it was lost on the invoice." if origin == "billing_output" else "The order doesn't name it either."
        yield Hit(
            numbers, "number of the purchase order's line", "none", 0, origin,
            f"The customer matches by its purchase order's lines; lines {', '.join(map(str, numbers[:8]))} name none.",
            saying.walk(links, why), saying.sources(links), origin,
        )  # fmt: skip


def _borne(case: Case) -> list[PurchaseOrder]:
    """Purchase orders that the invoice bears or draws on; not the order's own where the invoice bears another by error."""
    named = case.facts.purchase_orders.get(case.document.purchase_order) if case.document.purchase_order else None
    if named:
        return [named]
    return case.purchase_orders()


def _standing_on(po: PurchaseOrder, case: Case) -> Order | None:
    return next((o for o in case.orders() if o.purchase_order == po.key or _same(o.po_number, po.number)), None)


def _stands(order: Order | None, po: PurchaseOrder) -> str:
    if order:
        return f"Order {order.number} was taken on it: the order is the first that shouldn't stand on {po.number}."
    return "No order stands on it: the invoice is the first that bears it."


def _too_late(po: PurchaseOrder, case: Case, links: list[Link]) -> tuple[str, str]:
    last = po.expires_on
    for order in case.orders():
        links.append(Link("order", None, saying.of_order(order, f"taken {saying.day(order.ordered_on)}")))
        if last and order.ordered_on > last:
            return "order_entry", "The order was taken after that day: it is the first that came too late."
    for work in case.work_orders():
        if last and work.completed_on and work.completed_on > last:
            links.append(Link("work_order", None, saying.of_work(work, f"done {saying.day(work.completed_on)}")))
            return "service_execution", "The order was in time, the work was done after that day: it is the first that came too late."
    for order in case.orders():
        if last and order.delivered_on and order.delivered_on > last and not case.work_orders():
            links.append(Link("delivery", None, saying.of_delivery(order, f"shipped {saying.day(order.delivered_on)}")))
            return "logistics", "The order was in time, the goods left after that day: the delivery is the first that came too late."
    return "billing_output", "All was ordered and done in time: only the invoice came too late."


def _number_of(order: Order, case: Case) -> str:
    po = case.facts.purchase_orders.get(order.purchase_order) if order.purchase_order else None
    return order.po_number or (po.number if po else "")


def _same(one: str, other: str) -> bool:
    return one.strip().upper() == other.strip().upper()
