"""Days on which a company works: not Saturdays and Sundays, nor the holidays that its policy names. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Moved:
    """The first business day on a day or after it, and why it isn't the day itself (empty where it is)."""

    day: date
    because: str = ""


def why_closed(day: date, holidays: Collection[date]) -> str:
    """Why nobody works on a day; empty when they do."""
    if day.weekday() >= _SATURDAY:
        return f"a {day:%A}"
    return "a holiday" if day in holidays else ""


def next_business_day(day: date, holidays: Collection[date]) -> Moved:
    """The day itself where business is done on it, else the next on which it is."""
    found = day
    while why_closed(found, holidays):
        found += timedelta(days=1)
    why = why_closed(day, holidays)
    return Moved(found, f"{day:%-d %b} is {why}" if why else "")
