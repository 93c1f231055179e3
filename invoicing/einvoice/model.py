"""A document in the terms of EN 16931. Amounts are Decimals in major units, positive for credit notes too, as the standard has it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

EXEMPT = {"E": "", "AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
"""Categories that need a reason → the code of the reason, where the category alone tells it."""
REASONS = {
    "E": "Exempt from tax", "AE": "Reverse charge", "K": "Intra-Community supply", "G": "Export outside the EU",
    "O": "Not subject to tax",
}  # fmt: skip
TYPE_CODES = {"invoice": "380", "debit_memo": "383", "credit_memo": "381"}


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer. `endpoint` is the address in the Peppol network, scheme and id: 0204:991-1234512345-06."""

    name: str
    country: str
    street: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    region: str = ""
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    legal_note: str = ""
    endpoint: str = ""
    email: str = ""
    phone: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the money is to go."""

    number: str
    bic: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line; `amount` is net. `category` and `percent` are those of its tax code on the document's date; None: the code says none."""

    number: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    tax: Decimal
    category: str | None
    percent: Decimal | None
    sku: str = ""
    po_line: int | None = None
    tax_code: str = ""
    exemption: str = ""
    note: str = ""
    period_from: date | None = None
    period_to: date | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of a category and rate."""

    category: str
    percent: Decimal
    base: Decimal
    tax: Decimal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """A document as issued."""

    kind: str
    number: str
    issued_on: date
    due_on: date | None
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    terms: str = ""
    po_number: str = ""
    order: str = ""
    contract: str = ""
    project: str = ""
    buyer_reference: str = ""
    cost_code: str = ""
    delivered_on: date | None = None
    deliver_to: str = ""
    refers_to: tuple[tuple[str, date], ...] = ()
    remittance: str = ""
    account: Account | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def is_credit(self) -> bool:
        """Whether it is written as a credit note."""
        return self.kind == "credit_memo"

    @property
    def in_peppol(self) -> bool:
        """Whether both parties have an address in the Peppol network, so that its rules hold."""
        return bool(self.seller.endpoint and self.buyer.endpoint)

    def taxes(self) -> list[Tax]:
        """The breakdown: one row a category and rate, the tax as issued (never computed anew)."""
        return list(_grouped(self.lines))


def _grouped(lines: tuple[Line, ...]) -> Iterator[Tax]:
    keys = {(line.category or "S", line.percent or Decimal(0)) for line in lines}
    for category, percent in sorted(keys):
        mine = [x for x in lines if (x.category or "S", x.percent or Decimal(0)) == (category, percent)]
        reason = next((x.exemption for x in mine if x.exemption), REASONS.get(category, ""))
        yield Tax(category, percent, sum((x.amount for x in mine), Decimal(0)), sum((x.tax for x in mine), Decimal(0)), reason)
