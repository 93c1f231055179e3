"""OFX and QFX, read by the library `bankfile`; what it passes over with a warning, such as a movement without a day, refuses the file.

The library reads the first statement of a file, so a file of several is cut at its statements before. OFX says what an account closed
with (LEDGERBAL, as of DTASOF), never what it opened with. No opening is reckoned here from the movements, for downloads overlap: what of
them is new is known when they are taken in, and there the chain goes on from the closing before (`cashapp.engine.bank_day`).
"""

import re
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from arops.lib import money

from .model import BankEntry, BankFile, Channel, ReadError, Statement, currency_of, squeeze

if TYPE_CHECKING:
    from bankfile import ReadWarning, Transaction

_LOOKS = re.compile(rb"\s*(OFXHEADER|<\?OFX|<OFX>|<\?xml[^>]*\?>\s*<\?OFX)", re.I)
_STATEMENT = re.compile(rb"<(?:CC)?STMTRS>", re.I)
_COMMENT = re.compile(rb"<!--.*?-->", re.S)
_MOVEMENT = re.compile(rb"<STMTTRN>", re.I)
_DAY = re.compile(rb"<(DTSTART|DTASOF)>\s*([0-9]{8})", re.I)
_ERROR = re.compile(rb"<SEVERITY>\s*ERROR", re.I)
_INVESTMENT = re.compile(rb"<INVSTMTRS>", re.I)
_CHANNELS: dict[str, Channel] = {
    "CHECK": "cheque", "DIRECTDEP": "ach", "DIRECTDEBIT": "ach", "REPEATPMT": "ach", "XFER": "transfer", "POS": "card", "ATM": "other",
}  # fmt: skip
_MAX_MOVEMENTS = 100_000


def looks_like(head: bytes) -> bool:
    """Whether a file begins as OFX does, version 1 or 2."""
    return bool(_LOOKS.match(head.removeprefix(b"\xef\xbb\xbf")))


def read(data: bytes) -> BankFile:
    """Every bank and card statement of the file. ReadError for what can't be booked: no account, no currency, a movement without day
    or amount, an investment statement."""
    data = _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), data)
    starts = [found.start() for found in _STATEMENT.finditer(data)]
    if not starts:
        return _without(data)
    head = data[: starts[0]]
    statements, warnings = [], []
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        statement, said = _statement(head, data[start:end], data.count(b"\n", 0, start) + 1)
        statements.append(statement)
        warnings += said
    return BankFile("ofx", tuple(statements), tuple(dict.fromkeys(warnings)))


def _without(data: bytes) -> BankFile:
    """No statement of a bank account: an answer of a server that only says whether the login went well, or something else."""
    if _INVESTMENT.search(data) and _MOVEMENT.search(data):
        raise ReadError(None, "a statement of investments, not of a bank account: nobody pays invoices into a securities account")
    if b"<OFX>" not in data.upper():
        raise ReadError(1, "an OFX file with nothing below its header: it was cut off")
    notes = ("the bank's server answered with an error, without a statement",) if _ERROR.search(data) else ()
    return BankFile("ofx", (), notes)


def _statement(head: bytes, body: bytes, line: int) -> tuple[Statement, list[str]]:
    import bankfile

    try:
        found = bankfile.parse_bytes(head + body)
    except ValueError as error:  # the library takes most things, but no currency that isn't three letters
        raise ReadError(line, f"the statement can't be read: {str(error)[:120]}") from None
    lines = [line + body.count(b"\n", 0, m.start()) for m in _MOVEMENT.finditer(body)]
    _check(found.transactions, found.warnings, lines, line)
    if not found.account:
        raise ReadError(line, "a statement without an account number: its money can't be booked to any account")
    currencies = Counter(t.currency for t in found.transactions if t.currency)
    said = found.currency or (currencies.most_common(1)[0][0] if currencies else "")
    if not said and not found.transactions:
        return Statement(account=found.account.strip(), currency=""), []
    currency = currency_of(said, line)
    days = {name.upper(): _day(day) for name, day in _DAY.findall(body)}
    entries = tuple(_entry(n, t, currency, at) for n, (t, at) in enumerate(zip(found.transactions, lines, strict=True), 1))
    closed_on, closing = _closing(found.closing_balance, days.get(b"DTASOF"), entries, currency, line)
    return Statement(
        account=found.account.strip(), currency=currency, statement_id=f"{days.get(b'DTSTART') or ''}/{days.get(b'DTASOF') or ''}",
        opening_date=days.get(b"DTSTART"), closing_date=closed_on, closing_balance=closing, entries=entries,
    ), _notes(found.warnings)  # fmt: skip


def _closing(
    balance: Decimal | None, as_of: date | None, entries: tuple[BankEntry, ...], currency: str, line: int
) -> tuple[date | None, int | None]:
    """The last day that is told of, and the balance at its end: what was booked after the balance was taken is added to it."""
    last = max((e.booking_date for e in entries), default=None)
    if balance is None or as_of is None or last is None:
        return as_of or last, None if balance is None else _minor(balance, currency, line)
    later = sum(e.amount for e in entries if e.booking_date > as_of and e.currency == currency)
    return max(as_of, last), _minor(balance, currency, line) + later


def _check(movements: "list[Transaction]", warnings: "list[ReadWarning]", lines: list[int], line: int) -> None:
    """Refuse what the library could not read for sure. It keeps the order of the file, so the first that is missing can be named."""
    if len(lines) > _MAX_MOVEMENTS:
        raise ReadError(line, f"more than {_MAX_MOVEMENTS:,} movements")
    if len(movements) != len(lines):
        missing = len(lines) - len(movements)
        raise ReadError(lines[0] if lines else line, f"{missing} movement(s) without a day or an amount that can be read")
    for warning in warnings:
        if warning.rule == "amount" and "ambiguous" in warning.message:
            raise ReadError(line, f"{warning.value!r} can be read two ways: does the comma stand before decimals or thousands?")


def _notes(warnings: "list[ReadWarning]") -> list[str]:
    """What a person should know of how the text was read."""
    told = [w.message for w in warnings if w.rule in ("encoding", "header")]
    return [text[:200] for text in told[:3]]


def _day(written: bytes) -> date | None:
    try:
        return datetime.strptime(written.decode("ascii"), "%Y%m%d").date()
    except ValueError:
        return None


def _minor(amount: Decimal, currency: str, line: int) -> int:
    try:
        return money.from_decimal(amount, currency)
    except money.MoneyError as error:
        raise ReadError(line, str(error)) from None


def _entry(ordinal: int, movement: "Transaction", statement_currency: str, line: int) -> BankEntry:
    """A movement; `booking_date` of the library is when the money is available."""
    kind = str(movement.raw.get("TRNTYPE") or "").upper()
    currency = currency_of(movement.currency or statement_currency, line)
    return BankEntry(
        amount=_minor(movement.amount, currency, line), currency=currency, value_date=movement.booking_date or movement.date,
        booking_date=movement.date, line=line, ordinal=ordinal, bank_reference=(movement.bank_reference or "").strip(),
        customer_reference=(movement.check_number or movement.reference or "").strip(), type_code=kind,
        channel=_CHANNELS.get(kind, "other"), payer_name=squeeze(movement.counterparty_name or ""),
        payer_account="".join((movement.counterparty_account or "").split()), text=squeeze(movement.purpose or ""),
    )  # fmt: skip
