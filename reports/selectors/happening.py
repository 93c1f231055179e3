"""One thing that happened with a customer, and the days and moments by which they stand in line."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: when, in which lane, by whom, in words; `of` is the row it is about."""

    at: datetime
    lane: str
    icon: str
    title: str
    detail: str = ""
    quote: str = ""
    tone: str = ""
    actor: str = ""
    amount: int | None = None
    currency: str = ""
    of: tuple[str, int] | None = field(default=None)


def upto(rows: Any, name: str, before: Any) -> Any:
    """The rows before a moment or day in a field, or all of them."""
    return rows.filter(**{f"{name}__lt": before}) if before else rows


def at_of(day: date, moment: datetime | None = None) -> datetime:
    """A moment on a business day: that of the clock when it was the same day, else noon."""
    return moment if moment and moment.date() == day else datetime.combine(day, time(12), UTC)
