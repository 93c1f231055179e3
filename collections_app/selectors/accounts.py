"""What there is to know about accounts to rank their work: a handful of queries for many customers, nothing fetched row by row."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q, Sum

from collections_app.models import Activity, Promise, PromiseItem
from collections_app.policy.chances import BROKEN, PLAIN, age_of
from collections_app.policy.effect import Part, late_ages
from collections_app.policy.worklist import Account, Lead
from collections_app.selectors.chances import own_of
from collections_app.selectors.dunning import promised_left
from collections_app.selectors.leads import Leads, leads_of
from collections_app.selectors.plan_items import offered_left, without_rests
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import OpenItem

Key = tuple[int, str]
CASH_DESK = ("cash", "cash_application")
"""Codes of a department that applies cash, where a company has one: open credits are its to apply."""


class Who(NamedTuple):
    """What of a customer counts for its work list."""

    pk: int
    collector: int | None
    currency: str
    risk: str
    is_active: bool
    is_held: bool
    held_until: date | None

    def on_hold(self, today: date) -> bool:
        """Whether nobody is to ask for money on that day."""
        return self.is_held and (self.held_until is None or self.held_until >= today)


_WHO = ("pk", "collector", "currency", "risk", "is_active", "dunning_hold", "dunning_hold_until")


def people_of(company_id: int, after: int, size: int) -> list[Who]:
    """The next customers of a company by key."""
    rows = Customer.objects.filter(company=company_id, pk__gt=after).order_by("pk")[:size]
    return [Who(*row) for row in rows.values_list(*_WHO)]


def people_among(company_id: int, ids: Collection[int]) -> list[Who]:
    """Those of these customers that are the company's."""
    rows = Customer.objects.filter(company=company_id, pk__in=ids).order_by("pk")
    return [Who(*row) for row in rows.values_list(*_WHO)]


def accounts(customers: Sequence[Who], today: date, credits_with: str = "") -> list[Account]:
    """What is known of each customer, one row a currency; a lead of no currency stands with that in which most is past due."""
    active = {who.pk: who for who in customers if who.is_active}
    ids = list(active)
    items, held, contested = _items(ids, today), _held_out(ids, today), _contested(ids)
    broken, contacts, own = _broken(ids, today), _contacts(ids), own_of(ids)
    unkept = _unkept(ids, today)
    leads = leads_of(ids, today, {customer for (customer, _), row in items.items() if row["overdue"]})
    placed = _placed_leads(leads, items, active)
    nothing, none = HeldOut(), {"overdue": 0, "credits": 0, "oldest": None, "newly_90": 0, "soon": 0}
    found = []
    for key in sorted({*items, *placed}):
        customer, currency = key
        row, out, who = items.get(key, none), held.get(key, nothing), active[customer]
        account = Account(
            customer_id=customer, currency=currency, overdue=row["overdue"] or 0, disputed=out.disputed, promised=out.promised,
            not_chased=out.late + leads.missed.get(key, 0), credits=-(row["credits"] or 0), oldest_due=row["oldest"],
            newly_90=row["newly_90"] or 0, due_soon=row["soon"] or 0, last_contact=contacts.get(customer), on_hold=who.on_hold(today),
            is_placed=key in leads.placed, risk=who.risk, credits_with=credits_with, leads=tuple(placed.get(key, ())),
            own=own.get(customer), parts=_parts(row, out, unkept.get(key, {})), **broken.get(key, {}), **contested.get(key, {}),
        )  # fmt: skip
        found.append(account)
    return found


def _placed_leads(leads: Leads, items: Mapping[Key, dict], active: Mapping[int, Who]) -> dict[Key, list[Lead]]:
    """Leads by account; one without an amount of its own is about all that is past due there."""
    found: dict[Key, list[Lead]] = defaultdict(list, {k: list(v) for k, v in leads.by_key.items() if k[0] in active})
    main: dict[int, Key] = {}
    for key, row in items.items():
        if key[0] not in main or (row["overdue"] or 0) > (items[main[key[0]]]["overdue"] or 0):
            main[key[0]] = key
    for customer, of_it in leads.of_customer.items():
        if customer in active:
            found[main.get(customer, (customer, active[customer].currency))].extend(of_it)
    return {key: [_about(lead, items.get(key)) for lead in of_it] for key, of_it in found.items()}


def _about(lead: Lead, row: dict | None) -> Lead:
    return lead if lead.amount or row is None or not row["overdue"] else replace(lead, amount=row["overdue"])


_AGES = late_ages()


def _aged(first: int, last: int | None, today: date) -> Q:
    """Items from so many days past due to so many."""
    begin = Q(due_date__lte=today - timedelta(days=first))
    return begin if last is None else begin & Q(due_date__gte=today - timedelta(days=last))


def _parts(row: Mapping[str, Any], out: "HeldOut", unkept: Mapping[int, int]) -> tuple[Part, ...]:
    """What is past due and asked for, by age and by whether it was promised and not kept."""
    found = []
    for age, _ in _AGES:
        left = max(0, (row.get(f"age{age}") or 0) - out.by_age.get(age, 0))
        broken = min(left, unkept.get(age, 0))
        found += [Part(age, PLAIN, left - broken), Part(age, BROKEN, broken)]
    return tuple(part for part in found if part.amount)


def _unkept(ids: Collection[int], today: date) -> dict[Key, dict[int, int]]:
    """By account and age, what is open of debts that were promised in the last 90 days and not kept."""
    rows = PromiseItem.objects.filter(
        promise__customer__in=ids, promise__state__in=["broken", "partly"], promise__due_on__gte=today - timedelta(days=90),
        open_item__balance__gt=0, open_item__due_date__lt=today,
    )  # fmt: skip
    names = ("open_item", "open_item__customer", "open_item__currency", "open_item__balance", "open_item__due_date")
    found: dict[Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for _, customer, currency, balance, due in rows.order_by().values_list(*names).distinct():
        found[customer, currency][age_of((today - due).days)] += balance
    return found


def _items(ids: Collection[int], today: date) -> dict[Key, dict]:
    late = Q(amount__gt=0, due_date__lt=today)
    rows = (
        without_rests(OpenItem.objects.open().collectable().filter(customer__in=ids)).order_by().values("customer", "currency").annotate(
            overdue=Sum("balance", filter=late), credits=Sum("balance", filter=Q(amount__lt=0)), oldest=Min("due_date", filter=late),
            newly_90=Sum("balance", filter=Q(amount__gt=0, due_date__range=(today - timedelta(days=97), today - timedelta(days=91)))),
            soon=Sum("balance", filter=Q(amount__gt=0, due_date__range=(today, today + timedelta(days=7)))),
            **{f"age{age}": Sum("balance", filter=late & _aged(age, last, today)) for age, last in _AGES},
        )
    )  # fmt: skip
    return {(r["customer"], r["currency"]): dict(r) for r in rows}


@dataclass(slots=True)
class HeldOut:
    """Of what a customer owes in a currency (minor units): disputed, promised and still awaited, and what of the past due is either or in a
    plan that waits for an answer, in all and by age."""

    disputed: int = 0
    promised: int = 0
    late: int = 0
    by_age: dict[int, int] = field(default_factory=dict)


def _held_out(ids: Collection[int], today: date) -> dict[Key, HeldOut]:
    """Item by item, and of none more than its balance: what is contested of one invoice doesn't keep another from being asked for."""
    contested = Dispute.objects.all().open().filter(customer__in=ids).values_list("open_item").annotate(total=Sum("amount")).order_by()
    disputed, promised = dict(contested), promised_left(ids)
    offered = {item: amount for item, (amount, _) in offered_left(ids, today).items()}
    found: dict[Key, HeldOut] = defaultdict(HeldOut)
    rows = OpenItem.objects.open().owed().filter(pk__in={*disputed, *promised, *offered}, customer__in=ids)
    for pk, customer, currency, balance, due in rows.values_list("pk", "customer", "currency", "balance", "due_date"):
        own, awaited = min(disputed.get(pk, 0), balance), min(promised.get(pk, 0), balance)
        held = found[customer, currency]
        held.disputed += own
        held.promised += awaited
        if due < today:
            kept, age = min(own + awaited + offered.get(pk, 0), balance), age_of((today - due).days)
            held.late += kept
            held.by_age[age] = held.by_age.get(age, 0) + kept
    return found


@dataclass(slots=True)
class _Cases:
    """The open cases of an account: by department what is contested, and whether any is ours to move."""

    by_department: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ours: bool = False


def _contested(ids: Collection[int]) -> dict[Key, dict]:
    """Who can settle what is contested: the department with most of it; whether all of it waits for the customer."""
    rows = Dispute.objects.all().open().filter(customer__in=ids).order_by()
    found: dict[Key, _Cases] = defaultdict(_Cases)
    for customer, currency, amount, waits, department in rows.values_list(
        "customer", "currency", "amount", "waiting_on", "department__code"
    ):
        cases = found[customer, currency]
        cases.ours |= waits != Dispute.WaitingOn.CUSTOMER
        if waits == Dispute.WaitingOn.DEPARTMENT and department:
            cases.by_department[department] += amount
    return {
        key: {"dispute_with": max(c.by_department, key=lambda d: (c.by_department[d], d), default=""), "dispute_waits": not c.ours}
        for key, c in found.items()
    }


def _broken(ids: Collection[int], today: date) -> dict[Key, dict]:
    """Promises broken in the last 90 days whose items are still open."""
    rows = (
        Promise.objects.filter(
            customer__in=ids, state__in=["broken", "partly"], due_on__gte=today - timedelta(days=90), items__open_item__balance__gt=0
        )
        .values("customer", "currency")
        .annotate(n=Count("pk", distinct=True), due=Max("due_on"), amount=Max("amount"))
        .order_by()
    )
    return {(r["customer"], r["currency"]): {"broken_promises": r["n"], "broken_due": r["due"], "broken_amount": r["amount"]} for r in rows}


def _contacts(ids: Collection[int]) -> dict[int, date]:
    rows = Activity.objects.filter(customer__in=ids).exclude(kind=Activity.Kind.NOTE).values("customer").order_by()
    return {r["customer"]: r["last"] for r in rows.annotate(last=Max("happened_on"))}
