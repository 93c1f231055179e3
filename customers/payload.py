"""Reading customers and contacts as an ERP sends them. Pure: rows in, checked values or problems out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from arops.lib import money
from customers.terms import TermsError, parse_terms

_EMAIL = re.compile(r"[^@\s,;<>\"\x00-\x1f]+@[^@\s,;<>\"\x00-\x1f]+\.[^@\s,;<>\"\x00-\x1f]+")
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: where, a code, words."""

    pointer: str
    code: str
    detail: str


class Wrong(ValueError):
    """A value that isn't what the field takes; says what it takes."""


def text(limit: int, *, needed: bool = False) -> Callable[[Any], str]:
    """A reader of text of at most `limit` characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or "\x00" in value or (needed and not value.strip()):
            raise Wrong(f"takes text of {'1 to' if needed else 'at most'} {limit} characters")
        return value.strip()

    return read


def _matching(pattern: re.Pattern[str], says: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or (value and not pattern.fullmatch(value)) or len(value) > 254:
            raise Wrong(says)
        return value

    return read


def _currency(value: Any) -> str:
    try:
        money.exponent(value if isinstance(value, str) else "")
    except money.MoneyError as error:
        raise Wrong(str(error)) from None
    return str(value)


def _terms(value: Any) -> str:
    try:
        parse_terms(text(40)(value))
    except TermsError as error:
        raise Wrong(str(error)) from None
    return str(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("is true or false")
    return value


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            raise Wrong(f"is one of {', '.join(allowed)}")
        return str(value)

    return read


def _version(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value < 2**62):
        raise Wrong("is a whole number that grows with every change")
    return value


def _external(value: Any) -> str:
    return text(80, needed=True)(value)


CUSTOMER: dict[str, Callable[[Any], Any]] = {
    "number": text(40, needed=True),
    "name": text(200, needed=True),
    "currency": _currency,
    "language": _matching(_LANGUAGE, "is a code such as en"),
    "country": _matching(_COUNTRY, "is an ISO 3166 code such as US"),
    "address": text(1000),
    "tax_id": text(40),
    "payment_terms": _terms,
    "segment": text(40),
    "risk": _one_of("A", "B", "C", "D"),
    "sales_representative": text(100),
    "is_active": _yes_or_no,
    "source_system": text(40),
    "external_id": _external,
    "source_version": _version,
}
CONTACT: dict[str, Callable[[Any], Any]] = {
    "name": text(150, needed=True),
    "role": _one_of("ap", "buyer", "project_manager", "executive", "other"),
    "email": _matching(_EMAIL, "is one e-mail address"),
    "phone": text(40),
    "language": _matching(_LANGUAGE, "is a code such as en"),
    "receives_letters": _yes_or_no,
    "is_active": _yes_or_no,
    "source_system": text(40),
    "external_id": _external,
    "source_version": _version,
}


def read_row(
    row: Any, fields: Mapping[str, Callable[[Any], Any]], also: frozenset[str] = frozenset(), required: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a row by its fields, and what is wrong with it. `also` are names that the caller reads itself."""
    if not isinstance(row, Mapping):
        return {}, [Problem("", "invalid", "a row is an object")]
    problems = [Problem(f"/{name}", "unknown_field", f"{name} is not a field of this") for name in row.keys() - fields.keys() - also]
    problems += [Problem(f"/{name}", "required", f"{name} is needed") for name in required if row.get(name) in (None, "")]
    values: dict[str, Any] = {}
    for name in fields.keys() & row.keys():
        if row[name] is None:  # the same as not there
            continue
        try:
            values[name] = fields[name](row[name])
        except Wrong as error:
            if not (name in required and row[name] == ""):
                problems.append(Problem(f"/{name}", "invalid", f"{name} {error}"))
    return values, sorted(problems, key=lambda p: p.pointer)


def credit_limit(value: Any, currency: str) -> int | None:
    """A limit in minor units of the customer's currency; None for none. Raises Wrong."""
    if value is None:
        return None
    try:
        limit = money.parse(value, currency)
    except money.MoneyError as error:
        raise Wrong(str(error)) from None
    if limit < 0:
        raise Wrong("is not negative")
    return limit
