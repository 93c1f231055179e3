"""What of an order's lines is still to be billed: delivery by delivery, beside whatever others billed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from invoicing.checks.facts import ZERO, Order, OrderLine, WorkLine, WorkOrder
from invoicing.checks.pricing import Conversions, factor

Shipment = tuple[int, Mapping[int, Decimal]]
"""A delivery: its key, and what arrived whole by number of the order's line."""


def billed(line: OrderLine, conversions: Conversions) -> Decimal:
    """What was billed of an order's line before, in its unit; in a unit that nothing converts, the number as it stands."""
    return sum((claim.quantity * (factor(conversions, line.sku, claim.unit, line.unit) or 1) for claim in line.claims), ZERO)


@dataclass(frozen=True, slots=True)
class Part:
    """A draft's claim on deliveries of one order. `lines`: line of the order → quantity that it bills; None: all that arrived."""

    deliveries: tuple[int, ...]
    is_live: bool
    lines: Mapping[int, Decimal] | None = None


def of_deliveries(
    order: Order, shipments: Sequence[Shipment], parts: Sequence[Part], conversions: Conversions
) -> dict[int, dict[int, Decimal]]:
    """Delivery → line → quantity to bill.

    A delivery that a draft on its way claims waits for it. Of one that an issued draft billed in part, the rest is left. What was billed
    beyond the deliveries that drafts claim was billed by others (an ERP, by hand): it uses up what is left, the earliest first. What came
    back as credit is not billed again.
    """
    left: dict[int, dict[int, Decimal]] = {}
    for number, line in order.lines.items():
        rest = {key: max(lines.get(number, ZERO), ZERO) for key, lines in shipments}
        own = sum((_take(rest, part, number) for part in parts if not part.is_live), ZERO)
        others = max(ZERO, billed(line, conversions) - own)
        others = max(ZERO, others + sum((_wait(rest, part, number) for part in parts if part.is_live), ZERO))
        for key, quantity in rest.items():
            used = min(others, quantity)
            others -= used
            if quantity > used:
                left.setdefault(key, {})[number] = quantity - used
    return left


def _take(rest: dict[int, Decimal], part: Part, number: int) -> Decimal:
    """Take what an issued draft billed of its deliveries from what is left of them; how much that was."""
    unspent, taken = (None if part.lines is None else part.lines.get(number, ZERO)), ZERO
    for key in part.deliveries:
        quantity = rest.get(key, ZERO)
        if unspent is not None:
            quantity = min(quantity, unspent)
            unspent -= quantity
        if key in rest:
            rest[key] -= quantity
        taken += quantity
    return taken


def _wait(rest: dict[int, Decimal], part: Part, number: int) -> Decimal:
    """Set aside the deliveries of a draft on its way; what it bills beyond them, below nothing where it bills less."""
    aside = ZERO
    for key in part.deliveries:
        aside += rest.get(key, ZERO)
        if key in rest:
            rest[key] = ZERO
    return (aside if part.lines is None else part.lines.get(number, ZERO)) - aside


CRUMB = Decimal("0.0001")
"""Of a quantity, what is lost in turning it from one unit to another and back."""


def of_work(work: WorkOrder, conversions: Conversions) -> tuple[WorkLine, ...]:
    """The billable lines of a work order with what is left of them to bill. What was billed of articles that it doesn't report takes the
    place of what it does, line by line."""
    lines = [line for line in work.lines if line.is_billable and line.quantity > 0]
    rest, spare = [line.quantity for line in lines], ZERO
    for claim in work.claims:
        unspent, known = claim.quantity, False
        for n, line in enumerate(lines):
            if line.sku == claim.sku:
                known, turned = True, factor(conversions, line.sku, claim.unit, line.unit) or Decimal(1)
                taken = min(rest[n], unspent * turned)
                rest[n], unspent = rest[n] - taken, unspent - taken / turned
        spare += ZERO if known else unspent
    for n, quantity in enumerate(rest):
        rest[n] -= min(quantity, spare)
        spare -= min(quantity, spare)
    return tuple(replace(x, quantity=q) for x, q in zip(lines, rest, strict=True) if q > x.quantity * CRUMB)


def of_whole(order: Order, has_deliveries: bool, has_work: bool, conversions: Conversions) -> dict[int, Decimal]:
    """Line → quantity to bill of an order that was shipped or done without a record of it: goods without deliveries, services without
    work orders."""
    found = {}
    for number, line in order.lines.items():
        if has_work if line.is_service else has_deliveries:
            continue
        quantity = line.quantity - billed(line, conversions)
        if quantity > 0:
            found[number] = quantity
    return found
