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


def holds(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether a span (both ends included, None is open) has the day."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


V = TypeVar("V", bound=Version)


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
    """How many full spans of the escalator have gone by since the version's first day; none where prices don't rise."""
    if not version.escalator_percent:
        return 0
    return max(0, months_between(version.valid_from, day) // version.escalator_months)


def risen(unit_price: Decimal, percent: Decimal, times: int) -> Decimal:
    """A price after so many rises, rounded half up to four decimals; untouched by none."""
    return (unit_price * (1 + percent / 100) ** times).quantize(_FOUR, ROUND_HALF_UP) if times else unit_price


def escalated(unit_price: Decimal, version: Escalating, day: date) -> Decimal:
    """The price with every rise up to the day."""
    return risen(unit_price, version.escalator_percent, spans(version, day))
