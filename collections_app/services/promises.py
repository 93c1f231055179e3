"""Promises to pay: taken and withdrawn. The first date stays; whether they are kept the ledger decides (see `judging`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max

from arops.lib import money
from arops.lib.refusal import Refused
from collections_app.models import CollectionPolicy, Promise, PromiseInstalment, PromiseItem
from collections_app.policy.promises import tolerance_of
from collections_app.selectors.plan_items import free_of
from collections_app.selectors.strategies import minimum_in
from collections_app.services.policies import policy_of
from customers.models import Contact, Customer
from ledger.models import OpenItem
from ledger.selectors import lock_items
from org.actors import Actor, require
from workflow.models import Event
from workflow.services import record

YEAR = timedelta(days=365)
MOST_PARTS = 24


class PromiseError(Refused):
    """A promise that can't be recorded; the message says why, `field` what of it is to blame (as the API names it), where one is."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of a promise: minor units by a day."""

    due_on: date
    amount: int


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
    instalments: Sequence[Instalment] = (),
) -> Promise:
    """Record that a customer promised `amount` (minor units) by a day for these items, the oldest served first; or in `instalments`,
    which sum to the amount and end on the day.

    An item that is promised already gets the new promise; the old one is superseded and counts at its first date. What is in dispute
    isn't promised. What may be missing or late is the company's policy of today, and stays so. Raises PromiseError, NotAllowed.
    """
    require(actor, "promises.give", customer.company_id)
    locked = sorted(lock_items(i.pk for i in items).values(), key=lambda i: (i.due_date, i.pk))
    free, policy = free_of(locked), policy_of(customer.company)
    _check(customer, locked, amount, due_on, today, free, policy)
    _check_parts(instalments, amount, due_on, today)
    _check_word(actor, customer, policy, today)
    currency = locked[0].currency
    fixed = minimum_in(policy.promise_tolerance_amount, customer.company.base_currency, currency, today)
    replaced = _superseded(locked, today)
    promise = Promise.objects.create(
        company_id=customer.company_id, customer=customer, contact=contact, amount=amount, currency=currency, given_on=today,
        due_on=due_on, note=note, taken_by=actor.label, level=_level(locked), supersedes=replaced[0] if replaced else None,
        tolerance_days=policy.promise_tolerance_days, tolerance_amount=tolerance_of(amount, fixed, policy.promise_tolerance_percent),
    )  # fmt: skip
    PromiseItem.objects.bulk_create(_shares(promise, locked, amount, free))
    PromiseInstalment.objects.bulk_create(
        PromiseInstalment(promise=promise, ordinal=n, due_on=part.due_on, amount=part.amount) for n, part in enumerate(instalments, 1)
    )
    record(
        actor=actor, type="promise.given", company_id=customer.company_id, subject=promise, customer_id=customer.pk, amount=amount,
        currency=promise.currency, due_on=due_on.isoformat(), items=[i.number for i in locked], level=promise.level,
        instalments=[[part.due_on.isoformat(), part.amount] for part in instalments], replaced=[old.pk for old in replaced],
    )  # fmt: skip
    return promise


def _check(
    customer: Customer, items: Sequence[OpenItem], amount: int, due_on: date, today: date, free: dict[int, int],
    policy: CollectionPolicy,
) -> None:  # fmt: skip
    if not items:
        raise PromiseError("choose the items the promise is for", "items")
    if any(i.customer_id != customer.pk or i.balance <= 0 or i.currency != items[0].currency for i in items):
        raise PromiseError("a promise is for open invoices of one customer in one currency", "items")
    longest = today + timedelta(days=policy.longest_promise_days)
    if not today <= due_on <= longest:
        raise PromiseError(f"a promise is for a day from today to {longest:%-d %b %Y}: later ones are payment plans", "due_date")
    total, currency = sum(free.values()), items[0].currency
    if not total:
        raise PromiseError("all that is open of these is in dispute: settle the case first", "items")
    if not 0 < amount <= total:
        what = "open" if total == sum(i.balance for i in items) else "open and not in dispute"
        raise PromiseError(f"the amount is between nothing and what is {what}, {money.format(total, currency)} {currency}", "amount")


def _check_parts(parts: Sequence[Instalment], amount: int, due_on: date, today: date) -> None:
    """Parts come one after the other, and are the promise."""
    if not parts:
        return
    days = [part.due_on for part in parts]
    if not 2 <= len(parts) <= MOST_PARTS:
        raise PromiseError(f"instalments are from two to {MOST_PARTS}: one is a promise by itself, more are a payment plan", "instalments")
    if days != sorted(set(days)) or days[0] < today or days[-1] != due_on:
        raise PromiseError("each instalment has a later day than the one before it, and the last is the day of the promise", "instalments")
    if any(part.amount <= 0 for part in parts) or sum(part.amount for part in parts) != amount:
        raise PromiseError("instalments are above nothing, and together what is promised", "instalments")


def _check_word(actor: Actor, customer: Customer, policy: CollectionPolicy, today: date) -> None:
    """Who broke their word often enough needs somebody senior to take it once more."""
    broken = Promise.objects.filter(customer=customer, state__in=["broken", "partly"], decided_on__gt=today - YEAR).count()
    if broken >= policy.promises_before_escalation and not actor.can("promises.repeat", customer.company_id):
        raise PromiseError(f"they broke {broken} promises in a year: ask a senior to take this one, or raise the account", "customer")


def _level(items: Sequence[OpenItem]) -> int:
    """The how-manieth promise for any of these items; those recorded by mistake don't count."""
    earlier = Promise.objects.filter(items__open_item__in=items).exclude(state=Promise.State.CANCELLED)
    return 1 + int(earlier.aggregate(highest=Max("level"))["highest"] or 0)


def _superseded(items: Sequence[OpenItem], today: date) -> list[Promise]:
    """The open promises of the items end here, the newest first: it is the one that is replaced."""
    old = list(Promise.objects.open().filter(items__open_item__in=items).distinct().order_by("-pk"))
    Promise.objects.filter(pk__in=[p.pk for p in old]).update(state=Promise.State.SUPERSEDED, decided_on=today)
    return old


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
    """End an open promise that counts neither as kept nor as broken. Raises PromiseError, NotAllowed."""
    require(actor, "promises.give", promise.company_id)
    if not Promise.objects.open().filter(pk=promise.pk).update(state=Promise.State.CANCELLED, decided_on=today):
        raise PromiseError("the promise is decided already")
    record(
        actor=actor, type="promise.cancelled", company_id=promise.company_id, subject=promise, customer_id=promise.customer_id,
        reason=reason,
    )  # fmt: skip


@transaction.atomic
def undo_promise(*, actor: Actor, promise: Promise, today: date, reason: str) -> None:
    """Withdraw a promise that was recorded by mistake; those that it replaced stand again, unless their items are promised anew by now.
    Raises PromiseError, NotAllowed."""
    earlier = _replaced_by(promise)
    shares = PromiseItem.objects.filter(promise__in=[promise.pk, *(old.pk for old in earlier)])
    lock_items(shares.values_list("open_item", flat=True))
    cancel_promise(actor=actor, promise=promise, today=today, reason=reason)
    for old in earlier:
        if Promise.objects.open().filter(items__open_item__in=old.items.values("open_item")).exists():  # type: ignore[attr-defined]
            continue
        Promise.objects.filter(pk=promise.pk, supersedes=old).update(supersedes=None)
        Promise.objects.filter(pk=old.pk).update(state=Promise.State.OPEN, decided_on=None)
        record(
            actor=actor, type="promise.reopened", company_id=old.company_id, subject=old, customer_id=old.customer_id, reason=reason
        )  # fmt: skip


def _replaced_by(promise: Promise) -> list[Promise]:
    """The promises that ended when this one was given, the newest first: one is named in its row, the others in what was told of it."""
    told = Event.objects.filter(type="promise.given", subject_type=Promise._meta.label_lower, subject_id=promise.pk).first()
    keys = {*(told.data.get("replaced", ()) if told else ()), promise.supersedes_id}
    return list(Promise.objects.filter(pk__in=keys - {None}, state=Promise.State.SUPERSEDED).order_by("-pk"))
