"""Quantities: purchase order → order → delivered or done → billed, for each line of an order, with what was billed before.

| what differs | rule | origin |
| --- | --- | --- |
| billed above the order, and as much was delivered | quantity_ordered | logistics |
| billed above the order, and the work orders report as much | work_beyond_order | service_execution |
| billed above the order, nothing else reports so much | quantity_ordered | billing_output |
| goods billed above what arrived in good state: some arrived damaged | quantity_delivered | logistics |
| goods billed above what arrived: the order was closed as shipped though short | quantity_delivered | logistics |
| goods billed above what arrived: the order is still open | quantity_delivered | billing_output |
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from invoicing.checks import saying
from invoicing.checks.case import Case, Strand, spent
from invoicing.checks.facts import ZERO, Claim, Order, OrderLine
from invoicing.checks.pricing import ONE
from invoicing.checks.saying import Hit, Link


class Group(NamedTuple):
    """The document's lines that bill one line of an order; quantities in the order line's unit."""

    order: Order
    line: OrderLine
    strands: tuple[Strand, ...]
    now: Decimal
    before: Decimal


def ordered(case: Case) -> Iterator[Hit]:
    """More than was ordered, and no work orders that say why."""
    for g in _groups(case):
        if g.now + g.before > g.line.quantity and not _work_says(g, case):
            yield from _above_order(g, case)


def beyond_order(case: Case) -> Iterator[Hit]:
    """More than was ordered, and the work orders report it."""
    for g in _groups(case):
        done = _work_says(g, case)
        if done and g.now + g.before > g.line.quantity:
            links = [_order_link(g)]
            links += [Link("work_order", done, saying.of_work(s.work, saying.quantity(done, g.line.unit))) for s in g.strands[:1] if s.work]
            yield _told(g, case, g.line.quantity, links, "ordered")


def delivered(case: Case) -> Iterator[Hit]:
    """Goods billed that did not arrive, or not in good state."""
    for g in _groups(case):
        line, order = g.line, g.order
        if line.is_service or g.now + g.before <= line.delivered or any(_settled(s, case) for s in g.strands):
            continue
        if not order.deliveries and (order.state != "open" or _billed_by_order(g)):
            continue  # nobody keeps deliveries here, or the contract bills by order
        by_logistics = bool(line.damaged and g.now + g.before <= line.delivered + line.damaged) or order.state in ("shipped", "billed")
        links = [_order_link(g), Link("delivery", line.delivered, saying.of_delivery(order, _arrived(line), line.number))]
        why = (
            "The delivery is the first that differs: it fell short of the order, and the order was closed as if it were whole."
            if by_logistics else "The delivery is a part of the order and the order is still open: the invoice went ahead of it."
        )  # fmt: skip
        yield _told(g, case, line.delivered, links, "delivered", "logistics" if by_logistics else "billing_output", why)


def _groups(case: Case) -> list[Group]:
    """Lines by the order line they bill, kept until a finding settles more lines (three rules ask)."""
    if case.groups is None or case.groups[0] != len(case.settled):
        case.groups = len(case.settled), list(_made_groups(case))
    return case.groups[1]


def _made_groups(case: Case) -> Iterator[Group]:
    """Groups; lines whose unit can't be turned into the order line's are left to the rule about units."""
    found: dict[tuple[int, int], list[Strand]] = {}
    for s in case.strands:
        if s.order and s.order_line and s.order_line.quantity and ("quantity", s.line.number) not in case.settled:
            found.setdefault((s.order.key, s.order_line.number), []).append(s)
    for key, strands in found.items():
        order, line = strands[0].order, strands[0].order_line
        if not order or not line:
            continue
        claims = case.live(line.claims) + case.live(case.tally.order_claims.get(key, ()))
        now, before = _sum(case, line, [(s.line.unit, s.line.quantity) for s in strands]), _claimed(case, line, claims)
        if now is not None and before is not None:
            yield Group(order, line, tuple(strands), now, before)


def _sum(case: Case, line: OrderLine, pairs: list[tuple[str, Decimal]]) -> Decimal | None:
    return spent(tuple(pairs), case, line.sku, line.unit)


def _claimed(case: Case, line: OrderLine, claims: tuple[Claim, ...]) -> Decimal | None:
    return _sum(case, line, [(c.unit, c.quantity) for c in claims]) if claims else ZERO


def _work_says(g: Group, case: Case) -> Decimal | None:
    """What the document's work orders report for the order line, where that is more than was ordered and as much as is billed."""
    works = {s.work.key: s.work for s in g.strands if s.work}
    pairs = [
        (x.unit, x.quantity)
        for w in works.values()
        for x in w.lines
        if x.is_billable and (x.order_line == g.line.number or x.sku == g.line.sku)
    ]
    done = _sum(case, g.line, pairs) if pairs else None
    return done if done is not None and done + g.before > g.line.quantity and g.now <= done else None


def _above_order(g: Group, case: Case) -> Iterator[Hit]:
    shipped = not g.line.is_service and g.line.delivered >= g.now + g.before
    links = [_order_link(g)]
    if not g.line.is_service and g.order.deliveries:
        links.append(Link("delivery", g.line.delivered, saying.of_delivery(g.order, _arrived(g.line), g.line.number)))
    why = (
        "More was shipped than ordered, and billed as shipped: the delivery is the first that differs."
        if shipped else "Nothing before the invoice has so much: the invoice is the first that differs."
    )  # fmt: skip
    yield _told(g, case, g.line.quantity, links, "ordered", "logistics" if shipped else "billing_output", why)


def _told(g: Group, case: Case, limit: Decimal, links: list[Link], what: str, origin: str = "", why: str = "") -> Hit:
    """A finding about a group: what is over, spread over its lines from the last backwards."""
    over = g.now + g.before - limit
    effect = _cut(g, case, over)
    numbers = tuple(s.line.number for s in g.strands)
    unit = g.line.unit
    said = saying.quantity(g.now, unit) + (f" after {saying.quantity(g.before, unit)} before" if g.before else "")
    links = [*links, Link("invoice", g.now + g.before, saying.of_invoice(case, said, numbers[0]))]
    words = (
        f"{saying.place(g.strands[0])} bills {said}, {what} are {saying.quantity(limit, unit)}: {saying.quantity(over, unit)} more, "
        f"{saying.too_much(case, effect)}."
    )
    expected = saying.quantity(max(limit - g.before, ZERO), unit)
    reasoning = saying.walk(links, why)
    return Hit(
        numbers, expected, saying.quantity(g.now, unit), effect, origin or saying.origin_of(links), words, reasoning, saying.sources(links)
    )


def _cut(g: Group, case: Case, over: Decimal) -> int:
    """Note on the lines what shouldn't have been billed; answers its amount at the billed price (a price error is told by itself)."""
    effect, left = 0, over
    for s in reversed(g.strands):
        line = s.line
        times = case.factor(line.sku, line.unit, g.line.unit) or ONE
        part = min(left / times, line.quantity)
        if part > 0:
            share = line.amount if part == line.quantity else saying.minor(case, part * line.unit_price)
            right = share - _part(case.effects.get(line.number, 0), part, line.quantity)
            case.explain(line.number, right)
            case.excess[line.number] = case.excess.get(line.number, ZERO) + part
            case.settled.add(("quantity", line.number))
            effect += share
            left -= part * times
    return effect


def _part(effect: int, part: Decimal, whole: Decimal) -> int:
    """Of a price error on the line, what falls on the part that is taken away altogether."""
    return int((effect * part / whole).to_integral_value()) if effect else 0


def _settled(s: Strand, case: Case) -> bool:
    return ("quantity", s.line.number) in case.settled


def _billed_by_order(g: Group) -> bool:
    return any(s.version is not None and s.version.billing == "order" for s in g.strands)


def _order_link(g: Group) -> Link:
    return Link("order", g.line.quantity, saying.of_order(g.order, saying.quantity(g.line.quantity, g.line.unit), g.line.number))


def _arrived(line: OrderLine) -> str:
    said = saying.quantity(line.delivered, line.unit) if line.delivered else "nothing"
    return f"{said}, {saying.number(line.damaged)} damaged" if line.damaged else said
