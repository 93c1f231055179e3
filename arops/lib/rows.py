"""Reading rows as ERPs send them: values checked field by field, every problem told with its place. Pure.

A field is a function of the value as JSON gave it: it answers the value as the domain wants it, or raises Wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from arops.lib import money

Field = Callable[[Any], Any]
Fields = Mapping[str, Field]

_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?", re.ASCII)
_DAY = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NUL = "\x00"
MOST_TOLD = 100
"""Faults of a row that are told: whoever sent more of them finds the rest by mending these."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: where (JSON pointer within the row), a code for machines, words for people."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Another record, by our id or its number, or by the sender's id."""

    id: str = ""
    external_id: str = ""
    source_system: str = ""


class Wrong(ValueError):
    """A value that isn't what the field takes; says what it takes."""

    def __init__(self, says: str, code: str = "invalid") -> None:
        super().__init__(says)
        self.code = code


def text(limit: int, *, needed: bool = False) -> Callable[[Any], str]:
    """A reader of text of at most `limit` characters."""
    says = f"takes text of {'1 to' if needed else 'at most'} {limit} characters"

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or _NUL in value or (needed and not value.strip()):
            raise Wrong(says)
        return value.strip()

    return read


def matching(pattern: re.Pattern[str], says: str) -> Callable[[Any], str]:
    """A reader of text like the pattern, or empty."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or (value and not pattern.fullmatch(value)) or len(value) > 254:
            raise Wrong(says)
        return value

    return read


def one_of(*allowed: str) -> Callable[[Any], str]:
    """A reader of one of these words."""

    def read(value: Any) -> str:
        if value not in allowed:
            raise Wrong(f"is one of {', '.join(word or 'nothing' for word in allowed)}")
        return str(value)

    return read


def some_of(*allowed: str) -> Callable[[Any], list[str]]:
    """A reader of a list of these words, in their order here, each once."""

    def read(value: Any) -> list[str]:
        if not isinstance(value, list) or any(word not in allowed for word in value):
            raise Wrong(f"is a list of some of {', '.join(allowed)}")
        return [word for word in allowed if word in value]

    return read


def currency(value: Any) -> str:
    """An ISO 4217 code."""
    try:
        money.exponent(value if isinstance(value, str) else "")
    except money.MoneyError as error:
        raise Wrong(str(error)) from None
    return str(value)


def yes_or_no(value: Any) -> bool:
    """True or false, not their words."""
    if not isinstance(value, bool):
        raise Wrong("is true or false")
    return value


def source_version(value: Any) -> int | None:
    """The sender's counter of changes."""
    if value is not None and (type(value) is not int or not 0 <= value < 2**62):
        raise Wrong("is a whole number that grows with every change")
    return value


def whole(least: int = 0, most: int = 2**31 - 1) -> Callable[[Any], int]:
    """A reader of whole numbers."""

    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Wrong(f"is a whole number from {least} to {most}" if most < 2**31 - 1 or least else "is a whole number")
        return int(value)

    return read


def decimal(places: int = 8, *, least: Decimal | None = None, most: Decimal | None = None) -> Callable[[Any], Decimal]:
    """A reader of plain decimals as text."""

    def read(value: Any) -> Decimal:
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise Wrong("is a plain decimal as text, such as 2.5", "invalid_number")
        if len(value.partition(".")[2].rstrip("0")) > places:
            raise Wrong(f"has at most {places} decimals", "invalid_number")
        found = Decimal(value)
        if (least is not None and found < least) or (most is not None and found > most):
            raise Wrong(f"is {f'at least {least}' if most is None else f'from {least} to {most}'}", "invalid_number")
        return found

    return read


def day(value: Any) -> date:
    """An ISO day."""
    found = parse_day(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong("is a day such as 2026-10-31", "invalid_date")
    return found


def amount(code: str, *, least: int | None = None) -> Callable[[Any], int | None]:
    """A reader of amounts of a currency in major units; without a currency (which is told elsewhere) it answers None."""

    def read(value: Any) -> int | None:
        try:
            found = money.parse(value, code) if code else None
        except money.MoneyError as error:
            raise Wrong(f"is wrong: {error}", "invalid_amount") from None
        if found is not None and least is not None and found < least:
            raise Wrong("is more than zero" if least == 1 else "is not negative", "invalid_amount")
        return found

    return read


def reference(value: Any) -> Reference:
    """Another record."""
    found = read_reference(value)
    if found is None:
        raise Wrong('is an id or number, or {"external_id": …, "source_system": …}')
    return found


def or_empty(read: Field) -> Field:
    """The field, or an empty text that takes away what was there."""
    return lambda value: None if value == "" else read(value)


def read_reference(value: Any) -> Reference | None:
    """A reference as the API takes it; None when it is neither an id nor an object of the two fields."""
    if isinstance(value, str) and 0 < len(value) <= 120 and _NUL not in value:
        return Reference(id=value)
    if isinstance(value, Mapping) and not value.keys() - {"external_id", "source_system"}:
        external, source = value.get("external_id"), value.get("source_system", "")
        if (
            isinstance(external, str)
            and 0 < len(external) <= 80
            and isinstance(source, str)
            and len(source) <= 40
            and _NUL not in external + source
        ):
            return Reference(external_id=external, source_system=source)
    return None


def parse_day(text: str) -> date | None:
    """An ISO day between 1900 and 2099; None for anything else (31 February, 0206-01-01)."""
    return _day_of(text) if _DAY.fullmatch(text) else None  # what is none isn't remembered: it may have megabytes


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_row(
    row: Any, fields: Fields, also: frozenset[str] = frozenset(), required: tuple[str, ...] = (), pointer: str = ""
) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a row by its fields, and what is wrong with it. `also` are names that the caller reads itself."""
    if not isinstance(row, Mapping):
        return {}, [Problem(pointer, "invalid", f"a {'line' if pointer else 'row'} is an object")]
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in row.items():
        read = fields.get(name)
        if read is None:
            if name not in also:
                problems.append(Problem(f"{pointer}/{_token(name)}", "unknown_field", f"{name[:60]} is not a field of this"))
        elif value is not None and not (value == "" and name in required):  # null is the same as not there
            try:
                values[name] = read(value)
            except Wrong as error:
                problems.append(Problem(f"{pointer}/{name}", error.code, f"{name} {error}"))
    problems += [Problem(f"{pointer}/{name}", "required", f"{name} is needed") for name in required if row.get(name) in (None, "")]
    return values, sorted(problems, key=lambda p: p.pointer)[:MOST_TOLD] if problems else problems


def _token(name: str) -> str:
    """A name within a JSON pointer (RFC 6901): the beginning of what no field is called."""
    return name[:60].replace("~", "~0").replace("/", "~1")
