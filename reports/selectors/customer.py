"""One customer, whole: what they owe against their limit, how late they pay, what stands in the way."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from arops.lib import money
from collections_app.models import Promise
from customers.models import Customer
from disputes.models import Dispute
from ledger.aging import Amounts
from ledger.asof import Scope
from ledger.errors import MissingRate
from ledger.models import OpenItem
from ledger.selectors import rate_on
from org.actors import Actor, Reach
from reports.metrics import Measure
from reports.selectors.ageing import AgeingReport, ageing
from reports.selectors.equivalent import equivalent
from reports.selectors.items import ItemList, ItemRow, item_list
from reports.selectors.overview import days_late
from reports.selectors.question import Question


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is at risk, in the customer's currency (minor units); `foreign` is the part converted from other currencies at `rates`.

    A currency without a rate (None) is left out, and named.
    """

    currency: str
    open_items: int
    credits: int
    foreign: int
    limit: int | None
    rates: dict[str, Decimal | None] = field(default_factory=dict)

    @property
    def left_out(self) -> list[str]:
        """Currencies that have no rate in the customer's: what is owed in them is not in the total."""
        return [currency for currency, rate in self.rates.items() if rate is None]

    @property
    def total(self) -> int:
        """Open items less credits and cash not yet applied."""
        return self.open_items + self.credits + self.foreign

    @property
    def used(self) -> int | None:
        """Per cent of the limit; None without one."""
        return 100 * self.total // self.limit if self.limit else None

    @property
    def free(self) -> int | None:
        """What the limit still allows; negative when it is exceeded."""
        return None if self.limit is None else self.limit - self.total


@dataclass(frozen=True, slots=True)
class Overview:
    """The figure strip and side panel of the customer page, as of a day."""

    customer: Customer
    as_of: date
    ageing: AgeingReport
    own: Amounts
    exposure: Exposure
    oldest_days: int
    days_late: Measure
    days_late_before: Measure
    promises: list[Promise]
    broken: list[Promise]
    disputes: list[Dispute]
    disputed: int
    is_held: bool


@dataclass(frozen=True, slots=True)
class ItemState:
    """Where an item stands, in words with a tone, and what happens next."""

    row: ItemRow
    label: str
    tone: str
    next: str
    is_disputed: bool = False


def about(customer: Customer, as_of: date, known_at: Any = None) -> Question:
    """The question of one customer's items; the customer itself was looked up within the actor's sight."""
    return Question(as_of, Scope(Reach(everything=True), customer_ids=[customer.pk]), known_at)


def overview(customer: Customer, as_of: date) -> Overview:
    """All that the page shows around its tabs."""
    question = about(customer, as_of)
    report = ageing(question, by=("currency",), tied=False)
    own = next((line.own for line in report.lines if line.currency == customer.currency), Amounts([0] * len(report.labels)))
    promises = list(customer.promises.filter(state__in=("open", "broken")).order_by("-due_on"))
    disputes = list(customer.disputes.open().select_related("department", "open_item"))
    oldest = OpenItem.objects.filter(customer=customer).past_due(as_of).order_by("due_date").values_list("due_date", flat=True).first()
    year, books = timedelta(days=365), equivalent([customer.company], as_of)
    return Overview(
        customer, as_of, report, own, _exposure(customer, report, own, as_of), (as_of - oldest).days if oldest else 0,
        days_late(question, as_of - year, books), days_late(question.on(as_of - year), as_of - 2 * year, books),
        [p for p in promises if p.state == "open"], [p for p in promises if p.state == "broken"], disputes,
        own.disputed,
        Customer.objects.filter(pk=customer.pk).on_hold(as_of).exists(),
    )  # fmt: skip


def _exposure(customer: Customer, report: AgeingReport, own: Amounts, day: date) -> Exposure:
    others = {line.currency: line.own.total for line in report.lines if line.currency != customer.currency}
    rates = {currency: _rate(currency, customer.currency, day) for currency in others}
    foreign = sum(money.convert(others[c], c, rate, customer.currency) for c, rate in rates.items() if rate is not None)
    return Exposure(customer.currency, sum(own.buckets), own.credits, foreign, customer.credit_limit, rates)


def _rate(currency: str, wanted: str, day: date) -> Decimal | None:
    try:
        return rate_on(currency, wanted, day)
    except MissingRate:
        return None


def open_items(customer: Customer, as_of: date, known_at: Any = None) -> tuple[ItemList, list[ItemState]]:
    """The customer's items open as of the day, each with where it stands."""
    found = item_list(about(customer, as_of, known_at), limit=1000)
    ids = [row.item.item_id for row in found.rows]
    disputes = {d.open_item_id: d for d in Dispute.objects.open().filter(open_item__in=ids).select_related("department")}
    promises: dict[int, Promise] = {}
    for promise in (
        Promise.objects.filter(items__open_item__in=ids, state__in=("open", "broken")).prefetch_related("items").order_by("due_on")
    ):
        promises |= {share.open_item_id: promise for share in promise.items.all()}
    return found, [_state(row, disputes.get(row.item.item_id), promises.get(row.item.item_id)) for row in found.rows]


def _state(row: ItemRow, dispute: Dispute | None, promise: Promise | None) -> ItemState:
    if dispute:
        who = dispute.department.name if dispute.department else "an answer"
        return ItemState(row, "Disputed", "", f"{who} due {dispute.due_date:%-d %b}", is_disputed=True)
    if promise and promise.state == "broken":
        return ItemState(row, "Promise broken", "bad", f"was due {promise.due_on:%-d %b}")
    if promise:
        return ItemState(row, "Promised", "ok", f"by {promise.due_on:%-d %b}")
    if row.item.balance < 0:
        return ItemState(row, "Unapplied" if row.item.kind == "receipt" else "Credit", "info", "apply")
    if row.item.balance != row.item.amount:
        return ItemState(row, "Part paid", "", "")
    return ItemState(row, "Past due" if row.days else "Open", "warn" if row.days else "", "")


def payments(customer: Customer, limit: int = 200) -> QuerySet[OpenItem]:
    """Receipts of the customer, the latest first."""
    return customer.open_items.filter(kind="receipt").order_by("-document_date", "-pk")[:limit]


def dispute_cases(customer: Customer) -> QuerySet[Dispute]:
    """All disputes of the customer: the open ones first, the latest first."""
    latest = (F("resolved_on").desc(nulls_first=True), "-opened_on", "-pk")
    return customer.disputes.select_related("open_item", "owner", "department").order_by(*latest)


def in_sight(actor: Actor, pk: int) -> Any:
    """The customer's queryset within the actor's sight, ready for `get_object_or_404`."""
    return Customer.objects.visible_to(actor, "customers.view").select_related("company", "collector", "parent").filter(pk=pk)
