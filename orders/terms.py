"""Which version of a contract holds on a day, and at which price. Pure: whatever has the named attributes will do."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol, TypeVar

_FOUR = Decimal("0.0001")


class Version(Protocol):
    """What a version of a contract says about when it holds."""

    @property
    def number(self) -> int:
        """1 as signed, 2 the first amendment."""
        ...

    @property
    def valid_from(self) -> date:
        """First day."""
        ...

    @property
    def valid_to(self) -> date | None:
        """Last day; None: until further notice."""
        ...


class Escalating(Version, Protocol):
    """A version with the rise of its prices."""

    @property
    def escalator_percent(self) -> Decimal:
        """By how much prices rise …"""
        ...

    @property
    def escalator_months(self) -> int:
        """… after each such span."""
        ...


class Price(Protocol):
    """A line of a price list."""

    @property
    def sku(self) -> str:
        """The article."""
        ...

    @property
    def unit_price(self) -> Decimal:
        """Before any rise."""
        ...

    @property
    def from_quantity(self) -> Decimal:
        """The least quantity it is for."""
        ...

    @property
    def valid_from(self) -> date | None:
        """First day; None: as the version."""
        ...

    @property
    def valid_to(self) -> date | None:
        """Last day; None: as the version."""
        ...


def holds(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether a span (both ends included, None is open) has the day."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


V = TypeVar("V", bound=Version)
P = TypeVar("P", bound=Price)


def in_force(versions: Iterable[V], day: date, ended_on: date | None = None) -> V | None:
    """Of the versions that hold on the day the one with the highest number; None when none does, or the contract has ended by then."""
    if ended_on is not None and day >= ended_on:
        return None
    return max((v for v in versions if holds(v.valid_from, v.valid_to, day)), key=lambda v: v.number, default=None)


def months_between(first: date, day: date) -> int:
    """Full months from one day to another: from the 31st a month is full on the last day of a shorter one. Negative before."""
    months = (day.year - first.year) * 12 + day.month - first.month
    if day.day >= first.day or _last_of_month(day):
        return months
    return months - 1


def _last_of_month(day: date) -> bool:
    return day != date.max and (date.fromordinal(day.toordinal() + 1)).day == 1


def spans(version: Escalating, day: date) -> int:
    """How many full spans of the escalator have gone by since the version's first day."""
    return max(0, months_between(version.valid_from, day) // version.escalator_months)


def escalated(unit_price: Decimal, version: Escalating, day: date) -> Decimal:
    """The price with every rise up to the day, rounded half up to four decimals; untouched where nothing has risen."""
    count = spans(version, day) if version.escalator_percent else 0
    if not count:
        return unit_price
    return (unit_price * (1 + version.escalator_percent / 100) ** count).quantize(_FOUR, ROUND_HALF_UP)


def price_for(prices: Iterable[P], sku: str, day: date, quantity: Decimal = Decimal(1)) -> P | None:
    """The line of a price list that counts: of those for the article on the day, the one with the highest quantity that is reached.

    A quantity below every line's (such as a return) takes the line for the smallest.
    """
    fitting = [p for p in prices if p.sku == sku and holds(p.valid_from, p.valid_to, day)]
    reached = [p for p in fitting if p.from_quantity <= quantity]
    if reached:
        return max(reached, key=lambda p: p.from_quantity)
    return min(fitting, key=lambda p: p.from_quantity, default=None) if quantity <= 0 else None
