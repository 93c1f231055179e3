"""What is left: of purchase orders and their lines, of contracts and work orders that must not be exceeded.

| what is exceeded | first break | origin |
| --- | --- | --- |
| purchase order's line or amount | the order, with what was billed before it, has more than the purchase order | order_entry |
|  | the order keeps to it, the work orders report more than was ordered | service_execution |
|  | neither | billing_output |
| contract, not to exceed | likewise, the order held against what is left of the contract | order_entry, service_execution, billing_output |
| work order, not to exceed | what the work order reports comes to more at the billed price | service_execution |
|  | it doesn't | billing_output |

Sums are asked for as they are once earlier findings are put right (`Case.right_amount`): an overdraft that vanishes with a price
error, a duplicate or a quantity too high is its consequence, and not told again.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from invoicing.checks import saying
from invoicing.checks.case import Case, Strand, spent
from invoicing.checks.facts import ZERO, EarlierLine, Order, PurchaseLine, PurchaseOrder, WorkOrder
from invoicing.checks.found import Source
from invoicing.checks.pricing import ONE
from invoicing.checks.saying import Hit, Link


class Left(NamedTuple):
    """A limit in minor units, what was drawn on it before, and what these lines draw once put right."""

    limit: int
    before: int
    now: int
    strands: Sequence[Strand]

    @property
    def over(self) -> int:
        """By how much the lines exceed the limit."""
        return min(self.now + self.before - self.limit, self.now)


def po_lines(case: Case) -> Iterator[Hit]:
    """More than is left of a purchase order's line: by quantity, or by amount where it has none."""
    seen: dict[tuple[int, int], list[Strand]] = {}
    for s in case.strands:
        if s.po and s.po_line and ("quantity", s.line.number) not in case.settled:
            seen.setdefault((s.po.key, s.po_line.number), []).append(s)
    for strands in seen.values():
        po, line = strands[0].po, strands[0].po_line
        if not po or not line or po.currency != case.document.currency:
            continue
        if line.quantity is not None:
            yield from _po_quantity(po, line, strands, case)
        elif line.amount is not None:
            key = po.key, line.number
            repeated = sum(x.amount for x in _repeated(case) if x.purchase_order == po.key and x.po_line == line.number)
            before = line.billed_amount + case.tally.po_lines.get(key, 0) - repeated
            left = Left(line.amount, before, _now(strands, case), strands)
            yield from _po_over(po, line.number, left, case)


def purchase_orders(case: Case) -> Iterator[Hit]:
    """More than is left of a purchase order's amount."""
    for po in case.purchase_orders():
        if po.amount is None or po.currency != case.document.currency:
            continue
        strands = [s for s in case.strands if s.po is po]
        repeated = sum(x.amount for x in _repeated(case) if x.purchase_order == po.key)
        before = po.billed_amount + case.tally.po_amounts.get(po.key, 0) - repeated
        yield from _po_over(po, None, Left(po.amount, before, _now(strands, case), strands), case)


def contracts(case: Case) -> Iterator[Hit]:
    """More than the contract's version lets be billed over its life."""
    for contract in case.contracts():
        strands = [s for s in case.strands if s.contract is contract]
        version = strands[0].version
        if version is None or version.not_to_exceed is None or contract.currency != case.document.currency or case.duplicates:
            continue
        before = contract.billed_amount + case.tally.contracts.get(contract.key, 0)
        left = Left(version.not_to_exceed, before, _now(strands, case), strands)
        if left.over > 0:
            source = saying.of_contract(contract, version, f"{saying.amount(case, left.limit)} at most")
            yield _over("contract", source, left, case, f"contract {contract.number} must not exceed {saying.amount(case, left.limit)}")


def work_orders(case: Case) -> Iterator[Hit]:
    """More than the customer lets a work order come to."""
    for work in case.work_orders():
        if work.not_to_exceed is None or work.currency != case.document.currency:
            continue
        strands = [s for s in case.strands if s.work is work]
        claims = case.live(work.claims) + case.live(case.tally.work_claims.get(work.key, ()))
        left = Left(work.not_to_exceed, sum(c.amount for c in claims), _now(strands, case), strands)
        if left.over > 0:
            yield _work_over(work, left, case)


def _now(strands: Sequence[Strand], case: Case) -> int:
    """What the lines draw: put right, but never more than is billed (an amount too low is told by itself)."""
    return sum(min(case.right_amount(s.line), s.line.amount) for s in strands)


def _repeated(case: Case) -> list[EarlierLine]:
    """Lines of the invoices that this one repeats: they aren't counted against it twice."""
    if not case.duplicates:
        return []
    known = case.facts.earlier.get(case.document.customer, ()) + case.tally.earlier.get(case.document.customer, ())
    return [line for e in known if e.key in case.duplicates for line in e.lines]


def _po_over(po: PurchaseOrder, line: int | None, left: Left, case: Case) -> Iterator[Hit]:
    if left.over > 0:
        where = f"line {line} of {po.number}" if line is not None else po.number
        source = saying.of_po(po, saying.amount(case, left.limit), line)
        yield _over("purchase_order", source, left, case, f"{where} is for {saying.amount(case, left.limit)}")


def _over(kind: str, source: Source, left: Left, case: Case, limit: str) -> Hit:
    """A finding about a limit in money, with the chain from what set it to the invoice."""
    links = [Link(kind, None, source)]
    origin = _who(left, links, case)
    before = f" after {saying.amount(case, left.before)} before" if left.before else ""
    links.append(Link("invoice", None, saying.of_invoice(case, f"{saying.amount(case, left.now)}{before}")))
    _explain(left.strands, left.over, case)
    words = f"{_lines(left.strands)} come to {saying.amount(case, left.now)}{before}; {limit}: {saying.amount(case, left.over)} more."
    rest = saying.amount(case, max(left.limit - left.before, 0))
    return Hit(
        tuple(s.line.number for s in left.strands), f"{rest} left", saying.amount(case, left.now), left.over, origin, words,
        saying.walk(links, _WHY[origin]), saying.sources(links), f"{source.document}:{source.key}",
    )  # fmt: skip


_WHY = {
    "order_entry": "With what was billed before, the order has more than is left: the order is the first that goes beyond it.",
    "service_execution": "The order keeps within it, the work orders report more: the work is the first that goes beyond it.",
    "billing_output": "Nothing before the invoice goes beyond it: the invoice is the first.",
}


def _who(left: Left, links: list[Link], case: Case) -> str:
    """The first link that goes beyond the limit."""
    orders = list({s.order.key: s.order for s in left.strands if s.order}.values())
    worth = sum(_worth(order, case) for order in orders)
    for order in orders[:2]:
        links.append(Link("order", None, saying.of_order(order, saying.amount(case, _worth(order, case)))))
    if orders and worth + left.before - _billed(orders, case) > left.limit:
        return "order_entry"
    works = list({s.work.key: s.work for s in left.strands if s.work}.values())
    for work in works[:2]:
        links.append(Link("work_order", None, saying.of_work(work, _reported(work))))
    return "service_execution" if works else "billing_output"


def _worth(order: Order, case: Case) -> int:
    return sum(saying.minor(case, x.quantity * x.unit_price) for x in order.lines.values())


def _billed(orders: Sequence[Order], case: Case) -> int:
    return sum(c.amount for order in orders for x in order.lines.values() for c in case.live(x.claims))


def _reported(work: WorkOrder) -> str:
    return ", ".join(f"{x.sku} {saying.quantity(x.quantity, x.unit)}" for x in work.lines[:4]) or "nothing reported"


def _lines(strands: Sequence[Strand]) -> str:
    numbers = [str(s.line.number) for s in strands]
    return f"Line {numbers[0]}" if len(numbers) == 1 else f"Lines {', '.join(numbers[:6])}{' …' if len(numbers) > 6 else ''}"


def _explain(strands: Sequence[Strand], effect: int, case: Case) -> None:
    """Note what is over on the lines, from the last backwards."""
    left = effect
    for s in reversed(strands):
        part = min(left, max(case.right_amount(s.line), 0))
        if part > 0:
            case.explain(s.line.number, part)
            left -= part


def _work_over(work: WorkOrder, left: Left, case: Case) -> Hit:
    done = sum(
        saying.minor(case, x.quantity * s.line.unit_price)
        for x in work.lines
        if x.is_billable
        for s in left.strands[:50]
        if s.line.sku == x.sku
    )
    origin = "service_execution" if done > left.limit else "billing_output"
    links = [
        Link("work_order", None, saying.of_work(work, f"{saying.amount(case, left.limit)} at most, reported: {_reported(work)}")),
        Link("invoice", None, saying.of_invoice(case, saying.amount(case, left.now))),
    ]
    why = (
        "What the work order reports comes to more than the customer agreed to: the work went beyond it."
        if done > left.limit else "What the work order reports keeps within it: the invoice is the first that goes beyond it."
    )  # fmt: skip
    _explain(left.strands, left.over, case)
    words = (
        f"{_lines(left.strands)} bill {saying.amount(case, left.now + left.before)} on work order {work.number}, which must not exceed "
        f"{saying.amount(case, left.limit)}: {saying.amount(case, left.over)} more."
    )
    return Hit(
        tuple(s.line.number for s in left.strands), f"at most {saying.amount(case, left.limit)}", saying.amount(case, left.now), left.over,
        origin, words, saying.walk(links, why), saying.sources(links), f"work_order:{work.key}",
    )  # fmt: skip


def _po_quantity(po: PurchaseOrder, line: PurchaseLine, strands: Sequence[Strand], case: Case) -> Iterator[Hit]:
    first, limit = strands[0], line.quantity or ZERO
    sku = line.sku or first.line.sku
    pairs = tuple((s.line.unit, s.line.quantity - case.excess.get(s.line.number, ZERO)) for s in strands)
    now = spent(pairs, case, sku, line.unit)
    before = spent((*line.billed, *case.tally.quantity(po.key, line.number)), case, sku, line.unit)
    if now is None or before is None or now + before <= limit:
        return
    before -= sum((x.quantity for x in _repeated(case) if x.purchase_order == po.key and x.po_line == line.number), ZERO)
    over = min(now + before - limit, now)
    if over <= 0:
        return
    links = [Link("purchase_order", None, saying.of_po(po, saying.quantity(limit, line.unit), line.number))]
    origin = _who_by_quantity(first, line, before, links, case)
    said = saying.quantity(now, line.unit) + (f" after {saying.quantity(before, line.unit)} before" if before else "")
    links.append(Link("invoice", None, saying.of_invoice(case, said, first.line.number)))
    back = case.factor(sku, line.unit, first.line.unit) or ONE
    effect = saying.minor(case, over * back * first.line.unit_price)
    _explain(strands, effect, case)
    words = (
        f"{_lines(strands)} bill {said} on line {line.number} of {po.number}, which is for {saying.quantity(limit, line.unit)}: "
        f"{saying.quantity(over, line.unit)} more, {saying.too_much(case, effect)}."
    )
    yield Hit(
        tuple(s.line.number for s in strands), f"{saying.quantity(max(limit - before, ZERO), line.unit)} left",
        saying.quantity(now, line.unit), effect, origin, words, saying.walk(links, _WHY[origin]), saying.sources(links),
        f"purchase_order:{po.key}:{line.number}",
    )  # fmt: skip


def _who_by_quantity(first: Strand, line: PurchaseLine, before: Decimal, links: list[Link], case: Case) -> str:
    order, at = first.order, first.order_line
    if order and at and (times := case.factor(at.sku, at.unit, line.unit)):
        links.append(Link("order", None, saying.of_order(order, saying.quantity(at.quantity, at.unit), at.number)))
        own = spent(tuple((c.unit, c.quantity) for c in case.live(at.claims)), case, at.sku, line.unit) or ZERO
        if at.quantity * times + before - own > (line.quantity or ZERO):
            return "order_entry"
    if work := first.work:
        links.append(Link("work_order", None, saying.of_work(work, _reported(work))))
        return "service_execution"
    return "billing_output"
