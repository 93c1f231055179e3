"""Causes in the order of what they cost: shares, their running sum, and where 80 % of it is reached (Pareto); pure arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

VITAL = Fraction(80, 100)
"""The line of a Pareto chart."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Cases, the money they contest (minor units of the company's currency), and the days they were open."""

    cases: int = 0
    amount: int = 0
    days: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.cases + other.cases, self.amount + other.amount, self.days + other.days)

    def of(self, measure: str) -> int:
        """The figure that is asked for: `count`, `value` or `days`."""
        return {"count": self.cases, "value": self.amount, "days": self.days}[measure]


@dataclass(frozen=True, slots=True)
class Bar:
    """A cause in its place: its figures, its share, what it and all before it make up, whether it is of the vital few."""

    key: Any
    now: Sums
    before: Sums
    months: tuple[Sums, ...]
    share: Fraction
    cumulated: Fraction
    vital: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A cause as it was counted: this period, the one before it, this one's months."""

    key: Any
    now: Sums
    before: Sums = field(default_factory=Sums)
    months: tuple[Sums, ...] = ()


def ranked(rows: Iterable[Counted], measure: str) -> list[Bar]:
    """Causes with the most first. The vital few are those up to the one with which 80 % is reached."""
    ordered = sorted(rows, key=lambda r: (-r.now.of(measure), -r.now.cases, str(r.key)))
    total, running, found = sum(r.now.of(measure) for r in ordered), 0, list[Bar]()
    for row in ordered:
        part, reached = row.now.of(measure), total > 0 and Fraction(running, total) >= VITAL
        running += part
        share, cumulated = (Fraction(part, total), Fraction(running, total)) if total else (Fraction(0), Fraction(0))
        found.append(Bar(row.key, row.now, row.before, row.months, share, cumulated, bool(part) and not reached))
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """A period of days, and the one before it that it is compared with."""

    first: date
    last: date
    before_first: date
    before_last: date

    def months(self) -> list[date]:
        """The first day of each month of the period; the period's own first day for the month it begins in."""
        found = [self.first]
        while (following := _month_after(found[-1])) <= self.last:
            found.append(following)
        return found

    def month_end(self, start: date) -> date:
        """The last day of a month of the period."""
        return min(self.last, _month_after(start) - timedelta(days=1))


def months_back(today: date, months: int) -> Span:
    """The current month and those before it, so many in all, up to today; before it, as many months up to the same day."""
    first = _shift(today.replace(day=1), 1 - months)
    return Span(first, today, _shift(first, -months), min(_shift(today, -months), first - timedelta(days=1)))


def between(first: date, last: date) -> Span:
    """Given days; before them, as many days."""
    length = last - first
    return Span(first, last, first - length - timedelta(days=1), first - timedelta(days=1))


def _month_after(day: date) -> date:
    return _shift(day.replace(day=1), 1)


def _shift(day: date, months: int) -> date:
    """The same day so many months on; the month's last day where it hasn't that one."""
    month = day.year * 12 + day.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))
