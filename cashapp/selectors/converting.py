"""What a receipt is worth in other currencies: items it could pay there, and what one of them would take of it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from cashapp.engine.exchange import cost, implied, plain, strays, worth
from cashapp.models import Receipt
from cashapp.selectors.work import holding
from ledger.errors import MissingRate
from ledger.models import OpenItem
from ledger.selectors import rate_between
from org.actors import Actor

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """An item in another currency beside a receipt: `cash` of it (minor units) at `rate` is `gets` on the item. `of_day` is the rate of the
    receipt's day."""

    item: OpenItem
    of_day: Decimal
    rate: Decimal
    cash: int
    gets: int
    paid_in: str

    @property
    def left(self) -> int:
        """What stays open on the item; below zero where the money is more than is open."""
        return self.item.balance - self.gets

    @property
    def over(self) -> int:
        """What the money is worth beyond what is open."""
        return max(0, -self.left)

    @property
    def differs(self) -> bool:
        """Whether the rate is another than the day's, and so wants a reason."""
        return self.rate != self.of_day

    @property
    def strays(self) -> bool:
        """Whether the rate lies too far from the day's."""
        return strays(self.rate, self.of_day)

    @property
    def rates(self) -> tuple[str, str]:
        """The rate and the day's, as people write them."""
        return plain(self.rate), plain(self.of_day)

    @property
    def whole_at(self) -> str:
        """The rate at which the money is all of the item, if a payer's bank may have given it; else empty."""
        found = implied(self.cash, self.paid_in, self.item.balance, self.item.currency)
        return plain(found) if self.left and found and not strays(found, self.of_day) else ""


def rate_of_day(receipt: Receipt, currency: str) -> Decimal:
    """What one unit of the receipt's currency was worth in another on its value date. Raises MissingRate."""
    return rate_between(receipt.currency, currency, receipt.company.base_currency, receipt.value_date)


def payable_abroad(actor: Actor, receipt: Receipt) -> QuerySet[OpenItem]:
    """Debts in other currencies than the receipt's, of its company, that the actor may apply cash to."""
    items = OpenItem.objects.visible_to(actor, "cash.apply").open().collectable().filter(balance__gt=0, customer__isnull=False)
    return items.filter(company=receipt.company_id).exclude(currency=receipt.currency).select_related("customer")


def find_abroad(actor: Actor, receipt: Receipt, text: str) -> list[tuple[OpenItem, int]]:
    """Debts in other currencies, as typed, or else the payer's, each with its cost in the receipt's; only where a rate is known."""
    payer = receipt.customer_id or receipt.suggested_id
    items = payable_abroad(actor, receipt)
    if not text and not payer:
        return []
    wanted = holding(items, text) if text else items.filter(customer=payer)
    found, rates = [], dict[str, Decimal | None]()
    for item in wanted.order_by("due_date", "pk")[:SHOWN]:
        if item.currency not in rates:
            rates[item.currency] = _known(receipt, item.currency)
        if rate := rates[item.currency]:
            found.append((item, cost(item.balance, item.currency, rate, receipt.currency)))
    return found


def _known(receipt: Receipt, currency: str) -> Decimal | None:
    try:
        return rate_of_day(receipt, currency)
    except MissingRate:
        return None


def offer(receipt: Receipt, item: OpenItem, cash: int | None = None, rate: Decimal | None = None) -> Offer:
    """What an item would take of a receipt: as much as it needs and as is left, at the day's rate, unless said otherwise. Raises
    MissingRate."""
    of_day = rate_of_day(receipt, item.currency)
    rate = rate if rate and rate > 0 else of_day
    if cash is None:
        cash = min(receipt.unapplied, cost(item.balance, item.currency, rate, receipt.currency))
    gets = worth(cash, receipt.currency, rate, item.currency, item.balance)
    return Offer(item, of_day, rate, cash, gets, receipt.currency)
