"""Promises to pay: taken, kept or broken. The ledger decides; the first date stays."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Prefetch, Q, Sum

from arops.lib import money
from arops.lib.refusal import Refused
from collections_app.models import Promise, PromiseItem
from collections_app.policy.promises import verdict
from customers.models import Contact, Customer
from disputes.selectors import disputed_by_item
from ledger.models import OpenItem
from ledger.selectors import lock_items
from org.actors import Actor, require
from org.models import Company
from workflow.models import Event
from workflow.services import record, record_many

LONGEST = timedelta(days=120)
LATE_NEWS = timedelta(days=31)
"""How long after its day a broken promise is looked at again: the bank's file may come after the verdict."""


class PromiseError(Refused):
    """A promise that can't be recorded; the message says why."""


@transaction.atomic
def give_promise(
    *,
    actor: Actor,
    customer: Customer,
    items: Sequence[OpenItem],
    amount: int,
    due_on: date,
    today: date,
    contact: Contact | None = None,
    note: str = "",
) -> Promise:
    """Record that a customer promised `amount` (minor units) by a day for these items, the oldest served first.

    An item that is promised already gets the new promise; the old one is superseded and counts at its first date.
    What is in dispute isn't promised. Raises PromiseError, NotAllowed.
    """
    require(actor, "promises.give", customer.company_id)
    locked = [lock_items([i.pk for i in items])[i.pk] for i in sorted(items, key=lambda i: (i.due_date, i.pk))]
    free = free_of(locked)
    _check(customer, locked, amount, due_on, today, free)
    promise = Promise.objects.create(
        company_id=customer.company_id, customer=customer, contact=contact, amount=amount, currency=locked[0].currency, given_on=today,
        due_on=due_on, note=note, taken_by=actor.label, supersedes=_superseded(locked, today),
    )  # fmt: skip
    PromiseItem.objects.bulk_create(_shares(promise, locked, amount, free))
    record(
        actor=actor, type="promise.given", company_id=customer.company_id, subject=promise, customer_id=customer.pk, amount=amount,
        currency=promise.currency, due_on=due_on.isoformat(), items=[i.number for i in locked],
    )  # fmt: skip
    return promise


def free_of(items: Sequence[OpenItem]) -> dict[int, int]:
    """Item → what is open of it and not in dispute: so much of it can be promised."""
    contested = disputed_by_item([item.pk for item in items])
    return {item.pk: max(0, item.balance - contested.get(item.pk, 0)) for item in items}


def _check(customer: Customer, items: Sequence[OpenItem], amount: int, due_on: date, today: date, free: dict[int, int]) -> None:
    if not items:
        raise PromiseError("choose the items the promise is for")
    if any(i.customer_id != customer.pk or i.balance <= 0 or i.currency != items[0].currency for i in items):
        raise PromiseError("a promise is for open invoices of one customer in one currency")
    if not today <= due_on <= today + LONGEST:
        raise PromiseError(f"a promise is for a day from today to {today + LONGEST}: later ones are payment plans")
    total, currency = sum(free.values()), items[0].currency
    if not total:
        raise PromiseError("all that is open of these is in dispute: settle the case first")
    if not 0 < amount <= total:
        what = "open" if total == sum(i.balance for i in items) else "open and not in dispute"
        raise PromiseError(f"the amount is between nothing and what is {what}, {money.format(total, currency)} {currency}")


def _superseded(items: Sequence[OpenItem], today: date) -> Promise | None:
    """The open promises of the items end here; the newest of them is the one that is replaced."""
    old = list(Promise.objects.open().filter(items__open_item__in=items).distinct().order_by("-pk"))
    Promise.objects.filter(pk__in=[p.pk for p in old]).update(state=Promise.State.SUPERSEDED, decided_on=today)
    return old[0] if old else None


def _shares(promise: Promise, items: Sequence[OpenItem], amount: int, free: dict[int, int]) -> list[PromiseItem]:
    shares, left = [], amount
    for item in items:
        share = min(left, free[item.pk])
        if share:
            shares.append(PromiseItem(promise=promise, open_item=item, amount=share, balance_before=item.balance))
        left -= share
    return shares


@transaction.atomic
def cancel_promise(*, actor: Actor, promise: Promise, today: date, reason: str) -> None:
    """Withdraw a promise that was recorded by mistake; it counts neither as kept nor as broken."""
    require(actor, "promises.give", promise.company_id)
    if not Promise.objects.open().filter(pk=promise.pk).update(state=Promise.State.CANCELLED, decided_on=today):
        raise PromiseError("the promise is decided already")
    record(
        actor=actor,
        type="promise.cancelled",
        company_id=promise.company_id,
        subject=promise,
        customer_id=promise.customer_id,
        reason=reason,
    )


@transaction.atomic
def decide_promises(*, company: Company, today: date, actor: Actor, tolerance_days: int = 0) -> dict[str, int]:
    """The night's verdict: open promises that are paid are kept; those past their day are partly kept or broken.

    Where the rest of a promise is in dispute, the verdict waits. A verdict is taken back when the receipt behind it was reversed since,
    and when money that was there in time became known only after it. Returns how many got each verdict.
    """
    shares = Prefetch("items", PromiseItem.objects.select_related("open_item"))
    lately = Q(state="broken", due_on__gt=today - LATE_NEWS)
    judged = (
        Promise.objects.filter(company=company)
        .filter(Q(state__in=["open", "kept", "partly"]) | lately)
        .prefetch_related(shares)
        .select_for_update(of=("self",))
    )
    promises = list(judged.order_by("pk"))
    counted = {p.pk: _counts_until(p, today, tolerance_days) for p in promises}
    paid = _paid_between([(i.open_item_id, p.given_on, counted[p.pk]) for p in promises for i in p.items.all()], today)
    contested = disputed_by_item({i.open_item_id for p in promises if p.state == "open" for i in p.items.all()})
    events, counts = [], defaultdict[str, int](int)
    for promise in promises:
        received = sum(min(i.amount, paid[i.open_item_id, promise.given_on, counted[promise.pk]]) for i in promise.items.all())
        state = verdict(promise.amount, received, promise.due_on, today, tolerance_days)
        if promise.state == "open" and state != "kept" and _only_contested(promise, paid, counted[promise.pk], contested):
            state = "open"
        if (state, received) == (promise.state, promise.received):
            continue
        changed = state != promise.state
        promise.state, promise.received, promise.decided_on = state, received, None if state == "open" else today
        promise.save(update_fields=["state", "received", "decided_on"])
        if changed:
            counts[state] += 1
            events.append(_event(promise, actor, state))
    record_many(events)
    return dict(counts)


def _only_contested(promise: Promise, paid: dict[tuple[int, date, date], int], until: date, contested: dict[int, int]) -> bool:
    """Whether all that is missing came into dispute after it was promised: then the verdict waits for the end of the case."""
    missing = [(i.open_item_id, i.amount - paid[i.open_item_id, promise.given_on, until]) for i in promise.items.all()]
    return all(rest <= contested.get(item, 0) for item, rest in missing)


def _counts_until(promise: Promise, today: date, tolerance_days: int) -> date:
    """The last day whose money counts: until the verdict any, after it what was there in time (or when the verdict was given)."""
    if promise.state == "open":
        return today
    in_time = promise.due_on + timedelta(days=tolerance_days)
    given = promise.decided_on if promise.decided_on and promise.state != "broken" else in_time
    return min(today, max(in_time, given))


def _event(promise: Promise, actor: Actor, state: str) -> Event:
    return Event(
        company_id=promise.company_id, type=f"promise.{'reopened' if state == 'open' else state}", actor=actor.label,
        subject_type="collections_app.promise", subject_id=promise.pk, customer_ref=promise.customer_id,
        data={"amount": promise.amount, "received": promise.received, "currency": promise.currency, "due_on": promise.due_on.isoformat()},
    )  # fmt: skip


def _paid_between(wanted: Sequence[tuple[int, date, date]], today: date) -> dict[tuple[int, date, date], int]:
    """(item, first day, last day) → minor units by which its applications of these days reduced it, less those reversed until `today`."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            # LATERAL, so that the lines are always looked up by item, also before the tables were ever analysed.
            "SELECT w.item, w.first, w.last, -coalesce(p.paid, 0)"
            " FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS w(item, first, last) LEFT JOIN LATERAL ("
            "   SELECT sum(l.amount) AS paid FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem o"
            "   ON o.id = l.open_item_id AND l.entry_id <> o.opened_by_id LEFT JOIN ledger_entry r ON r.id = e.reverses_id"
            "   WHERE l.open_item_id = w.item AND coalesce(r.effective_date, e.effective_date) BETWEEN w.first AND w.last"
            "   AND e.effective_date <= %s OFFSET 0) p ON true GROUP BY 1, 2, 3, 4",
            [*(list(column) for column in zip(*wanted, strict=True)), today],
        )
        return {(item, first, last): max(0, int(amount)) for item, first, last, amount in cursor.fetchall()}


def promised_by_item(company: Company | None = None) -> dict[int, int]:
    """Open item → minor units promised and still awaited."""
    shares = PromiseItem.objects.filter(promise__state=Promise.State.OPEN)
    if company:
        shares = shares.filter(promise__company=company)
    return dict(shares.values_list("open_item").annotate(total=Sum("amount")).order_by())
