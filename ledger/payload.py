"""Reading exchange rates as an ERP sends them. Pure: a mapping in, a rate or what is wrong with it out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from arops.lib import money

_DAY = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_RATE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,8})?", re.ASCII)
FIELDS = ("currency", "base", "day", "rate")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: where, a code, words."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of `base` for one unit of `currency` from a day on."""

    currency: str
    base: str
    day: date
    rate: Decimal


def day_of(text: Any) -> date | None:
    """An ISO day between 1900 and 2099; None for anything else."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_rate(row: Any) -> Rate | list[Problem]:
    """A row as a rate, or all that is wrong with it."""
    if not isinstance(row, Mapping):
        return [Problem("", "invalid", "a row is an object")]
    problems = [Problem(f"/{name}", "unknown_field", f"{name} is not a field of this") for name in row.keys() - set(FIELDS)]
    problems += [Problem(f"/{name}", "required", f"{name} is needed") for name in FIELDS if row.get(name) in (None, "")]
    told = {p.pointer for p in problems}
    day, rate = day_of(row.get("day")), row.get("rate")
    if day is None and "/day" not in told:
        problems.append(Problem("/day", "invalid_date", "day is a day such as 2026-10-31"))
    for name in ("currency", "base"):
        if f"/{name}" not in told and not _is_currency(row[name]):
            problems.append(Problem(f"/{name}", "unknown_currency", f"{name} is an ISO 4217 code such as EUR"))
    good = isinstance(rate, str) and _RATE.fullmatch(rate) is not None and Decimal(rate) > 0
    if not good and "/rate" not in told:
        problems.append(Problem("/rate", "invalid_number", "rate is a plain decimal above zero as text, such as 1.0825"))
    if not problems and row["currency"] == row["base"]:
        problems.append(Problem("/base", "invalid", "a rate is between two currencies"))
    if problems or day is None:
        return sorted(problems, key=lambda p: p.pointer)
    return Rate(row["currency"], row["base"], day, Decimal(str(rate)))


def read_terms(row: Mapping[str, Any]) -> dict[str, Any] | list[Problem]:
    """What of an item is to change (due_date, po_number), or all that is wrong with it."""
    problems = [Problem(f"/{name}", "unknown_field", f"{name} is not a field of this") for name in row.keys() - {"due_date", "po_number"}]
    found: dict[str, Any] = {}
    if day := day_of(row.get("due_date")):
        found["due_date"] = day
    elif row.get("due_date") is not None:
        problems.append(Problem("/due_date", "invalid_date", "due_date is a day such as 2026-10-31"))
    number = row.get("po_number")
    if isinstance(number, str) and len(number) <= 60 and "\x00" not in number:
        found["po_number"] = number.strip()
    elif number is not None:
        problems.append(Problem("/po_number", "invalid", "po_number is text of at most 60 characters"))
    return sorted(problems, key=lambda p: p.pointer) or found


def _is_currency(value: Any) -> bool:
    try:
        money.exponent(value if isinstance(value, str) else "")
    except money.MoneyError:
        return False
    return True
