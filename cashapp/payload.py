"""Reading receipts as another system sends them. Pure: a mapping of JSON values in, a draft or all that is wrong with it out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from arops.lib import money
from arops.lib.rows import Problem

FIELDS = frozenset(
    "source_system external_id company bank_account amount currency value_date customer payer_name payer_account payer_bank text channel "
    "structured".split()
)
PART_FIELDS = frozenset({"number", "amount", "discount"})
CHANNELS = ("ach", "wire", "lockbox", "cheque", "card", "transfer", "other")
MAX_PARTS = 2_000
_DAY = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as read: amounts in minor units; `bank_account` and `customer` not looked up yet."""

    source_system: str
    external_id: str | None
    company: str
    bank_account: str
    amount: int
    currency: str
    value_date: date
    customer: Any
    payer_name: str
    payer_account: str
    payer_bank: str
    text: str
    channel: str
    structured: tuple[dict[str, object], ...]


@dataclass
class _Reader:
    """Collects problems while a row is read, so that all of them are told at once."""

    row: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        self.problems.append(Problem(pointer, code, detail))

    def text(self, name: str, limit: int, *, needed: bool = False) -> str:
        value = self.row.get(name)
        if value is None or value == "":
            if needed:
                self.wrong(f"/{name}", "required", f"{name} is needed")
            return ""
        if not isinstance(value, str) or len(value) > limit or "\x00" in value:
            self.wrong(f"/{name}", "invalid", f"{name} is text of at most {limit} characters")
            return ""
        return value.strip()

    def amount(self, row: Mapping[str, Any], name: str, currency: str, pointer: str, *, needed: bool = False) -> int | None:
        value = row.get(name)
        if value is None:
            if needed:
                self.wrong(pointer, "required", f"{name} is needed")
            return None
        try:
            found = money.parse(value, currency) if currency else None
        except money.MoneyError as error:
            self.wrong(pointer, "invalid_amount", str(error))
            return None
        if found is not None and found <= 0 and name == "amount" and needed:
            self.wrong(pointer, "not_positive", "a receipt is more than nothing; what came back is a returned item of the bank's file")
        return found


def read_receipt(row: Any, *, source_system: str) -> ReceiptRow | list[Problem]:
    """A row as a receipt, or everything that is wrong with it."""
    if not isinstance(row, Mapping):
        return [Problem("", "invalid", "a row is an object")]
    reader = _Reader(row)
    for name in row.keys() - FIELDS:
        reader.wrong(f"/{name}", "unknown_field", f"{name} is not a field of this")
    currency, channel = _currency(reader), reader.text("channel", 20) or "other"
    if channel not in CHANNELS:
        reader.wrong("/channel", "invalid", f"channel is one of {', '.join(CHANNELS)}")
    found = ReceiptRow(
        source_system=reader.text("source_system", 40) or source_system,
        external_id=reader.text("external_id", 80) or None,
        company=reader.text("company", 20),
        bank_account=reader.text("bank_account", 100, needed=True),
        amount=reader.amount(row, "amount", currency, "/amount", needed=True) or 0,
        currency=currency,
        value_date=_day(reader) or date.min,
        customer=row.get("customer"),
        payer_name=reader.text("payer_name", 200),
        payer_account=reader.text("payer_account", 80),
        payer_bank=reader.text("payer_bank", 80),
        text=reader.text("text", 4000),
        channel=channel,
        structured=tuple(_structured(reader, currency)),
    )
    return sorted(reader.problems, key=lambda p: p.pointer) if reader.problems else found


def _currency(reader: _Reader) -> str:
    currency = reader.text("currency", 3, needed=True)
    try:
        if currency:
            money.exponent(currency)
    except money.MoneyError as error:
        reader.wrong("/currency", "unknown_currency", str(error))
        return ""
    return currency


def _day(reader: _Reader) -> date | None:
    value = reader.row.get("value_date")
    if value is None:
        reader.wrong("/value_date", "required", "value_date is needed")
        return None
    try:
        return date.fromisoformat(value if isinstance(value, str) and _DAY.fullmatch(value) else "")
    except ValueError:
        reader.wrong("/value_date", "invalid_date", "value_date is a day such as 2026-10-31")
        return None


def _structured(reader: _Reader, currency: str) -> list[dict[str, object]]:
    parts = reader.row.get("structured")
    if parts is None:
        return []
    if not isinstance(parts, Sequence) or isinstance(parts, str) or len(parts) > MAX_PARTS:
        reader.wrong("/structured", "invalid", f"structured is a list of at most {MAX_PARTS} objects")
        return []
    found: list[dict[str, object]] = []
    for n, part in enumerate(parts):
        pointer = f"/structured/{n}"
        number = part.get("number") if isinstance(part, Mapping) else None
        if not isinstance(part, Mapping) or part.keys() - PART_FIELDS or not isinstance(number, str) or not 1 <= len(number) <= 60:
            reader.wrong(pointer, "invalid", "each is an object of a number (of an invoice), and an amount and a discount where given")
            continue
        if "\x00" in number:
            reader.wrong(f"{pointer}/number", "invalid", "number is text of at most 60 characters")
            continue
        amounts = {name: reader.amount(part, name, currency, f"{pointer}/{name}") for name in ("amount", "discount")}
        found.append({"number": number, **amounts, "kind": "invoice"})
    return found
