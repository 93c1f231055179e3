"""Customers with what they owe, for the list: filtered, ordered and summed in the database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Q, QuerySet

from customers.models import Contact, Customer
from ledger import asof
from ledger.aging import CREDIT_KINDS, USUAL, Amounts
from ledger.asof import Scope
from org.actors import Actor
from org.models import Company, User
from reports.selectors.ageing import ageing, disputed_items
from reports.selectors.question import Question

MANY, KEPT = 5_000, 30
"""Customers from which their order and totals are kept, and for how many seconds."""
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


@dataclass(frozen=True, slots=True)
class Total:
    """What customers of one company currency come to together (minor units)."""

    currency: str
    customers: int
    balance: int
    past_due: int
    over_90: int
    disputed: int


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Some of the customers that the filters mean, in their order, with how many there are and what all of them come to."""

    rows: list[CustomerRow]
    count: int
    totals: list[Total]


def customer_page(actor: Actor, filters: Filters, today: date, first: int = 0, limit: int | None = None) -> CustomerPage:
    """Customers in the order asked for (`-` before it: largest first), from the `first` on (counted from nought), `limit` of them at most.

    The database orders and sums, so that only the customers shown are read; what they owe is aged for them alone.
    """
    found = matching(actor, filters, today)
    ordered, totals = _kept(actor, found, filters, today)
    keys = ordered[first : None if limit is None else first + limit]
    by_key = {c.pk: c for c in _read(found.filter(pk__in=keys))}
    owed = _owed(actor, today, by_key.keys())
    nothing = Amounts([0] * len(USUAL.labels))
    rows = [CustomerRow(by_key[pk], owed.get(pk, nothing), _held(by_key[pk], today)) for pk in keys if pk in by_key]
    disputed = _disputed(actor, found, today) if totals else {}
    sums = [Total(c, n, balance, late, old, disputed.get(c, 0)) for c, n, balance, late, old in totals]
    return CustomerPage(rows, sum(t.customers for t in sums), sums)


def _owed(actor: Actor, today: date, customers: Collection[int]) -> dict[int | None, Amounts]:
    if not customers:
        return {}
    question = Question(today, Scope(actor.reach("customers.view"), customer_ids=set(customers)))
    owed: dict[int | None, Amounts] = {}
    for line in ageing(question, by=("customer",), tied=False, named=False).lines:
        owed.setdefault(line.keys["customer"], Amounts([0] * len(line.base.buckets))).add(line.base)
    return owed


Ordered = tuple[list[int], list[tuple[Any, ...]]]


def _kept(actor: Actor, found: QuerySet[Customer], filters: Filters, today: date) -> Ordered:
    """Order and totals; where customers are many half a minute old at most, so that leafing doesn't sum a million items a page."""
    reach = actor.reach("customers.view")
    asked = repr((reach.everything, sorted(reach.companies), sorted(reach.portfolios), reach.person_id, getattr(reach, "customers", None)))
    key = "customers:" + sha256(f"{asked}{filters}{today}".encode()).hexdigest()
    kept: Ordered | None = cache.get(key)
    if kept is None:
        kept = _ordered(actor, found, filters, today)
        if len(kept[0]) >= MANY:
            cache.set(key, kept, KEPT)
    return kept


def _ordered(actor: Actor, found: QuerySet[Customer], filters: Filters, today: date) -> Ordered:
    """Keys of all the customers, and by company currency: how many there are, what they owe, past due, over the last bound."""
    scope = Scope(actor.reach("customers.view"), company_ids=[filters.company] if filters.company else None)
    items, item_params = asof.balances_sql(today, scope, None)
    columns = ("pk", "name", "currency", "credit_limit", "company__base_currency")
    wanted, wanted_params = found.order_by().values_list(*columns).query.sql_with_params()
    order, way = ORDER.get(filters.sort.lstrip("-"), "lower(name)"), "DESC" if filters.sort.startswith("-") else "ASC"
    rows = (
        f"WITH o AS ({items}), b AS (SELECT customer_id, sum(base)::bigint AS balance,"
        f" (sum(base) FILTER (WHERE {_DEBIT} AND due_date < %s))::bigint AS past_due,"
        f" (sum(base) FILTER (WHERE {_DEBIT} AND due_date < %s))::bigint AS over_90 FROM o GROUP BY 1),"
        f" m (id, name, currency, credit_limit, base) AS ({wanted}), r AS MATERIALIZED (SELECT m.*, coalesce(b.balance, 0) AS balance,"
        " coalesce(b.past_due, 0) AS past_due, coalesce(b.over_90, 0) AS over_90 FROM m LEFT JOIN b ON b.customer_id = m.id)"
    )
    late = " WHERE past_due > 0" if filters.state == "overdue" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{rows} SELECT '', row_number() OVER (ORDER BY {order} {way}, name, id), id, 0, 0 FROM r{late} UNION ALL"
            " SELECT base, count(*), sum(balance)::bigint, sum(past_due)::bigint, sum(over_90)::bigint"
            f" FROM r{late} GROUP BY 1 ORDER BY 1, 2",
            [*item_params, today, today - timedelta(days=USUAL.bounds[-1]), *wanted_params],
        )
        told = cursor.fetchall()
    return [row[2] for row in told if not row[0]], [row for row in told if row[0]]


_DEBIT = f"kind NOT IN ({', '.join(repr(kind) for kind in CREDIT_KINDS)})"
ORDER = {
    "balance": "balance", "overdue": "past_due", "over_90": "over_90",
    "used": "CASE WHEN credit_limit > 0 AND currency = base THEN floor(100.0 * balance / credit_limit) ELSE -1 END",
}  # fmt: skip
"""What a list is sorted by → SQL; any other name means the customer's name."""


def _disputed(actor: Actor, found: QuerySet[Customer], today: date) -> dict[str, int]:
    """Company currency → what is disputed of the customers' items."""
    items = disputed_items(Question(today, Scope(actor.reach("customers.view"))))
    wanted = found.filter(pk__in={d.item.customer_id for d in items}).order_by()
    currency_of = dict(wanted.values_list("pk", "company__base_currency"))
    sums: dict[str, int] = {}
    for d in items:
        if currency := currency_of.get(d.item.customer_id or 0):
            sums[currency] = sums.get(currency, 0) + d.base_amount
    return sums


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


def segments(actor: Actor) -> list[str]:
    """The segments in use among the customers in sight."""
    found = Customer.objects.visible_to(actor, "customers.view").exclude(segment="")
    return list(found.order_by("segment").values_list("segment", flat=True).distinct())


def collectors(actor: Actor) -> list[tuple[int, str]]:
    """Who looks after customers in sight: key and name."""
    found = Customer.objects.visible_to(actor, "customers.view").exclude(collector=None)
    return list(found.order_by("collector__name", "collector_id").values_list("collector_id", "collector__name").distinct())
