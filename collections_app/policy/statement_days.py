"""On which days a schedule of statements falls. Pure."""

from datetime import date, timedelta

from arops.lib.months import day_of_month

CATCH_UP = timedelta(days=10)
"""How long after its day a statement is still sent, where the night of that day was missed; later it waits for the next."""


def falls_on(day: int, every_months: int, starts_on: date, index: int) -> date | None:
    """The day on which a schedule falls in a month (12 × year + month − 1); None in months between, and before it starts.

    Months are counted from that in which it starts. Day 31 is the last of any month.
    """
    since = index - (starts_on.year * 12 + starts_on.month - 1)
    if since < 0 or since % every_months:
        return None
    found = day_of_month(index, day)
    return found if found >= starts_on else None


def due_day(day: int, every_months: int, starts_on: date, today: date) -> date | None:
    """The day of which statements are to be sent today: today itself or a few days ago, where no night was run; None if none is."""
    index = today.year * 12 + today.month - 1
    for month in (index, index - 1):
        found = falls_on(day, every_months, starts_on, month)
        if found and today - CATCH_UP <= found <= today:
            return found
    return None


def next_day(day: int, every_months: int, starts_on: date, today: date) -> date:
    """The first day from today on at which it falls."""
    index = max(today, starts_on).year * 12 + max(today, starts_on).month - 1
    found = None
    while found is None or found < today:
        found = falls_on(day, every_months, starts_on, index)
        index += 1
    return found
