"""BAI lockbox files (fixed width): cheques that a bank opened, photographed and banked for us, with the invoices their payers named.

Record types of the BAI lockbox standard: 1 file header, 2 service header, 5 lockbox header, 6 cheque, 4 overflow (what the cheque pays),
7 batch total, 8 lockbox total, 9 file trailer. Banks agree on the records, not on the columns of 6 and 4: those are a bank's profile.
Every total of the file must be the sum of its cheques, for a lockbox file has nothing else to prove that it is whole.

Each lockbox and deposit day is a notification: it says what the deposit is made of that a bank statement books, and no balances.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from . import text
from .model import BankEntry, BankFile, ReadError, RemittanceRef, Statement, currency_of, squeeze

__all__ = ["STANDARD", "LockboxProfile", "Place", "ReadError", "read", "try_out"]

_LOOKS = re.compile(r"\s*1[ 0-9]{2}[^\n]{20}[0-9]{6}[^\n]*\n2[^\n]*\n(?:[56789][^\n]*(?:\n|$))", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
_KNOWN = frozenset("12456789")


@dataclass(frozen=True, slots=True)
class Place:
    """Columns of a record, counted from 1 as banks' handbooks do; a length of 0 says that the bank doesn't give it."""

    start: int = 1
    length: int = 0

    def of(self, record: str) -> str:
        """What stands there, without blanks around it."""
        return record[self.start - 1 : self.start - 1 + self.length].strip() if self.length else ""


@dataclass(frozen=True, slots=True)
class LockboxProfile:
    """Where a bank writes what. Overflow records hold a list of documents from `data` on, each `repeat` columns wide (0: one a record),
    with `invoice`, `paid` and `discount` counted from its own first column. Amounts have the currency's implied decimals.
    """

    amount: Place = field(default=Place(8, 10))
    routing: Place = field(default=Place(18, 9))
    account: Place = field(default=Place(27, 10))
    cheque: Place = field(default=Place(37, 10))
    cheque_date: Place = field(default=Place(47, 6))
    payer: Place = field(default=Place(53, 28))
    data: int = 12
    repeat: int = 0
    invoice: Place = field(default=Place(1, 20))
    paid: Place = field(default=Place())
    discount: Place = field(default=Place())
    currency: str = "USD"


STANDARD = LockboxProfile()
"""What most banks write, and what is taken where none was saved for the account."""


@dataclass(slots=True)
class _Cheque:
    line: int
    record: str
    documents: list[RemittanceRef] = field(default_factory=list)


@dataclass(slots=True)
class _Box:
    """A lockbox on a day: what its records said so far."""

    number: str
    day: date
    line: int
    profile: LockboxProfile
    cheques: list[_Cheque] = field(default_factory=list)
    batch: list[_Cheque] = field(default_factory=list)


def looks_like(head: str) -> bool:
    """Whether a text begins as such a file does."""
    return bool(_LOOKS.match(head))


def read(body: str, profiles: Mapping[str, LockboxProfile] | None = None, other: LockboxProfile = STANDARD) -> BankFile:
    """Each lockbox and day as a statement of its cheques. `profiles` are by lockbox number, zeros in front don't count; `other` serves
    all that have none. ReadError names the line."""
    reader = _Reader(profiles or {}, other)
    for line, record in enumerate(body.split("\n"), start=1):
        if record.strip(" \t\x1a"):
            reader.take(line, record.rstrip())
    return reader.file()


def try_out(data: bytes, *, profile: LockboxProfile) -> BankFile:
    """A sample read by a layout, whatever lockboxes it is of. ReadError names the line."""
    body = text.decode(data)
    if not looks_like(body[:20_000]):
        raise ReadError(1, "this is no BAI lockbox file: it begins with records 1, 2 and 5")
    return read(body, other=profile)


class _Reader:
    def __init__(self, profiles: Mapping[str, LockboxProfile], other: LockboxProfile) -> None:
        self.other = other
        self.profiles = {number.lstrip("0"): profile for number, profile in profiles.items()}
        self.boxes: list[_Box] = []
        self.box: _Box | None = None
        self.records, self.closed = 0, False

    def take(self, line: int, record: str) -> None:
        """One record; its first character says what it is."""
        kind = record[0]
        if self.closed:
            raise ReadError(line, "records follow the 9 file trailer")
        if kind not in _KNOWN or (not self.records and kind != "1"):
            raise ReadError(line, f"a record {kind!r}, where a lockbox file has 1, 2, 5, 6, 4, 7, 8 and 9, in this order")
        self.records += 1
        handler = {"5": self._header, "6": self._cheque, "4": self._overflow, "7": self._batch, "8": self._total, "9": self._end}.get(kind)
        if handler:
            handler(line, record)

    def file(self) -> BankFile:
        """All of it, once the trailer has been seen."""
        if not self.closed:
            raise ReadError(self.records or 1, "the file ends without its 9 trailer: it was cut off")
        joined: dict[tuple[str, date], list[_Box]] = {}
        for box in self.boxes:
            joined.setdefault((box.number, box.day), []).append(box)
        return BankFile("lockbox", tuple(_statement(boxes) for boxes in joined.values()))

    def _header(self, line: int, record: str) -> None:
        if self.box and (self.box.batch or self.box.cheques):
            self._close_without_total(line)
        number, day = record[7:14].strip(), _day(record[14:20], line)
        if not number.lstrip("0"):
            raise ReadError(line, "a lockbox header (5) without a lockbox number in columns 8 to 14")
        self.box = _Box(number, day, line, self.profiles.get(number.lstrip("0"), self.other))
        self.boxes.append(self.box)

    def _close_without_total(self, line: int) -> None:
        raise ReadError(line, "a lockbox starts before the one above has its 8 total")

    def _cheque(self, line: int, record: str) -> None:
        self._open(line).batch.append(_Cheque(line, record))

    def _overflow(self, line: int, record: str) -> None:
        box = self._open(line)
        if not box.batch:
            raise ReadError(line, "an overflow record (4) without a cheque (6) above it")
        cheque, profile = box.batch[-1], box.profile
        if record[4:7].strip() != cheque.record[4:7].strip():
            raise ReadError(line, f"an overflow of item {record[4:7]!r} below the cheque of item {cheque.record[4:7]!r}")
        data = record[profile.data - 1 :]
        width = profile.repeat or max(len(data), 1)
        for at in range(0, len(data), width):
            piece = data[at : at + width]
            if invoice := profile.invoice.of(piece):
                cheque.documents.append(_document(invoice, piece, profile, line))

    def _batch(self, line: int, record: str) -> None:
        box = self._open(line)
        _check(line, "batch", box.profile, box.batch, record[20:23], record[23:33])
        box.cheques += box.batch
        box.batch = []

    def _total(self, line: int, record: str) -> None:
        box = self._open(line)
        if box.batch:
            raise ReadError(line, "the lockbox's total (8) stands before the total (7) of its last batch")
        _check(line, "lockbox", box.profile, box.cheques, record[20:24], record[24:34])
        self.box = None

    def _end(self, line: int, record: str) -> None:
        if self.box:
            raise ReadError(line, "the file trailer (9) stands before the total (8) of its last lockbox")
        said = record[1:7].strip()
        if said.isdecimal() and said.isascii() and int(said) != self.records:
            raise ReadError(line, f"{int(said)} records announced, {self.records} found: lines are missing or too many")
        self.closed = True

    def _open(self, line: int) -> _Box:
        if self.box is None:
            raise ReadError(line, "a record of a lockbox without its header (5)")
        return self.box


def _check(line: int, what: str, profile: LockboxProfile, cheques: list[_Cheque], count: str, total: str) -> None:
    """Counts and sums of a total record; ReadError where the cheques above it don't make them."""
    found = sum(_minor(profile.amount.of(cheque.record), "an amount", cheque.line) for cheque in cheques)
    said = total.strip()
    if not _AMOUNT.fullmatch(said):
        raise ReadError(line, f"{total[:20]!r} is no total: digits with implied decimals")
    if int(said) != found:
        raise ReadError(line, f"the {what}'s total is {int(said)}, its cheques make {found} (with implied decimals)")
    if count.strip().isdecimal() and count.isascii() and int(count) != len(cheques):
        raise ReadError(line, f"{int(count)} cheques announced for the {what}, {len(cheques)} found")


def _minor(written: str, what: str, line: int) -> int:
    if not _AMOUNT.fullmatch(written):
        raise ReadError(line, f"{written[:20]!r} is not {what}: digits with implied decimals. Does the account's lockbox layout fit?")
    return int(written)


def _document(invoice: str, piece: str, profile: LockboxProfile, line: int) -> RemittanceRef:
    paid, discount = profile.paid.of(piece), profile.discount.of(piece)
    return RemittanceRef(
        invoice.lstrip("0") or invoice, _minor(paid, "what an invoice gets", line) if paid else None,
        _minor(discount, "a discount", line) or None if discount else None,
    )  # fmt: skip


def _day(written: str, line: int) -> date:
    for pattern in ("%y%m%d", "%m%d%y"):
        try:
            return datetime.strptime(written if written.isascii() and written.isdecimal() else "", pattern).date()
        except ValueError:
            continue
    raise ReadError(line, f"{written[:10]!r} is not a day (YYMMDD)")


def _statement(boxes: list[_Box]) -> Statement:
    """What the bank banked of one lockbox on one day."""
    first = boxes[0]
    currency = currency_of(first.profile.currency, first.line)
    cheques = [(box, cheque) for box in boxes for cheque in box.cheques]
    entries = tuple(_entry(n, box, cheque, currency) for n, (box, cheque) in enumerate(cheques, 1))
    return Statement(
        account=f"LOCKBOX {first.number.lstrip('0')}", currency=currency, statement_id=f"lockbox {first.day:%Y%m%d}",
        opening_date=first.day, closing_date=first.day, entries=tuple(e for e in entries if e.amount), kind="notification",
    )  # fmt: skip


def _entry(ordinal: int, box: _Box, cheque: _Cheque, currency: str) -> BankEntry:
    profile, record = box.profile, cheque.record
    number, item = profile.cheque.of(record).lstrip("0"), f"{record[1:4]}-{record[4:7]}"
    return BankEntry(
        amount=_minor(profile.amount.of(record), "an amount", cheque.line), currency=currency, value_date=box.day, booking_date=box.day,
        line=cheque.line, ordinal=ordinal, bank_reference=f"{box.number}/{box.day:%y%m%d}/{item}", customer_reference=number,
        type_code="lockbox", channel="lockbox", payer_name=squeeze(profile.payer.of(record)),
        payer_account=profile.account.of(record).lstrip("0"), payer_bank=profile.routing.of(record),
        text=" ".join([f"CHEQUE {number}".strip(), *(document.number for document in cheque.documents)]),
        structured=tuple(cheque.documents),
    )  # fmt: skip
