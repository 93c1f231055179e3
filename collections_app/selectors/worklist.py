"""The work list: a query over the books, so that a paid invoice leaves it by being paid."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Min, Q, Sum

from collections_app.models import Activity, Promise, Snooze
from collections_app.policy.worklist import Account, Task, tasks_of
from collections_app.selectors.dunning import promised_left
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import OpenItem
from org.models import User

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A task with its customer, and until when it is put off (None: it is on today's list)."""

    task: Task
    customer: Customer
    waits_until: date | None = None


def work_list(*, user: User, today: date, mine: bool = True, kind: str = "", text: str = "", with_waiting: bool = True) -> list[WorkItem]:
    """The person's tasks for the day, the most worth doing first; those put off come last, by their day.

    `mine` keeps to the portfolio (accounts collected by the person); else all accounts in sight.
    """
    customers = Customer.objects.visible_to(user, "collections.view").active().select_related("collector", "company")
    if mine:
        customers = customers.filter(collector=user)
    if text:
        customers = customers.filter(Q(name__icontains=text) | Q(number__iexact=text))
    by_id = {c.pk: c for c in customers}
    off = dict(Snooze.objects.filter(user=user, until__gt=today).values_list("task_key", "until"))
    tasks = [t for account in accounts(by_id, today) for t in tasks_of(account, today) if not kind or t.kind == kind]
    items = [WorkItem(t, by_id[t.customer_id], off.get(t.key)) for t in tasks]
    now = sorted((i for i in items if not i.waits_until), key=lambda i: (-i.task.score, i.customer.name))
    waiting = sorted((i for i in items if i.waits_until), key=lambda i: (i.waits_until, -i.task.score))
    return now + (waiting if with_waiting else [])


def accounts(customers: dict[int, Customer], today: date) -> list[Account]:
    """What is known of each customer, one row a currency, in a handful of queries for all of them."""
    ids = list(customers)
    items, held = _items(ids, today), _held_out(ids, today)
    broken, contacts, nothing = _broken(ids, today), _contacts(ids), HeldOut()
    return [
        Account(
            customer_id=customer, currency=currency, overdue=row["overdue"] or 0,
            disputed=held.get((customer, currency), nothing).disputed, promised=held.get((customer, currency), nothing).promised,
            not_chased=held.get((customer, currency), nothing).late, credits=-(row["credits"] or 0), oldest_due=row["oldest"],
            newly_90=row["newly_90"] or 0, due_soon=row["soon"] or 0, last_contact=contacts.get(customer),
            on_hold=_held(customers[customer], today), risk=customers[customer].risk, **broken.get((customer, currency), {}),
        )
        for (customer, currency), row in items.items()
    ]  # fmt: skip


def _held(customer: Customer, today: date) -> bool:
    return customer.dunning_hold and (customer.dunning_hold_until is None or customer.dunning_hold_until >= today)


def _items(ids: Collection[int], today: date) -> dict[Key, dict]:
    late = Q(amount__gt=0, due_date__lt=today)
    rows = (
        OpenItem.objects.open().collectable().filter(customer__in=ids).order_by().values("customer", "currency").annotate(
            overdue=Sum("balance", filter=late), credits=Sum("balance", filter=Q(amount__lt=0)), oldest=Min("due_date", filter=late),
            newly_90=Sum("balance", filter=Q(amount__gt=0, due_date__range=(today - timedelta(days=97), today - timedelta(days=91)))),
            soon=Sum("balance", filter=Q(amount__gt=0, due_date__range=(today, today + timedelta(days=7)))),
        )
    )  # fmt: skip
    return {(r["customer"], r["currency"]): r for r in rows}


@dataclass(slots=True)
class HeldOut:
    """Of what a customer owes in a currency (minor units): disputed, promised and still awaited, and what of the past due is either."""

    disputed: int = 0
    promised: int = 0
    late: int = 0


def _held_out(ids: Collection[int], today: date) -> dict[Key, HeldOut]:
    """Item by item, and of none more than its balance: what is contested of one invoice doesn't keep another from being asked for."""
    contested = Dispute.objects.all().open().filter(customer__in=ids).values_list("open_item").annotate(total=Sum("amount")).order_by()
    disputed, promised = dict(contested), promised_left(ids)
    found: dict[Key, HeldOut] = defaultdict(HeldOut)
    for item in OpenItem.objects.open().owed().filter(pk__in={*disputed, *promised}, customer__in=ids):
        own, awaited = min(disputed.get(item.pk, 0), item.balance), min(promised.get(item.pk, 0), item.balance)
        held = found[item.customer_id or 0, item.currency]
        held.disputed += own
        held.promised += awaited
        held.late += min(own + awaited, item.balance) if item.due_date < today else 0
    return found


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


def cash_left(items: list[WorkItem]) -> dict[str, int]:
    """Currency → what today's tasks are about, each account counted once at its largest task."""
    largest: dict[Key, int] = defaultdict(int)
    for item in items:
        if not item.waits_until:
            key = item.task.customer_id, item.task.currency
            largest[key] = max(largest[key], item.task.amount)
    totals: dict[str, int] = defaultdict(int)
    for (_, currency), amount in largest.items():
        totals[currency] += amount
    return dict(totals)
