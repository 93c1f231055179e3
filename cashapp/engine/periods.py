"""Periods named in a remittance: a month, a quarter or a stretch of days whose documents a payment is for."""

import re
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "JAN JANUARY JANUAR JANVIER ENERO",
            "FEB FEBRUARY FEBRUAR FEVRIER FEBRERO",
            "MAR MARCH MAERZ MARS MARZO",
            "APR APRIL AVRIL ABRIL",
            "MAY MAI MAYO",
            "JUN JUNE JUNI JUIN JUNIO",
            "JUL JULY JULI JUILLET JULIO",
            "AUG AUGUST AOUT AGOSTO",
            "SEP SEPT SEPTEMBER SEPTEMBRE SEPTIEMBRE",
            "OCT OCTOBER OKT OKTOBER OCTOBRE OCTUBRE",
            "NOV NOVEMBER NOVEMBRE NOVIEMBRE",
            "DEC DECEMBER DEZ DEZEMBER DECEMBRE DICIEMBRE",
        ),
        1,
    )
    for name in names.split()
}
_YEAR = r"(?:20)?(\d\d)"
_WORDY = re.compile(rf"(?<![A-Z])({'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?[ /-]?(?:{_YEAR})?(?![0-9A-Z])")
_DIGITS = re.compile(r"(?<![0-9./-])(0[1-9]|1[0-2])[/.](?:20)(\d\d)(?![0-9./-])")
_QUARTER = re.compile(rf"(?<![A-Z0-9])Q([1-4])[ /-]?(?:{_YEAR})?(?![0-9A-Z])")
_DAY = r"(\d{1,2})\.(\d{1,2})\.(?:20)?(\d\d)?"
_STRETCH = re.compile(rf"(?<![0-9.]){_DAY} ?(?:-|TO|BIS|AU) ?{_DAY}(?![0-9])")

Span = tuple[date, date]


def spans(text: str, today: date) -> list[Span]:
    """First and last days of the periods that a text (capitals) names; without a year, the latest such period up to today.

    >>> spans("PAYMENT FOR MARCH", date(2026, 6, 30))
    [(datetime.date(2026, 3, 1), datetime.date(2026, 3, 31))]
    """
    found = [_month(_MONTHS[m.group(1)], m.group(2), today, 1) for m in _WORDY.finditer(text)]
    found += [_month(int(m.group(1)), m.group(2), today, 1) for m in _DIGITS.finditer(text)]
    found += [_month(3 * int(m.group(1)) - 2, m.group(2), today, 3) for m in _QUARTER.finditer(text)]
    found += [s for m in _STRETCH.finditer(text) if (s := _stretch(m, today))]
    return list(dict.fromkeys(found))[:4]


def month_of(day: date) -> Span:
    """The calendar month of a day."""
    return day.replace(day=1), _last(day.replace(day=1), 1)


def _month(month: int, year: str | None, today: date, months: int) -> Span:
    first = date(2000 + int(year) if year else today.year, month, 1)
    if not year and first > today:
        first = first.replace(year=today.year - 1)
    return first, _last(first, months)


def _last(first: date, months: int) -> date:
    after = first
    for _ in range(months):
        after = (after + timedelta(days=32)).replace(day=1)
    return after - timedelta(days=1)


def _stretch(found: re.Match[str], today: date) -> Span | None:
    day, month, year, last_day, last_month, last_year = found.groups()
    try:
        end = date(2000 + int(last_year or year or today.year - 2000), int(last_month), int(last_day))
        start = date(2000 + int(year) if year else end.year, int(month), int(day))
    except ValueError:
        return None
    return (start, end) if start <= end else None
