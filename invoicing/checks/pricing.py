"""What was agreed for an article: the version in force, its price with tiers and escalator, and units turned into each other. Pure.

Also used where documents are made: what is billed and what it is checked against are then the same arithmetic.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from invoicing.checks.facts import Contract, Price, Version
from orders.terms import in_force, risen, spans

ONE = Decimal(1)

Conversions = Mapping[tuple[str, str, str], Decimal]


class Agreed(NamedTuple):
    """An agreed price: the version and line it stands in, the unit, and the price after so many escalations."""

    version: Version
    price: Price
    unit: str
    unit_price: Decimal
    escalations: int


def version_on(contract: Contract, day: date) -> Version | None:
    """The version in force: of those whose span holds the day, the highest number; none once the contract was ended."""
    return in_force(contract.versions, day, contract.ended_on)


def escalations(version: Version, day: date) -> int:
    """How many full spans of the escalator have passed since the version began."""
    return spans(version, day)


def escalated(price: Decimal, version: Version, times: int) -> Decimal:
    """unit_price × (1 + percent / 100)^times, rounded half up to four decimals; the price as it is for none."""
    return risen(price, version.escalator_percent, times)


def agreed_price(version: Version, sku: str, quantity: Decimal, unit: str, day: date) -> Agreed | None:
    """The price of an article on a day: in the asked unit where the list has it, of the highest tier that the quantity reaches."""
    listed = version.prices.get(sku)
    if not listed:
        return None
    price = listed[0] if len(listed) == 1 and _holds(listed[0], day) else _choose(listed, quantity, unit, day)
    if price is None:
        return None
    times = escalations(version, day)
    return Agreed(version, price, price.unit, escalated(price.unit_price, version, times), times)


def _choose(listed: Iterable[Price], quantity: Decimal, unit: str, day: date) -> Price | None:
    valid = [p for p in listed if _holds(p, day)]
    fitting = [p for p in valid if p.unit == unit] or valid
    reached = [p for p in fitting if p.from_quantity <= quantity]
    return max(reached, key=lambda p: (p.from_quantity, p.valid_from or date.min, p.number)) if reached else None


def _holds(price: Price, day: date) -> bool:
    return (price.valid_from is None or price.valid_from <= day) and (price.valid_to is None or day <= price.valid_to)


def factor(conversions: Conversions, sku: str, from_unit: str, to_unit: str) -> Decimal | None:
    """How many to_unit one from_unit is; None when nobody said so. The article's own conversion counts before the general one."""
    if from_unit == to_unit or not from_unit or not to_unit:
        return ONE
    for article in (sku, ""):
        if (found := conversions.get((article, from_unit, to_unit))) is not None:
            return found
        if (found := conversions.get((article, to_unit, from_unit))) is not None:
            return ONE / found
    return None
