"""What every bank file becomes: a file of statements of entries, in minor units, credit to us positive.

Statement and entry follow the trade's common ground between BAI2 (Cash Management Balance Reporting Specifications v2),
SWIFT MT940/MT942 and ISO 20022 camt.052/053/054; what only one of them knows goes into `text` or `type_code`.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from arops.lib import money
from arops.lib.reading import ReadError

Kind = Literal["booked", "interim", "notification"]
Status = Literal["booked", "pending", "info"]
Channel = Literal["ach", "wire", "lockbox", "cheque", "card", "transfer", "other", "return"]
RefKind = Literal["invoice", "credit_note", "creditor_reference", "other"]


FEE = "FEE"
"""`type_code` of what a card processor kept of its sales: a charge, booked as one."""


CARD = "CARD"
"""`type_code` of a sale by card that was taken back: its channel says only that it came back."""


@dataclass(frozen=True, slots=True)
class RemittanceRef:
    """One document that the payer named in a structured field.

    `amount` is what this document adds to the payment (credit notes are negative), `discount` what was taken off; minor units of
    the entry's currency, None where the payer gave none or gave another currency. `gross` is what was due, `adjustment` what was held
    back (negative) or added for the reason `code`; `document_type` is the payer's own (such as CINV).
    """

    number: str
    amount: int | None = None
    discount: int | None = None
    kind: RefKind = "invoice"
    gross: int | None = None
    adjustment: int | None = None
    code: str = ""
    document_type: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One movement on our bank account.

    `amount` is in minor units, credit to us > 0. `payer_*` name the other side, also when money goes out. `ordinal` counts the
    bookings of the statement from 1: rows that came out of one batch booking share it. Only `status` "booked" moves the balance;
    "pending" and "info" lines are announcements. `line` is where the entry begins in the file.
    """

    amount: int
    currency: str
    value_date: date
    booking_date: date
    line: int
    ordinal: int
    bank_reference: str = ""
    customer_reference: str = ""
    end_to_end_id: str = ""
    type_code: str = ""
    channel: Channel = "other"
    payer_name: str = ""
    payer_account: str = ""
    payer_bank: str = ""
    text: str = ""
    structured: tuple[RemittanceRef, ...] = ()
    is_reversal: bool = False
    status: Status = "booked"


@dataclass(frozen=True, slots=True)
class Statement:
    """A bank's word on one account: balances in minor units (None where the bank gave none) and what moved between them."""

    account: str
    currency: str
    account_servicer: str | None = None
    statement_id: str = ""
    sequence: str | None = None
    opening_date: date | None = None
    opening_balance: int | None = None
    closing_date: date | None = None
    closing_balance: int | None = None
    entries: tuple[BankEntry, ...] = ()
    kind: Kind = "booked"


@dataclass(frozen=True, slots=True)
class BankFile:
    """A whole file. `warnings` are sentences for the person who imports; `content_sha256` is `fingerprints.content_key`."""

    format: str
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...] = field(default=())
    content_sha256: str = ""


def foot(statement: Statement) -> int | None:
    """Opening + Σ booked entries − closing, in minor units: 0 when the statement foots, None when a balance is missing.

    Entries in another currency than the statement's can't be added and so show up in the difference.
    """
    if statement.opening_balance is None or statement.closing_balance is None:
        return None
    moved = sum(e.amount for e in statement.entries if e.status == "booked" and e.currency == statement.currency)
    return statement.opening_balance + moved - statement.closing_balance


def amount_of(text: str, currency: str, line: int | None) -> int:
    """`money.parse` for readers: minor units, or a ReadError that names the line."""
    try:
        return money.parse(text, currency)
    except money.MoneyError as error:
        raise ReadError(line, str(error)) from None


def currency_of(code: str, line: int | None) -> str:
    """The ISO 4217 code in capitals, or a ReadError that names the line."""
    clean = code.strip().upper()
    try:
        money.exponent(clean)
    except money.MoneyError as error:
        raise ReadError(line, str(error)) from None
    return clean


def squeeze(text: str) -> str:
    """Runs of blanks become one blank; for names and remittance text, which banks pad to column widths."""
    return " ".join(text.split())
