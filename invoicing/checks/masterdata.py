"""The customer as the check knows it: what it wants of its invoices, the papers that were given; and the rates of tax."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a customer wants of its invoices, from `valid_from` to `valid_to`: customers.BillingRequirement, its kinds and params."""

    kind: str
    params: Mapping[str, object]
    valid_from: date
    valid_to: date | None = None
    version: int = 1
    key: int = 0


@dataclass(frozen=True, slots=True)
class Paper:
    """A customer's document (customers.CustomerDocument): certificates, lien releases, insurance. Cancelled ones may be left out."""

    kind: str
    state: str
    jurisdiction: str = ""
    contract_number: str = ""
    invoice_number: str = ""
    through_date: date | None = None
    reference: str = ""
    valid_from: date | None = None
    expires_on: date | None = None
    key: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer master as it is now. `keeps_purchase_orders`: at least one purchase order of this customer is on record."""

    key: int
    number: str
    name: str
    currency: str
    payment_terms: str
    address: str = ""
    tax_code: str = ""
    delivery: str = "email"
    parent: int | None = None
    keeps_purchase_orders: bool = False
    requirements: tuple[Requirement, ...] = ()
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate of a tax code from a day on."""

    code: str
    name: str
    jurisdiction: str
    percent: Decimal
    category: str
    valid_from: date
    valid_to: date | None = None
