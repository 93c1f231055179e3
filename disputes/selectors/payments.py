"""What was paid on the item of a case, line by line of the ledger, and what else of the customer's money explains what was left out.

What came with a payment (payer, remittance text) is kept by the app that takes in cash, which stands above this one and gives it here:

    register_slips(SlipReader())  # in its tasks.py
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from disputes.models import Dispute
from disputes.policy.money import OpenCredit, Terms
from ledger.models import OpenItem
from ledger.selectors import item_history

CREDITS = 50
"""Open credits of the customer that are looked at; the latest."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A payment as it came: its key and open item, number, day, amount, what isn’t applied, who paid, and the text that came with it."""

    key: int
    item: int
    number: str
    day: date
    amount: int
    unapplied: int
    payer: str
    text: str
    url: str


class SlipReader(Protocol):
    """Whoever keeps the payments as they came."""

    def of_items(self, items: Collection[int]) -> dict[int, Slip]:
        """The payments that these open items stand for, by item."""

    def naming(self, customer_id: int, number: str, since: date) -> list[Slip]:
        """The customer's payments since a day whose text has the number."""


_READERS: list[SlipReader] = []


def register_slips(reader: SlipReader) -> None:
    """Say who keeps the payments as they came; the latest counts."""
    _READERS[:] = [reader]


@dataclass(frozen=True, slots=True)
class Payment:
    """Something that was set off against the item: day, kind, minor units (positive: it made the item smaller), from what, what it said."""

    day: date
    kind: str
    amount: int
    source: str
    item: int | None
    slip: Slip | None
    is_cash: bool = False

    @property
    def url(self) -> str:
        """The payment's page."""
        return self.slip.url if self.slip else ""


def payments_of(item: OpenItem) -> list[Payment]:
    """Everything that moved the item after it was opened, in order, with the payments as they came."""
    rows = [row for row in item_history(item) if row.line.entry_id != item.opened_by_id]
    slips = _slips({other.pk for row in rows for other in row.against})
    found = []
    for row in rows:
        other = row.against[0] if len(row.against) == 1 else None
        slip = next((slips[o.pk] for o in row.against if o.pk in slips), None)
        named = ", ".join(o.number for o in row.against[:3]) or row.line.entry.narrative
        entry = row.line.entry
        cash = any(o.kind == OpenItem.Kind.RECEIPT for o in row.against)
        key = other.pk if other else None
        found.append(Payment(entry.effective_date, entry.get_kind_display(), -row.line.amount, named, key, slip, cash))
    return found


def _slips(items: Collection[int]) -> dict[int, Slip]:
    return _READERS[0].of_items(items) if _READERS and items else {}


def open_credits(dispute: Dispute) -> list[OpenCredit]:
    """Credit memos and payments of the customer, in the case's currency, of which something stands open."""
    found: Any = OpenItem.objects.filter(customer=dispute.customer_id, company=dispute.company_id, currency=dispute.currency, balance__lt=0)
    rows = list(found.order_by("-document_date", "-pk")[:CREDITS])
    return [OpenCredit(r.kind, r.number, -r.balance, r.document_date) for r in rows]


def put_elsewhere(dispute: Dispute, payments: Sequence[Payment]) -> list[OpenCredit]:
    """Payments that name the document and weren't put on it, though all of them was put somewhere."""
    item = dispute.open_item
    if not _READERS or len(item.number) < 3:
        return []
    here = {p.slip.key for p in payments if p.slip}
    named = re.compile(rf"(?<![A-Za-z0-9]){re.escape(item.number)}(?![A-Za-z0-9])", re.I)
    slips = _READERS[0].naming(dispute.customer_id, item.number, item.document_date)
    rest = [s for s in slips if s.key not in here and not s.unapplied and s.amount >= dispute.claimed and named.search(s.text)]
    return [OpenCredit("elsewhere", s.number, s.amount, s.day) for s in rest]


def terms_of(item: OpenItem, payments: Sequence[Payment]) -> Terms:
    """The discount that the item offers, and when the last payment came."""
    days = [p.slip.day if p.slip else p.day for p in payments if p.amount > 0 and p.is_cash]
    return Terms(item.amount, item.discount_amount, item.discount_until, max(days, default=None))
