"""What stands to be billed, and what becomes of it. Amounts are minor units, quantities and prices Decimal."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

KINDS = {
    "work": "Work orders", "delivery": "Deliveries", "order": "Orders", "milestone": "Milestones", "schedule": "Schedules",
}  # fmt: skip
"""Kind of source → its heading."""


ONE = {
    "work": "work order", "delivery": "delivery", "order": "order", "milestone": "milestone", "schedule": "schedule",
}  # fmt: skip
"""Kind of source → what one of them is called."""


class Reason(NamedTuple):
    """Why something can't be billed yet, in words, and who must act (a department's code, or `customer`)."""

    code: str
    words: str
    owner: str


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A line as it would be billed, tax aside. `tax_code` may be empty: no tax is charged."""

    sku: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: int
    tax_code: str = ""
    po_line: int | None = None
    order_line: int | None = None
    work_order: str = ""
    contract: str = ""
    period_from: date | None = None
    period_to: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that was done and stands to be billed. `keys` are what a draft of it claims (see invoicing.DraftBasis)."""

    kind: str
    keys: tuple[str, ...]
    number: str
    title: str
    record: tuple[str, int]
    """Label of its model and key, for a link: ("orders.workorder", 12)."""
    customer: int
    currency: str
    day: date
    lines: tuple[OfferLine, ...]
    po_number: str = ""
    order: str = ""
    contract: str = ""
    cost_code: str = ""
    payment_terms: str = ""
    retainage_percent: Decimal = Decimal(0)
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def key(self) -> str:
        """Its first key, of whatever part of it: what tells it from others."""
        return self.keys[0].partition("#")[0]

    @property
    def net(self) -> int:
        """What its lines sum to."""
        return sum(line.amount for line in self.lines)

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.reasons and bool(self.lines)


@dataclass(frozen=True, slots=True)
class Slot:
    """A day on which a recurring step of a contract is billed."""

    contract: int
    code: str
    day: date
    following: date
    """The day of the next one: what was billed from `day` on and before it is this one."""
