"""Days and amounts as people write them. What can be read two ways is never guessed here: the mapping says which, or it is asked."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

DateOrder = Literal["", "dmy", "mdy"]
DecimalMark = Literal["", ".", ","]
YEARS = range(1990, 2060)
"""Years that a document can bear; 0206 and 2062 are slips of the pen for 2026."""

_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})", re.ASCII)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{2}|[0-9]{4})", re.ASCII)
_NAMED = ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d. %B %Y")
_TIME = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}.*$", re.ASCII)
_SIGN = re.compile(r"^(?:[A-Z]{3}|[€$£¥])\s*|\s*(?:[A-Z]{3}|[€$£¥%])$")
_SPACES = re.compile("[\u00a0\u2007\u2009\u202f ]")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.ASCII | re.IGNORECASE)


class Unclear(ValueError):
    """A cell that isn't what its column holds; the message says why."""


@lru_cache(maxsize=16384)
def day(written: str, order: DateOrder = "") -> date:
    """The day of a cell. Raises Unclear, also for 03/04/2026 when the order isn't known."""
    said = _TIME.sub("", written.strip())
    if found := _YEAR_FIRST.fullmatch(said):
        return _date(written, *map(int, found.groups()))
    if found := _YEAR_LAST.fullmatch(said):
        return _year_last(written, found, order)
    for pattern in _NAMED:
        try:
            return _plausible(written, datetime.strptime(said, pattern).date())
        except ValueError:
            continue
    raise Unclear(f"{written[:30]!r} is not a day: write it like 2026-10-31")


def _year_last(written: str, found: re.Match[str], order: DateOrder) -> date:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += 2000 if len(found[4]) == 2 else 0
    if found[2] == ".":
        order = "dmy"
    if not order and first != second and first <= 12 and second <= 12:
        raise Unclear(f"{written[:30]!r} could be two days: say whether the day or the month comes first")
    month_first = order == "mdy" or (not order and second > 12)
    return _date(written, year, first if month_first else second, second if month_first else first)


def _date(written: str, year: int, month: int, number: int) -> date:
    try:
        return _plausible(written, date(year, month, number))
    except ValueError as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear(f"{written[:30]!r} is no day of the calendar") from None


def _plausible(written: str, found: date) -> date:
    if found.year not in YEARS:
        raise Unclear(f"{written[:30]!r}: {found.year} is no year of an invoice")
    return found


def order_of(written: str) -> str:
    """What a day tells about the order in its list: `dmy`, `mdy`, `either` (ambiguous), or nothing."""
    found = _YEAR_LAST.fullmatch(_TIME.sub("", written.strip()))
    if not found or found[2] == ".":
        return ""
    first, second = int(found[1]), int(found[3])
    if first > 12 >= second:
        return "dmy"
    if second > 12 >= first:
        return "mdy"
    return "either" if first != second else ""


@lru_cache(maxsize=16384)
def number(written: str, mark: DecimalMark = ".") -> str:
    """A plain decimal (`-1234.50`) of an amount, quantity or price as written. Grouping must be whole groups of three."""
    if _SHORTENED.search(written):
        raise Unclear(f"{written[:30]!r} was shortened by a spreadsheet: write the number out")
    negative, digits = _sign(written)
    digits = _SPACES.sub(" ", digits).replace("’", "'")
    point = mark or "."
    group = "." if point == "," else ","
    pattern = rf"(?:[0-9]{{1,3}}(?:[{group}' ][0-9]{{3}})+|[0-9]+)?(?:{re.escape(point)}[0-9]*)?"
    if not re.fullmatch(pattern, digits, re.ASCII) or not re.search("[0-9]", digits):
        raise Unclear(f"{written[:30]!r} is not a number with {'a comma' if point == ',' else 'a point'} before the decimals")
    whole, _, fraction = re.sub(rf"[{group}' ]", "", digits).partition(point)
    fraction = fraction.rstrip("0") if len(fraction) > 8 else fraction
    plain = f"{whole.lstrip('0') or '0'}.{fraction}" if fraction else whole.lstrip("0") or "0"
    return f"-{plain}" if negative and plain.strip("0.") else plain


def _sign(written: str) -> tuple[bool, str]:
    """Sign and digits of -1.00, 1.00-, (1.00), +1.00, EUR 1.00, 1.00 €."""
    said = _SIGN.sub("", written.strip().replace("\u2212", "-")).strip()
    if said.startswith("(") and said.endswith(")"):
        return True, said[1:-1].strip()
    if said.endswith("-"):
        return True, said[:-1].strip()
    if said.startswith(("-", "+")):
        return said[0] == "-", _SIGN.sub("", said[1:].strip()).strip()
    return False, said


def mark_of(written: str) -> str:
    """What an amount tells about the mark before decimals: `.`, `,`, `either` (1,234), or nothing."""
    digits = re.sub(r"[^0-9.,' ]", "", _SPACES.sub(" ", written).replace("’", "'")).strip()
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return ""
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:
        return "," if marks[0] == "." else "."
    _, _, tail = digits.rpartition(marks[0])
    if len(tail) != 3 or digits.startswith(("0.", "0,")):
        return marks[0]
    return "either"


def was_shortened(written: str) -> bool:
    """Whether a spreadsheet turned a long number into 1.2E+10: then it is lost."""
    return bool(_SHORTENED.fullmatch(written.strip()))
