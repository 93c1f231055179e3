"""A call and what came of it, in one transaction."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from arops.lib import money
from collections_app.models import Activity
from collections_app.selectors.plan_items import free_of
from collections_app.services.activities import ActivityError, log_activity
from collections_app.services.promises import Instalment, give_promise
from customers.models import Contact, Customer
from disputes.services import DisputeError, NewDispute, open_disputes
from ledger.models import OpenItem
from org.actors import Actor


@transaction.atomic
def record_call(
    *, actor: Actor, customer: Customer, today: date, outcome: str, body: str = "", contact: Contact | None = None, seconds: int = 0,
    items: Sequence[OpenItem] = (), amount: int | None = None, due_on: date | None = None, reason: str = "",
    source: str | None = None, instalments: Sequence[Instalment] = (),
) -> str:  # fmt: skip
    """Log the call; with outcome `promise` take the promise, with `dispute` open one per item. Returns what to tell the caller.

    `amount` (minor units) is the whole of the items when it isn't given; a promise may come in `instalments`. The same `source` again
    changes nothing. Raises ActivityError, PromiseError, DisputeError, NotAllowed.
    """
    activity, is_new = log_activity(
        actor=actor,
        customer=customer,
        kind="call",
        outcome=outcome,
        body=body,
        contact=contact,
        seconds=seconds,
        today=today,
        source=source,
    )
    if not is_new:
        return f"The call with {customer.name} was recorded already"
    if outcome == Activity.Outcome.PROMISE:
        if due_on is None:
            raise ActivityError("say until when they promised to pay")
        promised = amount if amount is not None else sum(free_of(items).values())
        promise = give_promise(
            actor=actor,
            customer=customer,
            items=items,
            amount=promised,
            due_on=due_on,
            today=today,
            contact=contact,
            note=body,
            instalments=instalments,
        )
        return f"Promise of {money.format(promised, promise.currency)} {promise.currency} by {due_on:%-d %b} recorded"
    if outcome == Activity.Outcome.DISPUTE:
        return _disputes(actor, activity, items, amount, reason, body, today)
    return f"Call with {customer.name} logged"


def _disputes(actor: Actor, activity: Activity, items: Sequence[OpenItem], amount: int | None, reason: str, body: str, today: date) -> str:
    if not items:
        raise ActivityError("choose the invoices they dispute")
    if amount is not None and len(items) > 1:
        raise ActivityError("an amount is disputed on one invoice: choose one, or leave the amount out")
    free = free_of(items)
    if amount is None and not all(free.values()):
        raise DisputeError(f"{', '.join(i.number for i in items if not free[i.pk])}: all that is open is in dispute already")
    wanted = [
        NewDispute(
            item, amount if amount is not None else free[item.pk], reason or "other", f"activity:{activity.pk}:{item.pk}", body,
            kind="amount" if amount is not None else "invoice",
        )
        for item in items
    ]  # fmt: skip
    opened = open_disputes(actor=actor, wanted=wanted, today=today)
    return f"Dispute {', '.join(d.number for d in opened)} opened"
