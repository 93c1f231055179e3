"""By when a question is answered: hours that run while the office is open, from Monday to Friday, for nobody answers on a weekend or a
holiday. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

SOON = 0.25
"""The last part of the time in which an answer counts as due soon."""
_FURTHEST = 800
"""Days that are looked at: a calendar that names every day a holiday ends there."""


@dataclass(frozen=True, slots=True)
class Office:
    """When a company answers: from an hour until an hour of its working days, and never on these days."""

    opens: int = 0
    closes: int = 24
    holidays: Collection[date] = ()


def answer_due(asked: datetime, hours: int, office: Office | None = None) -> datetime:
    """The moment until which a question is to be answered: so many hours of the office later. In the time zone of `asked`."""
    office = office or Office()
    due, left = asked, timedelta(hours=hours)
    for _ in range(_FURTHEST):
        day = due.date()
        opens, closes = _open_on(day, due, office)
        due = max(due, opens)
        step = min(left, max(closes - due, timedelta(0)))
        due, left = due + step, left - step
        if not left:
            break
        if due.date() == day:
            due = _midnight(due + timedelta(days=1))
    return due


def _open_on(day: date, moment: datetime, office: Office) -> tuple[datetime, datetime]:
    """From when until when the office is open on the day; a moment that is none where it is closed all day."""
    midnight = _midnight(moment)
    if day.weekday() >= 5 or day in office.holidays:
        return midnight, midnight
    return midnight + timedelta(hours=office.opens), midnight + timedelta(hours=office.closes)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def warn_from(due: datetime, hours: int) -> datetime:
    """From when an answer is due soon."""
    return due - timedelta(hours=hours * SOON)
