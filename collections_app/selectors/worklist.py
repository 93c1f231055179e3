"""The work list: a query over the books, so that a paid invoice leaves it by being paid."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, Max, Min, Q, Sum, Value
from django.db.models.functions import Least

from collections_app.models import Activity, Promise, PromiseItem, Snooze
from collections_app.policy.worklist import Account, Task, tasks_of
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
    items, disputed, promised = _items(ids, today), _disputed(ids), _promised(ids)
    broken, contacts = _broken(ids, today), _contacts(ids)
    return [
        Account(
            customer_id=customer, currency=currency, overdue=row["overdue"] or 0, disputed=disputed.get((customer, currency), 0),
            promised=promised.get((customer, currency), 0), credits=-(row["credits"] or 0), oldest_due=row["oldest"],
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
        OpenItem.objects.open().filter(customer__in=ids).order_by().values("customer", "currency").annotate(
            overdue=Sum("balance", filter=late), credits=Sum("balance", filter=Q(amount__lt=0)), oldest=Min("due_date", filter=late),
            newly_90=Sum("balance", filter=Q(amount__gt=0, due_date__range=(today - timedelta(days=97), today - timedelta(days=91)))),
            soon=Sum("balance", filter=Q(amount__gt=0, due_date__range=(today, today + timedelta(days=7)))),
        )
    )  # fmt: skip
    return {(r["customer"], r["currency"]): r for r in rows}


def _disputed(ids: Collection[int]) -> dict[Key, int]:
    """Contested and overdue alike: a disputed item isn't chased, whenever it is due."""
    rows = Dispute.objects.all().open().filter(customer__in=ids).values("customer", "currency").order_by()
    return {(r["customer"], r["currency"]): r["total"] for r in rows.annotate(total=Sum("amount"))}


def _promised(ids: Collection[int]) -> dict[Key, int]:
    shares = PromiseItem.objects.filter(promise__state=Promise.State.OPEN, promise__customer__in=ids, open_item__balance__gt=0)
    rows = (
        shares.values("promise__customer", "promise__currency")
        .annotate(total=Sum(Least(F("amount"), F("open_item__balance"), Value(2**62))))
        .order_by()
    )
    return {(r["promise__customer"], r["promise__currency"]): r["total"] for r in rows}


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
