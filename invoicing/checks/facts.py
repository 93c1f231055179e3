"""What the check before issue looks at: frozen records without a database. Whoever loads them reads this first.

**The shape.** `Facts` belongs to a whole batch of documents: each record is there once, under its key (the row's pk), however many
documents name it. A `Billed` document and its lines bear keys, not records; `Facts` is where a key is looked up. A key that is not
there counts as a reference that nobody knows: no rule stumbles over it.

**Units.** Amounts are minor units (int) of the record's currency; quantities, prices and per cents are Decimal; days are dates.
Texts that are not there are "", numbers and days None.

**What was billed before.** Wherever a record bears `billed`, `billed_amount` and the like, it means: by issued invoices and debit
memos, less what credit memos took back, *without* the documents of this batch and without an invoice that a document of this batch
bills again (`replaces`). A claim that was credited in full isn't there. Within a batch, `check_batch` adds up what its own documents
draw, in their order; the loader needn't.

**Lines that bill a step.** A line bills a milestone or a recurring step of its contract when its `sku` is the step's `code`; of a
recurring step the period that its own `period` lies in, or the document's date where it names none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from invoicing.checks.masterdata import Customer, Paper, Requirement, TaxRate

__all__ = [
    "ZERO",
    "Billed",
    "BilledLine",
    "Claim",
    "Contract",
    "Customer",
    "Earlier",
    "EarlierLine",
    "Facts",
    "Order",
    "OrderLine",
    "Paper",
    "Price",
    "PurchaseLine",
    "PurchaseOrder",
    "Requirement",
    "Step",
    "TaxRate",
    "Version",
    "WorkLine",
    "WorkOrder",
]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line of the document as it is billed. Keys are those that its references (or, for None, nothing) resolved to.

    `order`, `purchase_order`, `work_order`, `contract` are keys of the line's own references. Where a line names no order, order line or
    purchase order, the check takes the document's, and follows the order and the work order onwards: the loader needn't fill them in.
    """

    number: int
    sku: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: int
    tax_code: str = ""
    tax_amount: int = 0
    po_line: int | None = None
    order_line: int | None = None
    order: int | None = None
    purchase_order: int | None = None
    work_order: int | None = None
    contract: int | None = None
    is_release: bool = False  # releases retainage of an earlier invoice: bills nothing of its own
    period: date | None = None  # the first day that it says it is about (the last where it names that alone)


@dataclass(frozen=True, slots=True)
class Billed:
    """The document that is checked: a draft before issue, or an invoice once more.

    `key` is the draft's or invoice's pk (any number that tells documents of the batch apart). `purchase_order` and `order` are what
    `po_number` and the order reference resolved to *in the company*, whoever's they are: the check says when they are another customer's.
    `payment_terms` are those it will bear (the customer's where the row has none); `bill_to` the address it will bear.
    `attachments` are the kinds of files attached to the document itself; `replaces` the pk of the invoice it bills again.
    """

    key: int
    kind: str
    number: str
    customer: int
    currency: str
    document_date: date
    payment_terms: str
    po_number: str
    lines: tuple[BilledLine, ...]
    subtotal: int
    tax_total: int
    total: int
    retainage: int = 0
    cost_code: str = ""
    buyer_reference: str = ""
    bill_to: str = ""
    order_reference: str = ""
    order: int | None = None
    purchase_order: int | None = None
    replaces: int | None = None
    attachments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Price:
    """A line of a price list. Of those of an article that fit, the one with the highest `from_quantity` counts."""

    sku: str
    unit: str
    unit_price: Decimal
    from_quantity: Decimal = ZERO
    valid_from: date | None = None
    valid_to: date | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone or recurring amount (`kind`: milestone, recurring) of a contract's version."""

    code: str
    kind: str
    name: str
    amount: int
    planned_on: date | None = None
    until: date | None = None
    every_months: int = 1


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a contract. `prices` by article, in any order; `steps` by code.

    `prices` may hold only the articles that the batch bills; `has_price_list` says whether there are any at all.
    """

    number: int
    valid_from: date
    valid_to: date | None = None
    payment_terms: str = ""
    tax_code: str = ""
    billing: str = "work"
    freight: str = "billed"
    fees_agreed: bool = False
    sign_off_needed: bool = False
    retainage_percent: Decimal = ZERO
    not_to_exceed: int | None = None
    escalator_percent: Decimal = ZERO
    escalator_months: int = 12
    prices: Mapping[str, tuple[Price, ...]] = field(default_factory=lambda: MappingProxyType({}))
    steps: Mapping[str, Step] = field(default_factory=lambda: MappingProxyType({}))
    has_price_list: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A line of an earlier invoice that billed (part of) something: what is left of it after credits."""

    invoice: int
    number: str
    day: date
    sku: str
    quantity: Decimal
    unit: str
    amount: int
    line: int = 0
    period: date | None = None

    @property
    def about(self) -> date:
        """The day that tells which period it billed: its own period's, where it names one, else the document's."""
        return self.period or self.day


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with all of its versions, oldest number first. `billed_amount` is the net billed on it before.

    `reached` holds the day each milestone was reached; `step_claims` what was billed of each step before, by its code.
    """

    key: int
    number: str
    customer: int
    currency: str
    versions: tuple[Version, ...]
    ended_on: date | None = None
    revision: int = 1
    reached: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    billed_amount: int = 0
    step_claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """A line of a purchase order. `billed` is (unit, quantity) billed before, a pair for each unit that was billed in."""

    number: int
    sku: str
    unit: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: int | None = None
    billed: tuple[tuple[str, Decimal], ...] = ()
    billed_amount: int = 0


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A customer's purchase order. `billed_amount` is the net billed on it before, on whichever line; `lines` by number."""

    key: int
    number: str
    customer: int
    currency: str
    issued_on: date
    expires_on: date | None
    amount: int | None
    lines: Mapping[int, PurchaseLine]
    state: str = "open"
    is_blanket: bool = False
    contract: int | None = None
    payment_terms: str = ""
    bill_to: str = ""
    revision: int = 1
    billed_amount: int = 0


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of a sales order, with what was delivered of it in good state, what arrived damaged, and what was billed before.

    `delivered` counts all that was shipped on deliveries of the order (less `damaged`), in the line's unit.
    """

    number: int
    sku: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    tax_code: str = ""
    po_line: int | None = None
    is_service: bool = False
    delivered: Decimal = ZERO
    damaged: Decimal = ZERO
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A sales order; `lines` by number. `delivered_on` is the last day something was shipped; `deliveries` their numbers.

    `attachments` are the kinds of files attached to the order or to one of its deliveries.
    """

    key: int
    number: str
    customer: int
    currency: str
    ordered_on: date
    lines: Mapping[int, OrderLine]
    purchase_order: int | None = None
    contract: int | None = None
    po_number: str = ""
    payment_terms: str = ""
    tax_code: str = ""
    bill_to: str = ""
    freight: str = ""
    freight_amount: int | None = None
    state: str = "open"
    entered_by: str = ""
    revision: int = 1
    delivered_on: date | None = None
    deliveries: tuple[str, ...] = ()
    attachments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WorkLine:
    """Hours, a part or an expense of a work order."""

    number: int
    kind: str
    sku: str
    unit: str
    quantity: Decimal
    order_line: int | None = None
    is_billable: bool = True


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A work order. `attachments` are the kinds of files attached to it; `claims` the lines that billed it before."""

    key: int
    number: str
    customer: int
    currency: str
    state: str
    ordered_on: date
    lines: tuple[WorkLine, ...]
    order: int | None = None
    contract: int | None = None
    purchase_order: int | None = None
    scheduled_on: date | None = None
    completed_on: date | None = None
    signed_off_by: str = ""
    signed_off_on: date | None = None
    not_to_exceed: int | None = None
    cost_code: str = ""
    technician: str = ""
    revision: int = 1
    attachments: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """A line of an earlier document, as far as duplicates are told by it."""

    sku: str
    quantity: Decimal
    unit_price: Decimal
    amount: int
    purchase_order: int | None = None
    po_line: int | None = None
    order: int | None = None
    work_order: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An invoice issued before (not credited in full), or a draft that waits (`is_draft`), that the document may repeat.

    The loader brings those of the same customer whose day lies within the policy's `near_days` of a document of the batch *and* whose
    total or number is one of the batch's; and, for customers who want consolidated invoices, all of the same calendar month.
    """

    key: int
    number: str
    day: date
    total: int
    currency: str
    po_number: str = ""
    order: int | None = None
    lines: tuple[EarlierLine, ...] = ()
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a batch of one company's documents is checked against; every mapping but the last four is by key (pk).

    `tax_rates` by code, the newest `valid_from` first. `conversions` by (sku, from_unit, to_unit): how many to_unit one from_unit is; sku
    "" is for all articles; only the direction on record is needed, the check turns it round. `earlier` by customer key.
    """

    customers: Mapping[int, Customer]
    contracts: Mapping[int, Contract]
    purchase_orders: Mapping[int, PurchaseOrder]
    orders: Mapping[int, Order]
    work_orders: Mapping[int, WorkOrder]
    tax_rates: Mapping[str, tuple[TaxRate, ...]]
    conversions: Mapping[tuple[str, str, str], Decimal]
    earlier: Mapping[int, tuple[Earlier, ...]]
