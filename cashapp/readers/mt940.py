"""SWIFT MT940 statements and MT942 interim reports (SWIFT User Handbook, category 9), statement by statement.

Read by ourselves and not through `mt-940`, which one bad :61: makes lose the whole file, knows no line numbers to refuse with, and by
default reads the reversal of a credit as money received. It is the cross-check in the tests instead.

Rules that real files test: RC and RD are reversals and turn the sign; a value date of 30 February exists (German banks count
interest in months of 30 days); tags wrap, so only the tags of the format end a field and ":12:11" is text; Dutch customer
references have up to 34 characters; balances may lack their currency.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from . import channels, mt_details
from .model import BankEntry, BankFile, Kind, ReadError, Statement, Status, amount_of, currency_of, squeeze

_TAGS = "20|21|25P?|28C?|60[FM]|61|62[FM]|64|65|86|13D?|34F|90[CD]|NS"
_TAG = re.compile(rf":({_TAGS}):")
_LOOKS_LIKE_TAG = re.compile(r":[0-9]{2,4}[A-Z]?:")
_KNOWN_HEADER = re.compile(r":94[02]:")
_BALANCE = re.compile(r"([CDcd])([0-9]{6})([A-Z]{3})?([0-9]*[.,]?[0-9]*)\s*", re.ASCII)
_LINE = re.compile(
    r"(?P<day>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?(?P<amount>[0-9]*[.,]?[0-9]*)"
    r"(?P<type>[A-Z][A-Z0-9]{3})?(?P<ref>.*)",
    re.ASCII | re.IGNORECASE,
)
_CURRENCY_AT_END = re.compile(r"(?<=[0-9 /])\s*/?([A-Z]{3})$")
_SERVICER = re.compile(r"([0-9]{8}|[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)/(.+)", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_NO_REFERENCE = frozenset(("NONREF", "EREF", "PREF", "IREF", "KREF", "KREF+", "MARF", "N"))
"""Fillers of field 61's customer reference: none, or "see field 86"."""
_SUM = re.compile(r"([0-9]{1,5})([A-Z]{3})?([0-9]*[.,]?[0-9]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    tag: str
    lines: tuple[str, ...]
    line: int

    @property
    def joined(self) -> str:
        return "".join(self.lines).strip()


@dataclass(slots=True)
class _Open:
    """The statement being read."""

    line: int
    reference: str
    account: str = ""
    servicer: str | None = None
    currency: str = ""
    sequence: str | None = None
    opening: tuple[date, int] | None = None
    closing: tuple[date, int] | None = None
    interim: bool = False
    entries: list[BankEntry] = field(default_factory=list)
    sums: list[_Field] = field(default_factory=list)


def read(text: str) -> BankFile:
    """Every statement between one :20: and the next; ReadError names line and reason."""
    fields, warnings = list(_fields(text)), list[str]()
    if not fields or fields[0].tag != "20":
        raise ReadError(fields[0].line if fields else 1, "a fragment: no :20: opens a statement, so no account can be told")
    starts = [i for i, item in enumerate(fields) if item.tag == "20"] + [len(fields)]
    statements = [_statement(fields[a:b], warnings) for a, b in pairwise(starts)]
    name = "mt942" if all(s.kind == "interim" for s in statements) else "mt940"
    return BankFile(name, tuple(statements), tuple(warnings))


def _fields(text: str) -> Iterator[_Field]:
    """Tagged fields. Before the first and between a closing "-" and the next :20: stand envelopes, which hold no money."""
    physical = text.split("\n")
    marks = [_tag_of(raw, physical[i - 1] if i else "") for i, raw in enumerate(physical)]
    ends = _statement_ends(physical, marks)
    tag, lines, start, inside = "", list[str](), 0, False
    for number, (raw, mark) in enumerate(zip(physical, marks, strict=True), start=1):
        if mark:
            if tag:
                yield _Field(tag, tuple(lines), start)
            tag, lines, start, inside = mark[1], [mark.string[mark.end() :]], number, True
        elif number - 1 in ends or raw.startswith("{1:"):
            inside = False
        elif inside and raw.strip() != ":":
            lines.append(raw)
        elif not inside and _LOOKS_LIKE_TAG.match(raw.strip()) and not _KNOWN_HEADER.match(raw.strip()):
            raise ReadError(number, f"{raw.strip()[:20]!r} is no field of an MT940 or MT942")
    if tag:
        yield _Field(tag, tuple(lines), start)


def _tag_of(raw: str, above: str) -> re.Match[str] | None:
    """The tag that a line opens; some banks put the envelope before it or fold between the colon and the number."""
    if above.strip() == ":":
        return _TAG.match(":" + raw)
    return _TAG.search(raw) if raw.startswith("{") else _TAG.match(raw)


def _statement_ends(physical: list[str], marks: list[re.Match[str] | None]) -> set[int]:
    """Indexes of the lines "-" or "-}" that close a statement: those whose next tag is :20: or nothing (else it is text)."""
    ends, following = set[int](), "20"
    for index in range(len(physical) - 1, -1, -1):
        mark = marks[index]
        if mark:
            following = mark[1]
        elif following == "20" and physical[index].strip() in ("-", "-}", "\x03"):
            ends.add(index)
    return ends


def _statement(fields: list[_Field], warnings: list[str]) -> Statement:
    now = _Open(fields[0].line, fields[0].joined)
    _read_currency(now, fields)
    position = 0
    while position < len(fields):
        item, position = fields[position], position + 1
        if item.tag != "61":
            _header(item, now)
            continue
        start = position
        while position < len(fields) and fields[position].tag in ("86", "NS"):
            position += 1
        now.entries.append(_entry(item, fields[start:position], now, warnings))
    _check(now, warnings)
    return _finished(now)


def _read_currency(now: _Open, fields: list[_Field]) -> None:
    """The currency stands in the balances, but a line may come before them: looked up first."""
    for item in fields:
        if item.tag[:2] in ("60", "62", "64", "65"):
            found = _BALANCE.match(item.joined)
            code = found[3] if found else None
        elif item.tag == "34F":
            code = item.joined[:3]
        else:
            continue
        if code:
            now.currency = currency_of(code, item.line)
            return


def _header(item: _Field, now: _Open) -> None:
    if item.tag in ("25", "25P"):
        _account(item, now)
    elif item.tag in ("28", "28C"):
        now.sequence = item.joined or None
    elif item.tag in ("60F", "60M"):
        if now.opening:
            raise ReadError(item.line, f"a second opening balance (:{item.tag}:) in one statement")
        now.opening = _balance(item, now)
    elif item.tag in ("62F", "62M"):
        if now.closing:
            raise ReadError(item.line, f"a second closing balance (:{item.tag}:) in one statement")
        now.closing = _balance(item, now)
    elif item.tag in ("34F", "13", "13D", "90C", "90D"):
        now.interim = True
        if item.tag.startswith("90"):
            now.sums.append(item)


def _account(item: _Field, now: _Open) -> None:
    if now.account:
        raise ReadError(item.line, "a second account (:25:) in one statement")
    text = item.lines[0].strip() if item.tag == "25P" else item.joined
    tail = _CURRENCY_AT_END.search(text)
    if tail and now.currency in ("", tail[1]):
        now.currency = currency_of(tail[1], item.line)
        text = text[: tail.start()].strip()
    split = _SERVICER.fullmatch(text)
    now.servicer, now.account = (split[1], split[2].strip()) if split else (None, text)
    if item.tag == "25P" and len(item.lines) > 1:
        now.servicer = item.lines[1].strip() or now.servicer


def _amount(text: str, currency: str, line: int) -> int:
    whole, _, fraction = text.replace(".", ",").partition(",")
    if not whole and not fraction:
        raise ReadError(line, f"{text!r} is not an amount")
    return amount_of(f"{whole or '0'}.{fraction}" if fraction else whole, currency, line)


def _balance(item: _Field, now: _Open) -> tuple[date, int]:
    found = _BALANCE.fullmatch(item.lines[0]) or _BALANCE.fullmatch(item.joined)
    if not found:
        raise ReadError(item.line, f"{item.joined[:40]!r} is not a balance: mark, date, currency, amount")
    currency = found[3] or now.currency
    if not currency:
        raise ReadError(item.line, "the statement doesn't say its currency")
    if currency != now.currency:
        raise ReadError(item.line, f"the balance is in {currency}, the statement in {now.currency}")
    amount = _amount(found[4], currency, item.line)
    return _day(found[2], item.line)[0], -amount if found[1] in "Dd" else amount


def _day(text: str, line: int) -> tuple[date, bool]:
    """The day, and whether it had to be moved to the month's last: interest months of 30 days know a 30 February."""
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:6])
    if year >= 2080:
        year -= 100
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise ReadError(line, f"{text} is not a date (YYMMDD)")
    last = calendar.monthrange(year, month)[1]
    if day > last and not (month == 2 and day == 30):
        raise ReadError(line, f"{text} is not a date (YYMMDD): the month has {last} days")
    return date(year, month, min(day, last)), day > last


def _booking_day(text: str | None, value: date, line: int) -> date:
    """The booking day (MMDD) in the year that puts it nearest to the value date."""
    if not text or text == "0000":
        return value
    candidates = []
    for year in (value.year - 1, value.year, value.year + 1):
        try:
            candidates.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    if not candidates:
        raise ReadError(line, f"{text} is not a booking date (MMDD)")
    return min(candidates, key=lambda day: abs((day - value).days))


def _entry(item: _Field, details: list[_Field], now: _Open, warnings: list[str]) -> BankEntry:
    found, used = _match_line(item)
    if not now.currency:
        raise ReadError(item.line, "the statement doesn't say its currency")
    mark = found["mark"].upper()
    amount = _amount(found["amount"], now.currency, item.line)
    value, moved = _day(found["day"], item.line)
    if moved:
        warnings.append(f"line {item.line}: value date {found['day']} (interest month of 30 days) was read as {value}")
    customer, _, bank = found["ref"].partition("//")
    note = mt_details.merged([mt_details.read(part.tag, part.lines) for part in details])
    extra = squeeze(" ".join(item.lines[used:]))
    account, name = _party(customer.strip(), extra, note)
    status: Status = "pending" if mark[0] == "E" else "booked"
    kind = found["type"] or ""
    return BankEntry(
        amount=amount if mark in ("C", "RD", "EC") else -amount, currency=now.currency, value_date=value,
        booking_date=_booking_day(found["entry"], value, item.line), line=item.line, ordinal=len(now.entries) + 1,
        bank_reference=bank.strip(), customer_reference="" if customer.strip().upper() in _NO_REFERENCE else customer.strip(),
        end_to_end_id=note.end_to_end_id, type_code=note.type_code or kind, channel=channels.of_swift(kind, note.type_code),
        payer_name=name, payer_account=account, payer_bank=note.bank,
        text="\n".join(part for part in (note.text, extra) if part), structured=note.structured,
        is_reversal=mark[0] == "R", status=status,
    )  # fmt: skip


def _party(customer: str, extra: str, note: mt_details.Details) -> tuple[str, str]:
    """Account and name of the other side; Dutch banks write the IBAN into the reference or the line below, the name beside it."""
    if note.account or note.name:
        return note.account or (extra if _IBAN.fullmatch(extra) else ""), note.name
    if _IBAN.fullmatch(customer):
        return customer, extra
    return (extra, "") if _IBAN.fullmatch(extra) else ("", "")


def _match_line(item: _Field) -> tuple[re.Match[str], int]:
    """The :61: and how many physical lines it took; some banks fold it before the amount."""
    for used in (1, 2):
        found = _LINE.fullmatch("".join(part.strip() for part in item.lines[:used]))
        if found and re.search("[0-9]", found["amount"]) and found["type"]:
            return found, used
    raise ReadError(item.line, f"{item.lines[0][:40]!r} is not a statement line (:61:)")


def _check(now: _Open, warnings: list[str]) -> None:
    if not now.account:
        raise ReadError(now.line, "the statement names no account (:25:)")
    if not now.closing and not now.interim:
        warnings.append(f"line {now.line}: the statement of {now.account} has no closing balance, so it can't be footed")
    for item in now.sums:
        found = _SUM.fullmatch(item.joined)
        sign = -1 if item.tag == "90D" else 1
        entries = [e.amount for e in now.entries if e.amount * sign > 0]
        if found and (int(found[1]), _amount(found[3], now.currency, item.line) * sign) != (len(entries), sum(entries)):
            warnings.append(f"line {item.line}: the bank announces {item.joined} in :{item.tag}:, the lines add to something else")


def _finished(now: _Open) -> Statement:
    kind: Kind = "interim" if now.interim and not now.closing else "booked"
    opening_day, opening = now.opening or (None, None)
    closing_day, closing = now.closing or (None, None)
    if not now.currency:
        raise ReadError(now.line, "the statement doesn't say its currency")
    return Statement(
        account=now.account, currency=now.currency, account_servicer=now.servicer, statement_id=now.reference, sequence=now.sequence,
        opening_date=opening_day, opening_balance=opening, closing_date=closing_day, closing_balance=closing,
        entries=tuple(now.entries), kind=kind,
    )  # fmt: skip
