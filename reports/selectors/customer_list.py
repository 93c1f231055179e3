"""Customers with what they owe, for the list: filtered in the database, sorted by any amount."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Contact, Customer
from ledger.aging import Amounts
from ledger.asof import Scope
from org.actors import Actor
from org.models import Company, User
from reports.selectors.ageing import ageing
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
    found: Any = Customer.objects.visible_to(actor, "customers.view")
    for word in filters.text.split():
        written = Contact.objects.filter(email__icontains=word).values("customer")
        found = found.filter(Q(name__icontains=word) | Q(number__icontains=word) | Q(external_id=word) | Q(pk__in=written))
    if filters.company:
        found = found.filter(company=filters.company)
    if filters.collector:
        found = found.filter(collector=None if filters.collector == "none" else filters.collector)
    if filters.segment:
        found = found.filter(segment=filters.segment)
    if filters.risk:
        found = found.filter(risk=filters.risk)
    found = found.on_hold(today) if filters.state == "held" else found
    return found.filter(is_active=filters.state != "inactive")


def customer_rows(actor: Actor, filters: Filters, today: date) -> list[CustomerRow]:
    """Rows in the order asked for (`-` before it: largest first)."""
    customers = _read(matching(actor, filters, today))
    question = Question(today, Scope(actor.reach("customers.view"), customer_ids={c.pk for c in customers}))
    owed: dict[int | None, Amounts] = {}
    for line in ageing(question, by=("customer",), tied=False, named=False).lines if customers else ():
        owed.setdefault(line.keys["customer"], Amounts([0] * len(line.base.buckets))).add(line.base)
    nothing = Amounts([0] * len(question.buckets.labels))
    rows = [CustomerRow(c, owed.get(c.pk, nothing), _held(c, today)) for c in customers]
    if filters.state == "overdue":
        rows = [row for row in rows if row.amounts.past_due > 0]
    return sorted(rows, key=_order(filters.sort.lstrip("-")), reverse=filters.sort.startswith("-"))


def _read(found: QuerySet[Customer]) -> list[Customer]:
    """The customers with what a row shows; companies and collectors are read once each, not once a row."""
    columns = "company_id collector_id number name currency segment risk credit_limit is_active dunning_hold dunning_hold_until".split()
    customers = list(found.only("pk", *columns))
    companies = Company.objects.in_bulk({c.company_id for c in customers})
    people = User.objects.in_bulk({c.collector_id for c in customers if c.collector_id})
    for customer in customers:
        customer.company = companies[customer.company_id]
        customer.collector = people.get(customer.collector_id)
    return customers


def _held(customer: Customer, today: date) -> bool:
    """Whether the customer isn't chased on that day; as `CustomerQuerySet.on_hold` has it."""
    return customer.dunning_hold and (customer.dunning_hold_until is None or customer.dunning_hold_until >= today)


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
