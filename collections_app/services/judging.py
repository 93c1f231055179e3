"""The night's verdict on promises: kept, partly kept, broken, by what the ledger says came in and when."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Prefetch, Q

from collections_app.models import Promise, PromiseInstalment, PromiseItem
from collections_app.policy.promises import Part, judge
from collections_app.selectors.promises import Paid, Window, paid_between
from disputes.selectors import disputed_by_item
from org.actors import Actor
from org.models import Company
from workflow.models import Event
from workflow.services import record_many

LATE_NEWS = timedelta(days=31)
"""How long after its day a broken promise is looked at again: the bank's file may come after the verdict."""

BATCH = 2000
"""Promises judged together."""


@transaction.atomic
def decide_promises(*, company: Company, today: date, actor: Actor) -> dict[str, int]:
    """The night's verdict: open promises that are paid are kept; those past their day are partly kept or broken.

    Each with the tolerance that it was given with. Where the rest of a promise is in dispute, the verdict waits. A verdict is taken
    back when the receipt behind it was reversed since, and when money that was there in time became known only after it. Returns how
    many got each verdict.
    """
    lately = Q(state__in=["broken", "partly"], due_on__gt=today - LATE_NEWS)
    judged = Promise.objects.filter(company=company).filter(Q(state__in=["open", "kept", "partly"]) | lately)
    keys = list(judged.order_by("pk").values_list("pk", flat=True))
    counts: dict[str, int] = defaultdict(int)
    for start in range(0, len(keys), BATCH):
        for state in _decide(keys[start : start + BATCH], today, actor):
            counts[state] += 1
    return dict(counts)


@dataclass(slots=True)
class Row:
    """A promise with its parts as they are judged: those of the table, or the one that it is itself, and the last day that counts."""

    promise: Promise
    parts: list[PromiseInstalment]
    until: list[date]


def _decide(keys: Sequence[int], today: date, actor: Actor) -> list[str]:
    shares = Prefetch("items", PromiseItem.objects.select_related("open_item"))
    found = Promise.objects.filter(pk__in=keys).prefetch_related(shares, "instalments").select_for_update(of=("self",)).order_by("pk")
    rows = [_row(promise, today) for promise in found]
    paid = paid_between([_window(r.promise, i, day) for r in rows for i in r.promise.items.all() for day in r.until], today)
    contested = disputed_by_item({i.open_item_id for r in rows if r.promise.state == "open" for i in r.promise.items.all()})
    changed, parts, events = [], [], []
    for row in rows:
        before = row.promise.state
        moved = _judged(row, paid, contested, today)
        if not moved:
            continue
        changed.append(row.promise)
        parts += [part for part in row.parts if part.pk]
        if row.promise.state != before:
            events.append(_event(row.promise, actor))
    Promise.objects.bulk_update(changed, ["state", "received", "decided_on"], batch_size=500)
    PromiseInstalment.objects.bulk_update(parts, ["state", "received", "decided_on"], batch_size=500)
    record_many(events)
    return [event.type.removeprefix("promise.").replace("reopened", "open") for event in events]


def _row(promise: Promise, today: date) -> Row:
    parts = list(promise.instalments.all()) or [
        PromiseInstalment(promise=promise, due_on=promise.due_on, amount=promise.amount, state=promise.state, decided_on=promise.decided_on)
    ]
    return Row(promise, parts, [_counts_until(part, promise.tolerance_days, today) for part in parts])


def _counts_until(part: PromiseInstalment, tolerance_days: int, today: date) -> date:
    """The last day whose money counts: until the verdict any, after it what was there in time (or when the verdict was given). What came
    after the part that ended the promise counts until that end."""
    if part.state == "open":
        return today
    if part.state == "cancelled":
        return min(today, part.decided_on or today)
    in_time = part.due_on + timedelta(days=tolerance_days)
    given = part.decided_on if part.decided_on and part.state != "broken" else in_time
    return min(today, max(in_time, given))


def _judged(row: Row, paid: Paid, contested: Mapping[int, int], today: date) -> bool:
    """Put the verdict into the rows; whether anything moved."""
    promise, target, parts = row.promise, 0, []
    for part, until in zip(row.parts, row.until, strict=True):
        target += part.amount
        came = [(i.open_item_id, i.amount, min(i.amount, paid[_window(promise, i, until)])) for i in promise.items.all()]
        received = min(target, sum(share for _, _, share in came))
        missing = sum(min(contested.get(item, 0), amount - share) for item, amount, share in came) if part.state == "open" else 0
        parts.append(Part(target, part.due_on, received, missing))
    state, states = judge(parts, today, promise.tolerance_days, promise.tolerance_amount)
    moved = (state, parts[-1].received) != (promise.state, promise.received)
    for part, of, now in zip(row.parts, parts, states, strict=True):
        got = max(0, of.received - (of.target - part.amount))
        moved |= bool(part.pk) and (part.state, part.received) != (now, got)
        if part.state != now:
            part.decided_on = None if now == "open" else today
        part.state, part.received = now, got
    if promise.state != state:
        promise.decided_on = None if state == "open" else today
    promise.state, promise.received = state, parts[-1].received
    return moved


def _event(promise: Promise, actor: Actor) -> Event:
    return Event(
        company_id=promise.company_id, type=f"promise.{'reopened' if promise.state == 'open' else promise.state}", actor=actor.label,
        subject_type="collections_app.promise", subject_id=promise.pk, customer_ref=promise.customer_id,
        data={"amount": promise.amount, "received": promise.received, "currency": promise.currency, "due_on": promise.due_on.isoformat()},
    )  # fmt: skip


def _window(promise: Promise, share: PromiseItem, until: date) -> Window:
    return share.open_item_id, promise.given_on, until, promise.created_at
