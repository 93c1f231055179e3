"""BAI2 balance reports (Cash Management Balance Reporting Specifications, version 2), read by ourselves.

Rules of the format that real files test: a 16's text is the rest of the record and may hold commas, slashes and line breaks;
funds types S, V and D shift the fields after them; amounts have the currency's implied decimals; a record ends with "/" but
need not end a physical line; 88 continues whatever record stands before it, in fields or in text. Detail type codes 100–399 are
credits, 400–699 debits, 900–959 customer-defined credits, 960–999 customer-defined debits. Counts and control totals are
wrong in many genuine files, so they give warnings; a missing trailer means a truncated file and refuses it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from . import channels
from .model import BankEntry, BankFile, ReadError, RemittanceRef, Statement, currency_of, squeeze

_RECORD = re.compile(r"[ \t]*(01|02|03|16|49|88|98|99)[,:]")
_NEXT_ON_LINE = re.compile(r"/[ \t]+(?=(?:01|02|03|16|49|88|98|99),)")
_AMOUNT = re.compile(r"[+-]?0{0,30}[0-9]{1,15}", re.ASCII)
_TAGGED = re.compile(r"^([A-Z][A-Z ]{1,24}?)[:=]{1,2}[ \t]*(.+)$", re.MULTILINE)
_FIELD = re.compile(r"[,\n]")

_SENDER = re.compile(r"(?:^|[,\n] ?)From: ([^,\n]+)")

# Tags by which banks name the other side in 88 lines: of money that came in (first), of money that went out (second).
_NAME_TAGS = (("DBNM", "ORIGINATOR", "ORG NAME", "ORIG CO NAME", "COMPANY NAME", "ORIG", "ORG", "SENDER"), ("CRNM", "BNF", "BENE"))
_ACCOUNT_TAGS = (("DACT", "ORG ACCOUNT", "ORIG ACCOUNT"), ("CACT",))
_BANK_TAGS = (("DBIC", "DABA", "SNDR BNK", "SENDING BANK"), ("CBIC", "CABA"))


@dataclass(slots=True)
class _Record:
    code: str
    body: str
    line: int
    count: int = 1
    """How many records of the file it took, continuations included: what 49, 98 and 99 count."""


@dataclass(slots=True)
class _Account:
    line: int
    number: str
    currency: str
    balances: dict[str, int]
    total: int
    records: int
    entries: list[BankEntry] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    line: int
    servicer: str
    as_of: date
    currency: str
    interim: bool


def read(text: str) -> BankFile:
    """Every account of every group as a statement; ReadError names line and reason."""
    reader = _Reader()
    last = None
    for record in _records(text):
        reader.take(record)
        last = record
    if last is None or last.code != "99":
        raise ReadError(last.line if last else 1, "the file ends without its 99 trailer: it was cut off")
    return BankFile("bai2", tuple(reader.statements), tuple(reader.warnings))


def _records(text: str) -> Iterator[_Record]:
    """Logical records: several may share a line, 88s are joined to the record they continue, other lines to its text."""
    current: _Record | None = None
    for line, piece in _pieces(text):
        found = _RECORD.match(piece)
        if current is None and (found is None or found[1] != "01"):
            raise ReadError(line, "a BAI2 file starts with a 01 record")
        if found is None:
            assert current is not None
            current.body = _unended(current.body) + "\n" + piece.strip()
        elif found[1] == "88":
            assert current is not None
            current.body = _unended(current.body) + "\n" + piece[found.end() :].strip()
            current.count += 1
        else:
            if current:
                yield current
            current = _Record(found[1], piece[found.end() :], line)
    if current:
        yield current


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    for line, physical in enumerate(text.split("\n"), start=1):
        if physical.strip(" \t\x1a"):
            for piece in _NEXT_ON_LINE.split(physical):
                yield line, piece


def _unended(body: str) -> str:
    """The body without the slash and blanks that end a record."""
    return body.rstrip().removesuffix("/").rstrip()


class _Reader:
    """Walks the nesting file > group > account; one method a record type."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.warnings: list[str] = []
        self.file_open = self.file_closed = False
        self.group: _Group | None = None
        self.account: _Account | None = None

    def take(self, record: _Record) -> None:
        if self.file_closed:
            raise ReadError(record.line, "records follow the 99 file trailer")
        handler = {
            "01": self._file_header, "02": self._group_header, "03": self._account_header, "16": self._detail,
            "49": self._account_trailer, "98": self._group_trailer, "99": self._file_trailer,
        }[record.code]  # fmt: skip
        handler(record)

    def _file_header(self, record: _Record) -> None:
        if self.file_open:
            raise ReadError(record.line, "a second 01 file header")
        self.file_open = True
        fields = _fields(record)
        version = fields[7] if len(fields) > 7 else ""
        if version not in ("", "2"):
            self.warnings.append(f"line {record.line}: the file says BAI version {version}; it was read as version 2")

    def _group_header(self, record: _Record) -> None:
        if self.group:
            raise ReadError(record.line, "a group starts before the group above has its 98 trailer")
        fields = [*_fields(record), *[""] * 7]
        if fields[2] == "2":
            raise ReadError(record.line, "the bank marks this group as a deletion (status 2): it has to be handled by hand")
        if fields[2] == "4":
            raise ReadError(record.line, "the bank marks this group as a test (status 4)")
        if fields[2] == "3":
            self.warnings.append(f"line {record.line}: the bank marks this group as a correction of an earlier one (status 3)")
        currency = currency_of(fields[5] or "USD", record.line)
        self.group = _Group(record.line, fields[1], _day(fields[3], record.line), currency, fields[6] in ("1", "3"))

    def _account_header(self, record: _Record) -> None:
        if self.group is None:
            raise ReadError(record.line, "an account record (03) outside of a group (02)")
        if self.account:
            raise ReadError(record.line, "an account starts before the account above has its 49 trailer")
        fields = _fields(record)
        if not fields[0]:
            raise ReadError(record.line, "an account record (03) without an account number")
        currency = currency_of((fields[1] if len(fields) > 1 else "") or self.group.currency, record.line)
        balances, total = _summaries(fields[2:], record.line)
        self.account = _Account(record.line, fields[0], currency, balances, total, record.count)

    def _detail(self, record: _Record) -> None:
        if self.account is None or self.group is None:
            raise ReadError(record.line, "a transaction (16) outside of an account (03)")
        self.account.records += record.count
        parts = _Parts(_unended(record.body), record.line)
        code, amount = parts.code(), parts.amount()
        self.account.total += amount
        if not amount:
            self.warnings.append(f"line {record.line}: type {code} moves no money and was left out: {squeeze(parts.rest)[:80]}")
            return
        sign = _sign(code, record.line)
        self.account.entries.append(_entry(parts, code, sign * amount, self.account, self.group))

    def _account_trailer(self, record: _Record) -> None:
        if self.account is None or self.group is None:
            raise ReadError(record.line, "an account trailer (49) without an account (03)")
        account, group, self.account = self.account, self.group, None
        self._check_totals(record, account)
        balances = account.balances
        self.statements.append(
            Statement(
                account=account.number, currency=account.currency, account_servicer=group.servicer or None,
                statement_id=f"{group.as_of:%Y%m%d}", opening_date=group.as_of, opening_balance=balances.get("010"),
                closing_date=group.as_of, closing_balance=balances.get("015"), entries=tuple(account.entries),
                kind="interim" if group.interim else "booked",
            )
        )  # fmt: skip

    def _check_totals(self, record: _Record, account: _Account) -> None:
        fields = _fields(record)
        control = _number(fields[0], record.line)
        if control != account.total:
            self.warnings.append(f"line {record.line}: control total {control} of account {account.number}, amounts add to {account.total}")
        said = fields[1] if len(fields) > 1 else ""
        if said.isdecimal() and len(said) < 10 and int(said) != account.records + record.count:
            self.warnings.append(
                f"line {record.line}: {said} records announced for account {account.number}, {account.records + record.count} found"
            )

    def _group_trailer(self, record: _Record) -> None:
        if self.group is None or self.account:
            raise ReadError(record.line, "a group trailer (98) where an account (03) still lacks its 49 trailer or no group is open")
        self.group = None

    def _file_trailer(self, record: _Record) -> None:
        if self.group or self.account:
            raise ReadError(record.line, "the file trailer (99) stands before the trailers of its last group")
        self.file_closed = True


def _fields(record: _Record) -> list[str]:
    return [part.strip() for part in _FIELD.split(_unended(record.body))]


def _number(text: str, line: int) -> int:
    if not _AMOUNT.fullmatch(text):
        raise ReadError(line, f"{text[:40]!r} is not a BAI2 amount: whole digits with implied decimals")
    return int(text)


def _day(text: str, line: int) -> date:
    for pattern, length in (("%y%m%d", 6), ("%Y%m%d", 8)):
        if len(text) == length and text.isascii() and text.isdecimal():
            try:
                return datetime.strptime(text, pattern).date()
            except ValueError:
                break
    raise ReadError(line, f"{text[:20]!r} is not a BAI2 date (YYMMDD)")


def _summaries(fields: list[str], line: int) -> tuple[dict[str, int], int]:
    """Balances and totals of a 03 by type code, and the sum that the control total counts."""
    found: dict[str, int] = {}
    total, queue = 0, list(reversed(fields))
    while queue:
        code = queue.pop()
        amount = queue.pop() if queue else ""
        if amount:
            value = _number(amount, line)
            total += value
            found.setdefault(code, value)
        if queue:
            queue.pop()  # item count
        _skip_funds(queue, line)
    return found, total


def _skip_funds(queue: list[str], line: int) -> None:
    kind = queue.pop().upper() if queue else ""
    extra = {"S": 3, "V": 2}.get(kind, 0)
    if kind == "D":
        days = queue.pop() if queue else ""
        extra = 2 * _number(days, line) if len(days) < 4 else 0
    del queue[max(len(queue) - extra, 0) :]


class _Parts:
    """The fields of a 16, taken one by one so that the text, which may hold commas, stays whole."""

    def __init__(self, body: str, line: int) -> None:
        self.rest = body
        self.line = line

    def take(self) -> str:
        parts = _FIELD.split(self.rest, maxsplit=1)
        self.rest = parts[1] if len(parts) > 1 else ""
        return parts[0].strip()

    def code(self) -> int:
        text = self.take()
        if not (text.isascii() and text.isdecimal() and len(text) == 3):
            raise ReadError(self.line, f"{text[:20]!r} is not a BAI2 type code")
        return int(text)

    def amount(self) -> int:
        text = self.take()
        return _number(text, self.line) if text else 0

    def value_date(self) -> date | None:
        """Reads past the funds type; a value-dated line (V) says its day, the others are as of the group's day."""
        kind = self.take().upper()
        if kind == "V":
            day = self.take()
            self.take()
            return _day(day, self.line) if day else None
        for _ in range(3 if kind == "S" else 2 * min(_number(self.take() or "0", self.line), 99) if kind == "D" else 0):
            self.take()
        if kind not in ("", "0", "1", "2", "S", "D", "Z"):
            raise ReadError(self.line, f"{kind[:20]!r} is not a BAI2 funds type")
        return None


def _sign(code: int, line: int) -> int:
    if 100 <= code <= 399 or 900 <= code <= 959:
        return 1
    if 400 <= code <= 699 or 960 <= code <= 999:
        return -1
    raise ReadError(line, f"type code {code} says neither credit (100–399) nor debit (400–699)")


def _entry(parts: _Parts, code: int, amount: int, account: _Account, group: _Group) -> BankEntry:
    value_date = parts.value_date() or group.as_of
    bank_reference, customer_reference, text = parts.take(), parts.take(), parts.rest.strip()
    tags = {key.strip(): squeeze(value) for key, value in reversed(_TAGGED.findall(text))}
    sender, out = _SENDER.search(text), int(amount < 0)
    return BankEntry(
        amount=amount, currency=account.currency, value_date=value_date, booking_date=group.as_of, line=parts.line,
        ordinal=len(account.entries) + 1, bank_reference=bank_reference, customer_reference=customer_reference,
        end_to_end_id=tags.get("EREF", ""), type_code=f"{code:03}", channel=channels.of_bai(code),
        payer_name=_first(tags, _NAME_TAGS[out]) or (squeeze(sender[1]) if sender and not out else ""),
        payer_account=_first(tags, _ACCOUNT_TAGS[out]), payer_bank=_first(tags, _BANK_TAGS[out]),
        text="\n".join(squeeze(part) for part in text.split("\n") if part.strip()),
        structured=_structured(tags), is_reversal=channels.of_bai(code) == "return",
    )  # fmt: skip


def _first(tags: dict[str, str], names: tuple[str, ...]) -> str:
    return next((tags[name] for name in names if tags.get(name)), "")


def _structured(tags: dict[str, str]) -> tuple[RemittanceRef, ...]:
    """Only a tag that says it holds an invoice number is structured; OBI and REMI stay free text for the matcher."""
    number = tags.get("INVOICE") or tags.get("INV NO") or tags.get("INVOICE NUMBER")
    return (RemittanceRef(number),) if number else ()
