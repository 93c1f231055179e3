"""By when a question is answered: hours that run from Monday to Friday, for nobody answers on a weekend. Pure."""

from datetime import datetime, timedelta

SOON = 0.25
"""The last part of the time in which an answer counts as due soon."""


def answer_due(asked: datetime, hours: int) -> datetime:
    """The moment until which a question is to be answered: so many hours later, Saturdays and Sundays left out."""
    due = _to_weekday(asked)
    left = timedelta(hours=hours)
    while left > timedelta(0):
        midnight = (due + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        step = min(left, midnight - due)
        due, left = due + step, left - step
        due = _to_weekday(due) if left else due
    return due


def warn_from(due: datetime, hours: int) -> datetime:
    """From when an answer is due soon."""
    return due - timedelta(hours=hours * SOON)


def _to_weekday(moment: datetime) -> datetime:
    """The moment itself from Monday to Friday, else the Monday after it at midnight."""
    if moment.weekday() < 5:
        return moment
    return (moment + timedelta(days=7 - moment.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
