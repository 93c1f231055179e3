"""Money: an integer of the currency's minor unit (cents, yen, fils) beside an ISO 4217 code.

Everything between the edges counts in minor units, so that sums are exact and PostgreSQL can hold them in `bigint`.
Text and Decimal exist only at the edges: `parse` on the way in, `to_decimal` and `format` on the way out.
Exponents are those of ISO 4217 (list one); a code that is not listed there is refused.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

_NO_MINOR_UNIT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_FOUR_DIGITS = frozenset("CLF UYW".split())
_TWO_DIGITS = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN "
    "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG DEM".split()
)

# Groups of thousands as people part them, all by the same sign; the last has three digits (1,234,567 or, in India, 12,34,567).
_GROUPED = re.compile(r"\(?-?[0-9]{1,3}(?:([, \u00a0])(?:[0-9]{2,3}\1)*[0-9]{3})?(?:\.[0-9]*)?\)?", re.ASCII)
# A plain decimal in ASCII digits: no exponent, underscore, blank, NaN, infinity or other script's digits.
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,15}|0[0-9]{1,15})(?:\.[0-9]{1,12})?", re.ASCII)

MAX_MINOR = 10**15
"""Largest amount of one line, in minor units: far above any invoice, far below what a bigint sum of a billion lines holds."""


class MoneyError(ValueError):
    """An amount or currency that can't be money; the message says why, in words a user can act on."""


@lru_cache(maxsize=256)
def exponent(currency: str) -> int:
    """How many decimals the currency has (ISO 4217): 2 for USD, 0 for JPY, 3 for KWD.

    >>> exponent("KWD")
    3
    """
    if currency in _TWO_DIGITS:
        return 2
    if currency in _NO_MINOR_UNIT:
        return 0
    if currency in _THREE_DIGITS:
        return 3
    if currency in _FOUR_DIGITS:
        return 4
    raise MoneyError(f"{_begin(currency)} is not an ISO 4217 currency code")


def _begin(said: object) -> str:
    """What somebody wrote, to be told back: its beginning, however long it is."""
    return repr(f"{said[:39]}…" if isinstance(said, str) and len(said) > 40 else said)[:80]


def currencies() -> list[str]:
    """Every currency code the product knows, sorted."""
    return sorted(_TWO_DIGITS | _NO_MINOR_UNIT | _THREE_DIGITS | _FOUR_DIGITS)


def parse(text: str, currency: str) -> int:
    """Minor units of a plain decimal in major units, such as the API sends: `parse("1234.50", "USD")` is 123450.

    Refuses (MoneyError) everything that is not digits with an optional sign and point: exponents, separators, NaN,
    digits of other scripts; more decimals than the currency has; and "-0".
    """
    if not isinstance(text, str) or not _PLAIN.fullmatch(text):
        raise MoneyError(f"{_begin(text)} is not an amount: write digits with a point, such as 1234.50")
    whole, _, fraction = text.partition(".")
    digits = exponent(currency)
    if len(fraction) > digits and fraction[digits:].strip("0"):
        raise MoneyError(f"{text} has more decimals than {currency} has ({digits})")
    minor = int(whole.lstrip("-") + fraction[:digits].ljust(digits, "0"))
    if whole.startswith("-"):
        if minor == 0:
            raise MoneyError("-0 is not an amount")
        minor = -minor
    if abs(minor) > MAX_MINOR:
        raise MoneyError(f"{text} is too large an amount")
    return minor


def ungrouped(text: str) -> str:
    """An amount as people type it, without what parts its thousands: `1,234.50` and `1 234.50` are 1234.50.

    Refuses (MoneyError) a comma that parts no thousands: in `12,50` it may stand for the point, and a guess would be off by a hundred.
    """
    plain = text.strip()
    if any(sign in plain for sign in ", \u00a0") and not _GROUPED.fullmatch(plain):
        raise MoneyError(f"{_begin(text)}: a comma or blank parts thousands, as in 1,234.50; cents come after a point")
    return plain.replace(",", "").replace(" ", "").replace("\u00a0", "")


def from_decimal(value: Decimal, currency: str) -> int:
    """Minor units of an exact Decimal in major units; MoneyError when it isn't finite or has more decimals than the currency."""
    if not value.is_finite():
        raise MoneyError(f"{value} is not an amount")
    scaled = value.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise MoneyError(f"{value} has more decimals than {currency} has ({exponent(currency)})")
    return int(scaled)


def round_to_minor(value: Decimal, currency: str) -> int:
    """Minor units of a Decimal in major units, rounded half to even: for computed prices, taxes and conversions."""
    if not value.is_finite():
        raise MoneyError(f"{value} is not an amount")
    return int(value.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_EVEN))


def to_decimal(minor: int, currency: str) -> Decimal:
    """Major units, with the currency's own number of decimals: `to_decimal(123450, "USD")` is Decimal("1234.50")."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_text(minor: int, currency: str) -> str:
    """Plain decimal for machines (API, CSV): `to_text(-123450, "USD")` is "-1234.50"."""
    digits = exponent(currency)
    if not digits:
        return str(minor)
    sign, body = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{body[:-digits]}.{body[-digits:]}"


def format(minor: int, currency: str) -> str:
    """For people: grouped, negatives in brackets, zero as an en dash: `format(-123450, "USD")` is "(1,234.50)"."""
    if minor == 0:
        return "–"
    whole, _, fraction = to_text(abs(minor), currency).partition(".")
    body = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    return f"({body})" if minor < 0 else body


def convert(minor: int, currency: str, rate: Decimal, base: str) -> int:
    """Minor units of `base` for `minor` of `currency` at `rate` (base units per unit of currency), half to even."""
    return round_to_minor(to_decimal(minor, currency) * rate, base)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of `total` in proportion to non-negative `weights`, summing to it exactly (largest remainder, ties to the first).

    >>> split(100, [1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    if not weights or whole <= 0 or min(weights) < 0:
        raise MoneyError("an amount can only be split by weights that are not negative and not all zero")
    sign, size = (-1 if total < 0 else 1), abs(total)
    parts = [size * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % whole), i))
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
