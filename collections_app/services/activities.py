"""What was done about an account: calls and notes logged, tasks put off or done."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from arops.lib.refusal import Refused
from collections_app.models import Activity, Snooze
from collections_app.policy.business_days import next_business_day
from collections_app.selectors.waiting import why_never
from collections_app.services.planned import close_planned
from collections_app.services.policies import policy_of
from customers.models import Contact, Customer
from org.actors import Actor, require
from org.models import User
from workflow.services import record


class ActivityError(Refused):
    """Something that can't be logged as asked."""


@transaction.atomic
def log_activity(
    *,
    actor: Actor,
    customer: Customer,
    kind: str,
    today: date,
    outcome: str = "",
    body: str = "",
    contact: Contact | None = None,
    seconds: int = 0,
    source: str | None = None,
) -> tuple[Activity, bool]:
    """Write a call, mail, letter, meeting or note on the customer's timeline: the row, and whether it is new. The same `source` is told
    once. Raises ActivityError, NotAllowed."""
    require(actor, "collections.work", customer.company_id)
    if kind not in Activity.Kind.values or outcome not in Activity.Outcome.values:
        raise ActivityError("choose what was done and what came of it")
    if kind == Activity.Kind.NOTE and not body.strip():
        raise ActivityError("write the note")
    told: dict[str, Any] = {
        "company_id": customer.company_id, "customer": customer, "contact": contact, "kind": kind, "outcome": outcome, "body": body.strip(),
        "seconds": max(0, seconds), "actor": actor.label, "happened_on": today,
    }  # fmt: skip
    if source:
        activity, is_new = Activity.objects.get_or_create(source=source, defaults=told)
        if not is_new:
            return activity, False
    else:
        activity = Activity.objects.create(**told)
    record(
        actor=actor,
        type="activity.logged",
        company_id=customer.company_id,
        subject=activity,
        customer_id=customer.pk,
        kind=kind,
        outcome=outcome,
    )
    close_planned(customer=customer, kind=kind, day=today, actor=actor)
    return activity, True


@transaction.atomic
def put_off(*, user: User, customer: Customer, task_key: str, until: date, today: date, event: str = "") -> Snooze:
    """Hide a task from the person's work list until a day, or until an event of `Snooze.Event` and no longer than that day. Where no
    business is done on the day, it is the next on which it is (`until` of what comes back).

    Raises ActivityError for a day that isn't ahead within a year, for an event that there is none of, and for one that
    can't come for this customer.
    """
    require(user, "collections.work", customer.company_id)
    if not today < until <= today + timedelta(days=365):
        raise ActivityError("put it off to a day ahead, within a year")
    if event and event not in Snooze.Event.values:
        raise ActivityError("choose what it waits for from the list")
    if event and (never := why_never([customer], event)):
        raise ActivityError(never)
    moved = next_business_day(until, policy_of(customer.company).holidays)
    return _remember(user, customer, task_key, moved.day, is_done=False, event=event)


@transaction.atomic
def mark_done(*, user: User, customer: Customer, task_key: str, today: date, rests_days: int = 7) -> Snooze:
    """A task is dealt with: it comes back only if its cause still stands after it has rested."""
    require(user, "collections.work", customer.company_id)
    return _remember(user, customer, task_key, today + timedelta(days=rests_days), is_done=True)


def _remember(user: User, customer: Customer, task_key: str, until: date, *, is_done: bool, event: str = "") -> Snooze:
    told = {"company_id": customer.company_id, "customer": customer, "until": until, "is_done": is_done, "event": event, "woken_by": ""}
    row, _ = Snooze.objects.update_or_create(user=user, task_key=task_key, defaults=told)
    record(
        actor=user, type="task.done" if is_done else "task.snoozed", company_id=customer.company_id, customer_id=customer.pk, task=task_key,
        until=until.isoformat(), **({"event": event} if event else {}),
    )  # fmt: skip
    return row


@transaction.atomic
def take_back(*, user: User, task_key: str) -> None:
    """Undo `put_off` or `mark_done`: the task stands in the list again."""
    for row in Snooze.objects.filter(user=user, task_key=task_key):
        record(actor=user, type="task.restored", company_id=row.company_id, customer_id=row.customer_id, task=task_key)
        row.delete()
