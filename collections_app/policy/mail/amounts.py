"""Amounts in mails: those that stand beside a currency. A number without one may be a telephone, a year or a purchase order."""

import re

from arops.lib import money
from arops.lib.reading.values import Unclear, mark_of, number

_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY"}
_DOLLARS = frozenset("USD CAD AUD NZD SGD HKD".split())
_CODES = "EUR|USD|GBP|CHF|CAD|AUD|NZD|SGD|HKD|SEK|NOK|DKK|PLN|CZK|HUF|MXN|BRL|JPY|INR|ZAR|AED"
_DIGITS = r"[0-9](?:[0-9.,' \u00a0\u202f]{0,18}[0-9])?"
_AMOUNT = re.compile(
    rf"(?<![\w])(?P<before>(?:{_CODES}|US\$|[€$£¥]))\s?(?P<a>{_DIGITS})|(?P<b>{_DIGITS})\s?(?P<after>(?:{_CODES}|euros?|dollars?|[€$£¥]))(?!\w)",
    re.IGNORECASE,
)


def amounts_of(text: str, currency: str) -> list[tuple[int, str, int]]:
    """The amounts of a text: minor units, currency, and where they stand. A bare $ is the account's own dollar, else the US one."""
    found: list[tuple[int, str, int]] = []
    for match in _AMOUNT.finditer(text):
        code = _code((match["before"] or match["after"]).upper(), currency)
        minor = _minor(match["a"] or match["b"], code)
        if minor:
            found.append((minor, code, match.start()))
    return found


def _code(sign: str, currency: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign.startswith("EURO"):
        return "EUR"
    if sign in ("$", "US$") or sign.startswith("DOLLAR"):
        return currency if sign != "US$" and currency in _DOLLARS else "USD"
    return sign


def _minor(digits: str, currency: str) -> int | None:
    """Minor units of digits as people write them: 1,234.50, 1.234,50, 1'234.50; 1,234 are thousands."""
    mark = mark_of(digits)
    if mark == "either":
        mark = "." if "," in digits else ","
    try:
        return money.parse(number(digits.strip(), "," if mark == "," else "."), currency)
    except (Unclear, money.MoneyError):
        return None
