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


def since(rows: Any, day: str, before: datetime | None) -> Any:
    """Rows by their business day, the latest first, up to and with that of `before`: what of it comes later is left out by whoever asked.
    When a row was written down says nothing here: what is brought from elsewhere was written down today, and happened long ago."""
    found = rows.filter(**{f"{day}__lte": before.date()}) if before else rows
    return found.order_by(f"-{day}", "-pk")


def at_of(day: date, moment: datetime | None = None) -> datetime:
    """A moment on a business day: that of the clock when it was the same day, else noon."""
    return moment if moment and moment.date() == day else datetime.combine(day, time(12), UTC)
