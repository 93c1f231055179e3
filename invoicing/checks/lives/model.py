"""What a life is made of: rows as an ERP would send them, what was done to them, and what a check should therefore find."""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

Row = dict[str, Any]
SYSTEM = "lives"
CENT = Decimal("0.01")
MONTH = 30

GOODS: tuple[tuple[str, str, str, Decimal], ...] = (
    ("PMP-40", "Circulation pump 40", "EA", Decimal("480.00")),
    ("VLV-25", "Ball valve 25 mm", "EA", Decimal("36.50")),
    ("FLT-10", "Filter cartridge 10 in", "EA", Decimal("11.50")),
    ("CBL-2", "Control cable 2-core", "MTR", Decimal("1.85")),
    ("SNS-T", "Temperature sensor", "EA", Decimal("64.25")),
    ("GSK-8", "Gasket set 8", "EA", Decimal("7.9250")),
    ("MTR-3", "Motor 3 kW", "EA", Decimal("915.00")),
    ("INS-50", "Pipe insulation 50 mm", "MTR", Decimal("4.60")),
)
SERVICES: tuple[tuple[str, str, str, Decimal], ...] = (
    ("SRV-HR", "Field service, hours on site", "HUR", Decimal("118.00")),
    ("SRV-OT", "Field service, overtime hours", "HUR", Decimal("177.00")),
    ("SRV-TRV", "Travel hours", "HUR", Decimal("74.00")),
    ("SRV-ENG", "Engineer, hours", "HUR", Decimal("149.50")),
)
TAX_RATES: tuple[Row, ...] = tuple(
    {"code": code, "name": name, "jurisdiction": place, "percent": percent, "category": category, "valid_from": since}
    | ({"valid_to": until} if until else {})
    for code, name, place, percent, category, since, until in (
        ("TX-DAL", "Texas, Dallas", "US-TX-DAL", "8.25", "S", "2025-07-01", ""),
        ("TX-DAL", "Texas, Dallas", "US-TX-DAL", "8.00", "S", "2020-01-01", "2025-06-30"),
        ("IL-CHI", "Illinois, Chicago", "US-IL-CHI", "10.25", "S", "2020-01-01", ""),
        ("NY-NYC", "New York City", "US-NY-NYC", "8.875", "S", "2020-01-01", ""),
        ("OR-ZERO", "Oregon, no sales tax", "US-OR", "0", "Z", "2020-01-01", ""),
        ("US-EX", "Exempt by certificate", "US", "0", "E", "2020-01-01", ""),
    )
)
"""Rates that the lives' company has; the newest of a code first."""
PERCENT = {"TX-DAL": Decimal("8.25"), "IL-CHI": Decimal("10.25"), "NY-NYC": Decimal("8.875"), "OR-ZERO": Decimal(0), "US-EX": Decimal(0)}
CONVERSIONS: tuple[Row, ...] = (
    {"sku": "FLT-10", "from_unit": "BX", "to_unit": "EA", "factor": "12"},
    {"sku": "VLV-25", "from_unit": "BX", "to_unit": "EA", "factor": "10"},
    {"sku": "GSK-8", "from_unit": "BX", "to_unit": "EA", "factor": "20"},
    {"sku": "CBL-2", "from_unit": "RL", "to_unit": "MTR", "factor": "100"},
    {"sku": "", "from_unit": "DAY", "to_unit": "HUR", "factor": "8"},
)
"""Units that the lives' company can turn into each other."""
BIG_UNIT = {row["sku"]: (row["from_unit"], Decimal(row["factor"])) for row in CONVERSIONS}


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that has to come: rule and origin; `lines` None where the document or all of it is meant."""

    rule: str
    origin: str
    lines: tuple[int, ...] | None = None


@dataclass(slots=True)
class Life:
    """One order's life with its invoice about to be issued. All rows are in the formats of the API; references are by external id.

    `requirements` and `documents` are the customer's (kind, params, days; kind, state, reference, days); `attachments` are
    {"record": work_order, order or invoice, "number", "kind"}; `earlier` are invoices and credit memos issued before, in their order.
    `raw`: the invoice can't come through the API (it doesn't add up), so it is for the pure check alone.
    `meta` is the generator's own: what it knows of the life it made.
    """

    key: int
    kind: str
    customer: Row
    invoice: Row
    requirements: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    other_customers: list[Row] = field(default_factory=list)
    contracts: list[Row] = field(default_factory=list)
    purchase_orders: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    work_orders: list[Row] = field(default_factory=list)
    attachments: list[Row] = field(default_factory=list)
    earlier: list[Row] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    raw: bool = False
    bill_to: str = ""
    touched: set[int] = field(default_factory=set)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> list[Row]:
        """The invoice's lines."""
        return self.invoice["lines"]  # type: ignore[no-any-return]

    @property
    def day(self) -> date:
        """The day of the invoice."""
        return date.fromisoformat(self.invoice["document_date"])

    @property
    def exempt(self) -> bool:
        """Whether nothing is taxed because of a certificate."""
        return bool(self.meta.get("exempt"))


def ref(number: str) -> Row:
    """A reference to a record of the lives, by its external id (which is its number)."""
    return {"external_id": number, "source_system": SYSTEM}


def text(value: Decimal) -> str:
    """A decimal as rows bear it: no exponent, no needless zeros."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def money(value: Decimal) -> str:
    """An amount as rows bear it."""
    return f"{value.quantize(CENT):f}"


def iso(day: date) -> str:
    """A day as rows bear it."""
    return day.isoformat()


def total_up(row: Row, *, exempt: bool = False, rounding: str = "half_up") -> None:
    """Amounts, tax and totals of an invoice's row, from its quantities, prices and codes. Lines marked `_tax` keep their tax."""
    way = ROUND_HALF_EVEN if rounding == "half_even" else ROUND_HALF_UP
    exact_sum, tax_sum = Decimal(0), Decimal(0)
    for line in row["lines"]:
        amount = (Decimal(line["quantity"]) * Decimal(line["unit_price"])).quantize(CENT, way)
        exact = Decimal(0) if exempt else amount * PERCENT.get(line.get("tax_code", ""), Decimal(0)) / 100
        tax = exact.quantize(CENT, way)
        line["amount"], line["tax_amount"] = money(amount), money(tax)
        exact_sum, tax_sum = exact_sum + exact, tax_sum + tax
    crumb = exact_sum.quantize(CENT, ROUND_HALF_UP) - tax_sum
    if rounding == "document" and crumb and abs(crumb) == CENT and row["lines"]:
        last = row["lines"][-1]
        if Decimal(last["tax_amount"]) + crumb >= 0:
            last["tax_amount"] = money(Decimal(last["tax_amount"]) + crumb)
    sum_up(row)


def sum_up(row: Row) -> None:
    """Subtotal, tax and total from the lines as they are."""
    net = sum((Decimal(x["amount"]) for x in row["lines"]), Decimal(0))
    tax = sum((Decimal(x["tax_amount"]) for x in row["lines"]), Decimal(0))
    row["subtotal"], row["tax_total"], row["total"] = money(net), money(tax), money(net + tax)


class Maker:
    """What a life is drawn from: the dice, its number, its days, how its records are numbered, and (if given) whose it is."""

    def __init__(self, dice: Random, key: int, company: str, last_day: date, lines: int, customer: Row | None = None) -> None:
        self.dice, self.key, self.company, self.last_day, self.line_count = dice, key, company, last_day, lines
        self.customer = customer
        self.currency = str((customer or {}).get("currency") or "USD")

    def number(self, prefix: str, part: int = 0) -> str:
        """The number of a record of this life."""
        return f"{prefix}-{self.key:05d}" + (f"-{part}" if part else "")

    def chance(self, share: float) -> bool:
        """True for such a share of the throws."""
        return self.dice.random() < share

    def header(self, number: str, **fields: Any) -> Row:
        """What every record has."""
        common = {"source_system": SYSTEM, "external_id": number, "company": self.company, "customer": self.customer_ref()}
        return common | {"number": number, "currency": self.currency} | fields

    def customer_ref(self) -> Row:
        """The customer, as rows refer to it."""
        if self.customer and self.customer.get("external_id"):
            return {"external_id": self.customer["external_id"], "source_system": self.customer.get("source_system", SYSTEM)}
        return ref(self.number("C"))
