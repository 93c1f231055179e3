"""What of an order's lines is still to be billed: delivery by delivery, beside whatever others billed. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from invoicing.checks.facts import ZERO, Order, OrderLine
from invoicing.checks.pricing import Conversions, factor

Shipment = tuple[int, Mapping[int, Decimal]]
"""A delivery: its key, and what arrived whole by number of the order's line."""


def billed(line: OrderLine, conversions: Conversions) -> Decimal:
    """What was billed of an order's line before, in its unit; in a unit that nothing converts, the number as it stands."""
    return sum((claim.quantity * (factor(conversions, line.sku, claim.unit, line.unit) or 1) for claim in line.claims), ZERO)


def of_deliveries(
    order: Order, shipments: Sequence[Shipment], claimed: Mapping[int, bool], conversions: Conversions
) -> dict[int, dict[int, Decimal]]:
    """Delivery → line → quantity to bill, of those that no draft claimed. `claimed`: delivery → whether its draft was issued.

    What was billed beyond the deliveries of issued drafts was billed by others (an ERP, by hand): it uses up the other deliveries, the
    earliest first. What came back as credit is not billed again.
    """
    left: dict[int, dict[int, Decimal]] = {}
    for number, line in order.lines.items():
        own = sum((lines.get(number, ZERO) for key, lines in shipments if claimed.get(key)), ZERO)
        others = max(ZERO, billed(line, conversions) - own)
        for key, lines in shipments:
            quantity = lines.get(number, ZERO)
            if key in claimed or quantity <= 0:
                continue
            used = min(others, quantity)
            others -= used
            if quantity > used:
                left.setdefault(key, {})[number] = quantity - used
    return left


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
