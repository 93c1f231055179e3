"""What a document is made of once it is read, and the reader that collects all that is wrong with a row. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from arops.lib import money
from arops.lib.rows import Problem, Reference, parse_day, read_reference
from customers.terms import Terms

__all__ = ["Document", "Line", "Problem", "Reader", "Reference", "parse_day", "read_reference"]

_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,8})?", re.ASCII)
_NUL = "\x00"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read; amounts in minor units. `releases`: the invoice whose retainage the line bills. `period_from` and `period_to`: the
    first and the last day that it is about, where it names them."""

    number: int
    sku: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: int
    tax_code: str
    tax_amount: int
    po_line: int | None
    order_line: int | None
    work_order: str
    contract: str
    gl_account: str
    releases: Reference | None = None
    period_from: date | None = None
    period_to: date | None = None

    @property
    def period(self) -> date | None:
        """The day that tells which period it is about: its first, or the last where only that is named."""
        return self.period_from or self.period_to


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or memo as read: whole, adding up, but not yet looked up against anything we hold.

    `retainage` is what of the total the customer keeps until it is released; `replaces` is the invoice that is billed again.
    """

    source_system: str
    external_id: str | None
    source_version: int | None
    company: str
    number: str
    kind: str
    customer: Reference
    currency: str
    document_date: date
    due_date: date | None
    terms_text: str
    terms: Terms | None
    po_number: str
    order_reference: str
    refers_to: Reference | None
    reason: str
    lines: tuple[Line, ...]
    subtotal: int
    tax_total: int
    total: int
    payload_hash: str
    reason_code: str = ""
    buyer_reference: str = ""
    cost_code: str = ""
    retainage: int = 0
    replaces: Reference | None = None

    @property
    def is_release(self) -> bool:
        """Whether it bills retainage that was held back before, and nothing else."""
        return any(line.releases for line in self.lines)


@dataclass
class Reader:
    """Collects problems while a row is read, so that all of them are told at once."""

    row: Mapping[str, Any]
    currency: str = ""
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        self.problems.append(Problem(pointer, code, detail))

    def text(self, row: Mapping[str, Any], name: str, limit: int, pointer: str = "", *, needed: bool = False) -> str:
        value = row.get(name)
        if value is None or value == "":
            if needed:
                self.wrong(f"{pointer}/{name}", "required", f"{name} is needed")
            return ""
        if not isinstance(value, str) or len(value) > limit or _NUL in value:
            self.wrong(f"{pointer}/{name}", "invalid", f"{name} is text of at most {limit} characters")
            return ""
        return value.strip()

    def whole(self, row: Mapping[str, Any], name: str, pointer: str = "", most: int = 2**31 - 1) -> int | None:
        value = row.get(name)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= most:
            self.wrong(f"{pointer}/{name}", "invalid", f"{name} is a whole number")
            return None
        return value

    def amount(self, row: Mapping[str, Any], name: str, pointer: str = "") -> int | None:
        value = row.get(name)
        if value is None:
            return None
        try:
            return money.parse(value, self.currency) if self.currency else None
        except money.MoneyError as error:
            self.wrong(f"{pointer}/{name}", "invalid_amount", str(error))
            return None

    def decimal(self, row: Mapping[str, Any], name: str, pointer: str) -> Decimal | None:
        value = row.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            self.wrong(f"{pointer}/{name}", "invalid_number", f"{name} is a plain decimal as text, such as 2.5")
            return None
        return Decimal(value)

    def day(self, name: str, row: Mapping[str, Any] | None = None, pointer: str = "", *, needed: bool = False) -> date | None:
        value = (self.row if row is None else row).get(name)
        if value is None:
            if needed:
                self.wrong(f"{pointer}/{name}", "required", f"{name} is needed")
            return None
        found = parse_day(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(f"{pointer}/{name}", "invalid_date", f"{name} is a day such as 2026-10-31")
        return found

    def reference(self, row: Mapping[str, Any], name: str, pointer: str = "", *, needed: bool = False) -> Reference | None:
        value = row.get(name)
        if value is None:
            if needed:
                self.wrong(f"{pointer}/{name}", "required", f"{name} is needed")
            return None
        found = read_reference(value)
        if found is None:
            self.wrong(f"{pointer}/{name}", "invalid", f'{name} is an id, or {{"external_id": …, "source_system": …}}')
        return found

    def unknown(self, row: Mapping[str, Any], allowed: frozenset[str], pointer: str = "") -> None:
        for name in row.keys() - allowed:
            self.wrong(f"{pointer}/{name}", "unknown_field", f"{name} is not a field of this")
