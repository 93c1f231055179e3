"""Days as people write them in mails: by date, by name, by weekday, "tomorrow", "end of the month"; English, German, French, Spanish.

A day without a year is the next one to come when something is promised, the last one gone when something was done. 03/04 is read by the
customer's country; what is no day is none, never a guess.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

_MONTHS = (
    "jan(?:uary|uar|vier|uari)?|ene(?:ro)?|jänner", "feb(?:ruary|ruar|rero)?|févr?(?:ier)?", "mar(?:ch|s|zo)?|märz|mrz",
    "apr(?:il)?|avr(?:il)?|abr(?:il)?", "may|mai|mayo", "jun[ei]?|juin|junio", "jul[yi]?|juillet|julio",
    "aug(?:ust)?|août|aout|ago(?:sto)?",
    "sept?(?:ember|embre|tembre|iembre)?", "oct(?:ober|obre|ubre)?|okt(?:ober)?", "nov(?:ember|embre|iembre)?",
    "dec(?:ember)?|dez(?:ember)?|déc(?:embre)?|dic(?:iembre)?",
)  # fmt: skip
_DAYS = (
    "monday|montag|lundi|lunes", "tue(?:s|sday)?|dienstag|mardi|martes", "wed(?:nesday)?|mittwoch|mercredi|miércoles|miercoles",
    "thu(?:rs|rsday)?|donnerstag|jeudi|jueves", "fri(?:day)?|freitag|vendredi|viernes", "saturday|samstag|samedi|sábado|sabado",
    "sunday|sonntag|dimanche|domingo",
)  # fmt: skip
_MONTH = "|".join(f"(?P<m{n}>{names})" for n, names in enumerate(_MONTHS, start=1))
_NAME = "|".join(_MONTHS)
_WEEKDAY = re.compile("|".join(rf"\b(?P<d{n}>{names})\b" for n, names in enumerate(_DAYS)), re.IGNORECASE)
_ISO = re.compile(r"\b(20[0-9]{2})-([0-9]{2})-([0-9]{2})\b", re.ASCII)
_POINTS = re.compile(r"\b([0-9]{1,2})\.\s?([0-9]{1,2})\.(?:\s?(20[0-9]{2}|[0-9]{2})\b)?", re.ASCII)
_SLASHES = re.compile(r"(?<![\w/.-])([0-9]{1,2})[/-]([0-9]{1,2})(?:[/-](20[0-9]{2}|[0-9]{2}))?(?![\w/-])", re.ASCII)
_DAY_MONTH = re.compile(
    rf"\b(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s(?:of\s|de\s)?(?:{_MONTH})\b\.?(?:,?\s(?:de\s)?(?P<year>20[0-9]{{2}}))?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(rf"\b(?:{_MONTH})\.?\s(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?P<year>20[0-9]{{2}}))?", re.IGNORECASE)
_OF_MONTH = re.compile(
    r"\b(?:on|by|until|before) the ([0-9]{1,2})(?:st|nd|rd|th)\b|\b(?:am|bis zum|zum) ([0-9]{1,2})\.(?!\s?[0-9])"
    r"|\b(?:le|el|el día) ([0-9]{1,2})\b"
    rf"(?!\s(?:de\s)?(?:{_NAME}))",
    re.IGNORECASE,
)
_IN_DAYS = re.compile(
    r"\b(?:in|within|innerhalb von|binnen|sous|dans|en|dentro de) ([0-9]{1,2}) (?:working |business |calendar |)"
    r"(?:days?|tagen?|jours?|días?|dias?)\b",
    re.IGNORECASE,
)
_FIXED: tuple[tuple[re.Pattern[str], Callable[[date], date]], ...] = (
    (re.compile(r"\b(?:day after tomorrow|übermorgen|après-demain|pasado mañana)\b", re.I), lambda d: d + timedelta(days=2)),
    (re.compile(r"\b(?:tomorrow|demain|mañana)\b|\b(?<!guten )morgen\b"), lambda d: d + timedelta(days=1)),
    (re.compile(r"\b(?:today|heute|aujourd.hui|hoy)\b", re.I), lambda d: d),
    (re.compile(r"\b(?:yesterday|gestern|ayer)\b|\b(?:payé|réglé|viré|envoyé) hier\b", re.I), lambda d: d - timedelta(days=1)),
    (re.compile(r"\b(?:(?:the )?end of (?:the |this )?month|month[- ]end|monatsende|ende (?:des|dieses) monats|"
                r"fin (?:du|de ce) mois|fin de mes|"
                r"final(?:es)? de(?:l| este)? mes)\b", re.I), lambda d: _month_end(d)),
    (re.compile(r"\b(?:(?:the )?end of next month|ende (?:des )?nächsten monats|fin du mois prochain|fin(?:al)? del? próximo mes)\b", re.I),
     lambda d: _month_end(_month_end(d) + timedelta(days=1))),
    (re.compile(r"\b(?:next week|nächsten? woche|kommenden? woche|semaine prochaine|próxima semana|la semana que viene)\b", re.I),
     lambda d: _friday(d) + timedelta(days=7)),
    (re.compile(r"\b(?:this week|end of (?:the |this )?week|diese(?:r)? woche|ende der woche|wochenende|cette semaine|fin de semaine|"
                r"esta semana)\b", re.I), lambda d: _friday(d)),
)  # fmt: skip
"""Words → the day that they mean, said on a day. A week ends on its Friday, for banks rest afterwards."""


def day_of(text: str, said: date, *, ahead: bool, month_first: bool = False) -> date | None:
    """The first day that the text names, as said on a day: one to come when `ahead`, else one gone. None where it names none."""
    for read in (_written, _named, _spoken):
        found = read(text, said, ahead, month_first)
        if found:
            return found
    return None


def _written(text: str, said: date, ahead: bool, month_first: bool) -> date | None:
    """Dates in digits."""
    if found := _ISO.search(text):
        return _made(int(found[1]), int(found[2]), int(found[3]))
    if found := _POINTS.search(text):
        return _near(int(found[1]), int(found[2]), found[3], said, ahead)
    if found := _SLASHES.search(text):
        first, second = int(found[1]), int(found[2])
        us = (month_first and first <= 12) or second > 12
        return _near(second, first, found[3], said, ahead) if us else _near(first, second, found[3], said, ahead)
    return None


def _named(text: str, said: date, ahead: bool, month_first: bool) -> date | None:
    """Dates with the month's name."""
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        if found := pattern.search(text):
            month = next(n for n in range(1, 13) if found[f"m{n}"])
            return _near(int(found["day"]), month, found["year"], said, ahead)
    return None


def _spoken(text: str, said: date, ahead: bool, month_first: bool) -> date | None:
    """Days by other words."""
    for pattern, meant in _FIXED:
        if pattern.search(text):
            return meant(said)
    if found := _IN_DAYS.search(text):
        return said + timedelta(days=int(found[1]))
    if found := _OF_MONTH.search(text):
        return _of_month(int(next(g for g in found.groups() if g)), said, ahead)
    if found := _WEEKDAY.search(text):
        wanted = next(n for n in range(7) if found[f"d{n}"])
        return (
            said + timedelta(days=(wanted - said.weekday() - 1) % 7 + 1) if ahead else said - timedelta(days=(said.weekday() - wanted) % 7)
        )
    return None


def _near(day: int, month: int, year: str | None, said: date, ahead: bool) -> date | None:
    """A day whose year is given, or the nearest one ahead or behind."""
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _made(said.year, month, day)
    if found and ahead and found < said - timedelta(days=7):
        return _made(said.year + 1, month, day)
    if found and not ahead and found > said + timedelta(days=7):
        return _made(said.year - 1, month, day)
    return found


def _of_month(day: int, said: date, ahead: bool) -> date | None:
    here = _made(said.year, said.month, day)
    if ahead and (here is None or here < said):
        after = _month_end(said) + timedelta(days=1)
        return _made(after.year, after.month, day)
    if not ahead and (here is None or here > said):
        before = said.replace(day=1) - timedelta(days=1)
        return _made(before.year, before.month, day)
    return here


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _friday(day: date) -> date:
    return day + timedelta(days=(4 - day.weekday()) % 7)
