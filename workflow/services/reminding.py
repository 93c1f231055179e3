"""When somebody is reminded of a question: the working day before the answer is due, on the day, then every so many days until it is
answered; from the second reminder of a late one on, whoever asked is told as well. After `GIVES_UP` days nobody is told any more."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

GIVES_UP = 60
"""Days late after which reminding has proved to be of no use."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be said on a day: `code` is part of the key that exists once."""

    code: str
    verb: str
    escalates: bool = False


def reminder_on(due: date, today: date) -> Reminder | None:
    """The reminder that stands on this day for an answer that is due on another; the same one until the next takes its place."""
    late = (today - due).days
    if late == 0:
        return Reminder("due", "Due today")
    if late < 0:
        return Reminder("soon", f"Due on {due:%Y-%m-%d}") if today >= _working_day_before(due) else None
    if late > GIVES_UP:
        return None
    nth = (late - 1) // settings.TASK_REMIND_DAYS
    return Reminder(f"late{nth or ''}", "Late", escalates=nth > 0)


def first_due(today: date) -> date:
    """The earliest day on which what is still reminded of was due."""
    return today - timedelta(days=GIVES_UP)


def last_due(today: date) -> date:
    """The latest day on which what is reminded of today is due: a weekend may lie between."""
    return today + timedelta(days=3)


def _working_day_before(day: date) -> date:
    before = day - timedelta(days=1)
    while before.weekday() > 4:
        before -= timedelta(days=1)
    return before
