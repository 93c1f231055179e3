"""Customers with what they owe, for the list: filtered in the database, sorted by any amount."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Customer
from ledger.asof import Scope
from org.actors import Actor
from reports.selectors.ageing import Amounts, ageing
from reports.selectors.question import Question

SORTS = ("name", "balance", "overdue", "over_90", "used")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer and its balance in the company's currency (minor units)."""

    customer: Customer
    amounts: Amounts
    is_held: bool

    @property
    def used(self) -> int | None:
        """Per cent of the credit limit that is used; None without a limit or with another currency than the company's."""
        limit, base = self.customer.credit_limit, self.customer.company.base_currency
        return 100 * self.amounts.total // limit if limit and self.customer.currency == base else None


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; empty fields narrow nothing. `collector` is a key, `none`, or empty."""

    text: str = ""
    company: int | None = None
    collector: str = ""
    segment: str = ""
    risk: str = ""
    state: str = ""
    sort: str = "-balance"


def matching(actor: Actor, filters: Filters, today: date) -> QuerySet[Customer]:
    """The customers in sight that the filters mean."""
    found: Any = Customer.objects.visible_to(actor, "customers.view").select_related("company", "collector", "parent")
    for word in filters.text.split():
        found = found.filter(Q(name__icontains=word) | Q(number__icontains=word) | Q(external_id=word) | Q(contacts__email__icontains=word))
    if filters.company:
        found = found.filter(company=filters.company)
    if filters.collector:
        found = found.filter(collector=None if filters.collector == "none" else filters.collector)
    if filters.segment:
        found = found.filter(segment=filters.segment)
    if filters.risk:
        found = found.filter(risk=filters.risk)
    found = found.on_hold(today) if filters.state == "held" else found
    return found.filter(is_active=filters.state != "inactive").distinct()


def customer_rows(actor: Actor, filters: Filters, today: date) -> list[CustomerRow]:
    """Rows in the order asked for (`-` before it: largest first)."""
    customers = list(matching(actor, filters, today))
    question = Question(today, Scope(actor.reach("customers.view"), customer_ids={c.pk for c in customers}))
    owed: dict[int | None, Amounts] = {}
    for line in ageing(question, by=("customer",), tied=False).lines if customers else ():
        owed.setdefault(line.keys["customer"], Amounts([0] * len(line.base.buckets))).add(line.base)
    held = set(Customer.objects.filter(pk__in=[c.pk for c in customers]).on_hold(today).values_list("pk", flat=True))
    nothing = Amounts([0] * len(question.buckets.labels))
    rows = [CustomerRow(c, owed.get(c.pk, nothing), c.pk in held) for c in customers]
    if filters.state == "overdue":
        rows = [row for row in rows if row.amounts.past_due > 0]
    return sorted(rows, key=_order(filters.sort.lstrip("-")), reverse=filters.sort.startswith("-"))


def _order(sort: str) -> Any:
    keys = {
        "balance": lambda row: row.amounts.total,
        "overdue": lambda row: row.amounts.past_due,
        "over_90": lambda row: row.amounts.buckets[-1],
        "used": lambda row: row.used if row.used is not None else -1,
    }
    return keys.get(sort, lambda row: row.customer.name.casefold())


def segments(actor: Actor) -> list[str]:
    """The segments in use among the customers in sight."""
    found = Customer.objects.visible_to(actor, "customers.view").exclude(segment="")
    return list(found.order_by("segment").values_list("segment", flat=True).distinct())


def collectors(actor: Actor) -> list[tuple[int, str]]:
    """Who looks after customers in sight: key and name."""
    found = Customer.objects.visible_to(actor, "customers.view").exclude(collector=None)
    return list(found.order_by("collector__name", "collector_id").values_list("collector_id", "collector__name").distinct())
