"""What a person should know before calling: the step that asks for it with its script, whether it is a time to call, how often it was
tried this week, and of each item what is disputed or promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from arops.lib import money
from arops.lib.merging import amount_in, day_in, language_of, merge
from collections_app.models import Activity, CollectionPolicy, PlannedStep, Promise, PromiseInstalment, StrategyStep
from collections_app.policy.hours import LocalTime, local_time
from collections_app.policy.places import places_of
from collections_app.policy.worklist import call_window
from collections_app.selectors.dunning import promised_left
from customers.models import Customer
from disputes.selectors import disputed_by_item
from ledger.models import OpenItem

GOAL_DAYS = 7
"""A new date should be no further ahead, where nothing else is known."""


@dataclass(frozen=True, slots=True)
class Script:
    """A planned call: the step's name, and what to say in the customer's language."""

    title: str
    text: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Ahead:
    """Before a call. `wait_until` is the day on which another call is within the week's limit (None: today is)."""

    script: Script | None
    opening: str
    goal: str
    time_there: LocalTime | None
    calls: int
    most: int
    wait_until: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """An open item on the call screen, and what of it (minor units) is disputed or promised."""

    item: OpenItem
    disputed: int
    promised: int


def before_call(customer: Customer, items: Sequence[OpenItem], today: date, now: datetime) -> Ahead:
    """All of it for one customer, whose open debts are given."""
    policy = CollectionPolicy.objects.filter(company=customer.company_id).first() or CollectionPolicy()
    since = today - timedelta(days=6)
    days = Activity.objects.filter(customer=customer, kind=Activity.Kind.CALL, happened_on__range=(since, today))
    calls, wait_until = call_window(list(days.values_list("happened_on", flat=True)), today, policy.calls_a_week)
    late = [item for item in items if item.due_date < today]
    return Ahead(
        _script(customer, late or items, today), _opening(customer, late, today), _goal(customer, today),
        local_time(places_of(customer.country, customer.address), now), calls, policy.calls_a_week, wait_until,
    )  # fmt: skip


def rows_of(customer: Customer, items: Sequence[OpenItem]) -> list[Row]:
    """The items with what of each needn't be asked for again."""
    disputed, promised = disputed_by_item([item.pk for item in items]), promised_left([customer.pk])
    return [Row(i, min(disputed.get(i.pk, 0), i.balance), min(promised.get(i.pk, 0), i.balance)) for i in items]


def _script(customer: Customer, items: Sequence[OpenItem], today: date) -> Script | None:
    """The oldest call that the strategy asks for."""
    steps = PlannedStep.objects.filter(customer=customer, state=PlannedStep.State.OPEN, step__channel=StrategyStep.Channel.CALL)
    planned = steps.select_related("step").prefetch_related("step__texts").order_by("due_on", "pk").first()
    if planned is None:
        return None
    wanted = language_of(customer.language)
    texts = {text.language: text.body for text in planned.step.texts.all()}
    language, body = (wanted, texts[wanted]) if wanted in texts else ("en", planned.step.body)
    asked = [item for item in items if item.currency == planned.currency]
    total = amount_in(sum(item.balance for item in asked), planned.currency, language)
    values = {
        "customer": customer.name, "number": customer.number, "company": customer.company.name, "total": f"{total} {planned.currency}",
        "items": ", ".join(item.number for item in asked[:5]) + (" …" if len(asked) > 5 else ""),
        "oldest": asked[0].number if asked else "", "days": str((today - asked[0].due_date).days) if asked else "0",
        "day": day_in(today, language), "answer_to": "",
    }  # fmt: skip
    return Script(planned.step.name or planned.step.title, merge(body, values), planned.due_on)


def _opening(customer: Customer, late: Sequence[OpenItem], today: date) -> str:
    """A sentence to begin with."""
    if not late:
        return f"Good day, this is {customer.company.name}. Is all in order with our last invoices?"
    oldest = min(late, key=lambda item: (item.due_date, item.pk))
    more = f" and {len(late) - 1} more" if len(late) > 1 else ""
    late_by = (today - oldest.due_date).days
    day = "day" if late_by == 1 else "days"
    return f"This is {customer.company.name}, about {oldest.number}{more}: it was due {late_by} {day} ago. Is anything in the way?"


def missed_part(promise: Promise) -> PromiseInstalment | None:
    """The first part of a promise in parts that didn't come, or not all of it: what a call is about before the last one's day."""
    return promise.instalments.filter(state__in=[Promise.State.BROKEN, Promise.State.PARTLY]).order_by("ordinal").first()


def _goal(customer: Customer, today: date) -> str:
    """What the call is to bring: after a broken promise a nearer date, else a day within a week."""
    last = Promise.objects.filter(customer=customer).order_by("-given_on", "-pk").first()
    by = today + timedelta(days=GOAL_DAYS)
    if last is None or last.state in (Promise.State.KEPT, Promise.State.CANCELLED):
        return f"A day for what is overdue, by {by:%-d %b}."
    due = missed_part(last) or last
    told = f"{money.format(due.amount, last.currency)} {last.currency} by {due.due_on:%-d %b}"
    if last.state == Promise.State.OPEN and last.due_on >= today:
        return f"They promised {told}: make sure that it comes, and a day for the rest."
    return f"They promised {told} and it isn't in: why, and a new day by {by:%-d %b}."
