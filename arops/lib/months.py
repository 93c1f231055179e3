"""Months as calendars have them: the same day of another month, or its last where it has fewer. Pure."""

from datetime import date, timedelta


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month where it has fewer days."""
    return day_of_month(day.year * 12 + day.month - 1 - months, day.day)


def day_of_month(index: int, day: int) -> date:
    """A day of the month of that number (12 × year + month − 1), its last where it has fewer: 31 means the end of any month."""
    first = date(index // 12, index % 12 + 1, 1)
    return min(first + timedelta(days=day - 1), month_end(first))


def month_end(day: date) -> date:
    """The last day of the month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
