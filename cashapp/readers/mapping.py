"""How a CSV or Excel list is read: which column is what, and how it writes days and amounts. Saved per bank, proposed by `sniff`."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from arops.lib import money

from .model import ReadError, amount_of

Cell = str | Decimal | date
"""Text as written, or what a workbook holds as a number or a day."""
Column = str | int
"""A column's heading, or its number counted from 1."""

YEARS = range(1990, 2060)
"""Years that a bank file can bear; 0206 and 2062 are slips of the pen for 2026."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A saved layout. Give `amount` (with `direction`, where a column says debit or credit) or `credit` and `debit`.

    `header_row` counts from 1; None means no headings, so columns go by number. `date_format` is strptime's; None leaves only days
    that can't be misread. `sign` says which way a signed amount counts; `negative` what a negative number in a credit or debit
    column (or beside a direction mark) means: a question, the reverse booking, or just the bank's way of writing debits.
    `fee`, `net` and `batch` are of card lists (`cards`): `lump` makes a batch one receipt with its sales as parts; `settlement` says that
    the list only tells what makes up payouts that another account's statements book.
    """

    date: Column
    amount: Column | None = None
    credit: Column | None = None
    debit: Column | None = None
    direction: Column | None = None
    value_date: Column | None = None
    currency_column: Column | None = None
    account_column: Column | None = None
    text: tuple[Column, ...] = ()
    payer_name: Column | None = None
    payer_account: Column | None = None
    payer_bank: Column | None = None
    bank_reference: Column | None = None
    customer_reference: Column | None = None
    end_to_end_id: Column | None = None
    invoice_number: Column | None = None
    balance: Column | None = None
    fee: Column | None = None
    net: Column | None = None
    batch: Column | None = None
    header_row: int | None = 1
    date_format: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    delimiter: str = ","
    encoding: str | None = None
    sheet: str | None = None
    currency: str = ""
    account: str = ""
    lump: bool = False
    settlement: bool = False
    sign: Literal["credit_positive", "debit_positive"] = "credit_positive"
    negative: Literal["ask", "reverse", "absolute"] = "ask"
    debit_marks: tuple[str, ...] = ("D", "DR", "DBIT", "DEBIT", "S", "SOLL", "AF", "DEBE", "-")
    credit_marks: tuple[str, ...] = ("C", "CR", "CRDT", "CREDIT", "H", "HABEN", "BIJ", "HABER", "+")


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CURRENCY_SIGN = re.compile(r"^(?:[A-Z]{3}|[€$£¥])\s*|\s*(?:[A-Z]{3}|[€$£¥])$")
_CODE = re.compile(r"^[+-]?[A-Z]{3}\b|\b[A-Z]{3}$")
_DIGIT = re.compile("[0-9]")
_SPACES = re.compile("[\u00a0\u2007\u2009\u202f ]")


def parse_day(cell: Cell, pattern: str | None, line: int) -> date:
    """The day of a cell; a workbook's own date and 2026-04-03 need no pattern, everything else does."""
    if isinstance(cell, date):
        return _plausible(cell, str(cell), line)
    return _parsed_day(str(cell).strip(), pattern, line)


def _parsed_day(written: str, pattern: str | None, line: int) -> date:
    if _ISO_DAY.fullmatch(written[:10]) and (len(written) == 10 or written[10] in " T"):
        written, pattern = written[:10], "%Y-%m-%d"
    if pattern is None:
        raise ReadError(line, f"{written[:30]!r} could be more than one day: choose the date format")
    day = _read_day(written, pattern)
    if day is None:
        raise ReadError(line, f"{written[:30]!r} is not a day written as {pattern}")
    return _plausible(day, written, line)


@lru_cache(maxsize=8192)
def _read_day(written: str, pattern: str) -> date | None:
    """Remembered, for a list repeats its few days on every row."""
    try:
        return datetime.strptime(written, pattern).date() if written.isascii() else None
    except (ValueError, re.error):
        return None


def _plausible(day: date, written: str, line: int) -> date:
    if day.year not in YEARS:
        raise ReadError(line, f"{written[:30]!r}: {day.year} is no year of a bank file")
    return day if type(day) is date else date(day.year, day.month, day.day)


def parse_amount(cell: Cell, mapping: Mapping, currency: str, line: int) -> int:
    """Signed minor units as written; grouping must be whole groups of three, so 12..34 and 1.2E+10 are refused."""
    if isinstance(cell, Decimal):
        try:
            return money.from_decimal(cell, currency)
        except money.MoneyError as error:
            raise ReadError(line, str(error)) from None
    named = _CODE.search(str(cell).strip())
    if named and named[0].lstrip("+-") != currency:
        raise ReadError(line, f"{str(cell)[:30]!r} is in another currency than {currency}")
    negative, digits = _split_sign(str(cell))
    thousands, point = mapping.thousands, mapping.decimal
    digits = _SPACES.sub(" ", digits).replace("’", "'")
    if not _amount_pattern(thousands, point).fullmatch(digits) or not _DIGIT.search(digits):
        raise ReadError(line, f"{str(cell)[:30]!r} is not an amount with {point!r} before the decimals")
    whole, _, fraction = digits.replace(thousands, "").partition(point) if thousands else digits.partition(point)
    plain = f"{whole.lstrip('0') or '0'}.{fraction}" if fraction else whole.lstrip("0") or "0"
    minor = amount_of(plain, currency, line)
    return -minor if negative else minor


@lru_cache(maxsize=32)
def _amount_pattern(thousands: str, point: str) -> re.Pattern[str]:
    group = rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|" if thousands else ""
    return re.compile(rf"(?:{group}[0-9]+)?(?:{re.escape(point)}[0-9]*)?", re.ASCII)


def _split_sign(written: str) -> tuple[bool, str]:
    """Sign and digits of -1.00, 1.00-, (1.00), +1.00, EUR 1.00, 1.00 €."""
    text = written.strip().removeprefix("'").replace("\u2212", "-")
    text = _CURRENCY_SIGN.sub("", text).strip()
    if text.startswith("(") and text.endswith(")"):
        return True, text[1:-1].strip()
    if text.endswith("-"):
        return True, text[:-1].strip()
    if text.startswith(("-", "+")):
        return text[0] == "-", _CURRENCY_SIGN.sub("", text[1:].strip()).strip()
    return False, text
