"""The clock of a case: working days (Monday to Friday), how long it stood still, what delay costs. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

_FRIDAY = 4
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Stay:
    """Where a case stood from a day on, until the next stay began: whether it was closed, and whether its clock stood still."""

    day: date
    stands_still: bool = False
    is_closed: bool = False


def add_working_days(day: date, n: int) -> date:
    """The n-th working day after `day`; the day itself for none."""
    if n <= 0:
        return day
    if day.weekday() > _FRIDAY:  # a weekend counts as the Friday before it
        day -= timedelta(days=day.weekday() - _FRIDAY)
    weeks, rest = divmod(n, 5)
    return day + timedelta(days=7 * weeks + rest + (2 if day.weekday() + rest > _FRIDAY else 0))


def working_days(a: date, b: date) -> int:
    """The working days after `a`, up to and with `b`; negative when `b` lies before `a`."""
    if b < a:
        return -working_days(b, a)
    return _weekdays_until(b) - _weekdays_until(a)


@lru_cache(maxsize=16384)
def _weekdays_until(day: date) -> int:
    """Working days since a Monday long ago, the day included."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)  # day 1 was a Monday
    return weeks * 5 + min(weekday + 1, 5)


def started_on(stays: Sequence[Stay]) -> date:
    """Since when the clock runs: since the case was opened, or opened again."""
    start = stays[0].day
    for before, after in pairwise(stays):
        if before.is_closed and not after.is_closed:
            start = after.day
    return start


def stood_still(stays: Sequence[Stay], since: date, until: date) -> int:
    """The working days from one day to another on which the clock stood still."""
    ends = [*(stay.day for stay in stays[1:]), until]
    return within([(stay.day, end) for stay, end in zip(stays, ends, strict=True) if stay.stands_still], since, until)


def within(spans: Iterable[tuple[date, date]], since: date, until: date) -> int:
    """The working days of some spans that lie between two days."""
    cut = ((max(a, since), min(b, until)) for a, b in spans)
    return sum(working_days(a, b) for a, b in cut if b > a)


def days_left(due: date, today: date, paused_on: date | None = None) -> int:
    """Working days until a case is due, negative when it is late; while the clock stands still, as when it stopped."""
    return working_days(min(today, paused_on) if paused_on else today, due)


def cost_of_delay(amount: int, percent: Decimal, days: int) -> int:
    """What waiting so many days for an amount costs, at so many percent a year: minor units, to the nearest."""
    part, whole = percent.as_integer_ratio()
    return round(Fraction(amount * max(0, days) * part, whole * 100 * _YEAR))
