"""Opening, working and closing disputes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db import transaction
from django.db.models import F

from arops.lib.refusal import Refused
from disputes.models import Dispute, DisputeMovement, DisputeNote, DisputeStep
from disputes.selectors import disputed_by_item
from invoicing.models import Invoice
from ledger.models import OpenItem
from ledger.selectors import lock_items
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company, Department, User
from workflow.models import Event
from workflow.services import record, record_many

SERVICE_DAYS = {
    Dispute.Reason.PRICE: 5,
    Dispute.Reason.QUANTITY: 5,
    Dispute.Reason.PO_MISSING: 3,
    Dispute.Reason.NOT_DELIVERED: 7,
    Dispute.Reason.DAMAGED: 7,
    Dispute.Reason.SHORT_PAYMENT: 3,
}
"""Days by which a dispute should be settled; 5 where a reason isn't named. APQC's best performers settle in 4 days."""

NEXT: dict[str, frozenset[str]] = {
    Dispute.State.OPEN: frozenset({"investigating", "waiting", "decision"}),
    Dispute.State.INVESTIGATING: frozenset({"waiting", "decision"}),
    Dispute.State.WAITING: frozenset({"investigating", "decision"}),
    Dispute.State.DECISION: frozenset({"investigating", "waiting"}),
    Dispute.State.RESOLVED: frozenset({"open"}),
    Dispute.State.REJECTED: frozenset({"open"}),
}
"""State → states it may move to by hand; closing goes by `resolve_dispute`."""


class DisputeError(Refused):
    """A dispute that can't be opened or moved as asked; the message says why."""


class StaleDispute(DisputeError):
    """Someone else changed the dispute meanwhile."""


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A dispute to be opened: `amount` (minor units) of an item. The same `source` opens one dispute, however often it is told."""

    open_item: OpenItem
    amount: int
    reason: str
    source: str
    customer_words: str = ""
    owner: User | None = None
    department: Department | None = None


def open_dispute(
    *, actor: Actor, open_item: OpenItem, amount: int, reason: str, today: date, source: str, customer_words: str = "",
    owner: User | None = None, department: Department | None = None,
) -> Dispute:  # fmt: skip
    """Contest a part of an item; see `open_disputes`."""
    wanted = NewDispute(open_item, amount, reason, source, customer_words, owner, department)
    return open_disputes(actor=actor, wanted=[wanted], today=today)[0]


@transaction.atomic
def open_disputes(*, actor: Actor, wanted: Sequence[NewDispute], today: date) -> list[Dispute]:
    """Open disputes, all or none, in a handful of statements; those whose source was told before answer with what was opened then.

    Raises DisputeError when an amount isn't open (or is contested already), NotAllowed.
    """
    for company_id in {w.open_item.company_id for w in wanted}:
        require(actor, "disputes.open", company_id)
    items = lock_items(w.open_item.pk for w in wanted)  # first: the same form sent twice waits here for its twin
    known = {d.source: d for d in Dispute.objects.filter(source__in=[w.source for w in wanted])}
    fresh = [w for w in {w.source: w for w in wanted}.values() if w.source not in known]
    contested = disputed_by_item(list(items))
    for w in fresh:
        _check_amount(items[w.open_item.pk], w.amount, w.reason, contested.get(w.open_item.pk, 0))
        contested[w.open_item.pk] = contested.get(w.open_item.pk, 0) + w.amount
    numbers = _numbers([items[w.open_item.pk].company_id for w in fresh])
    documents = dict(Invoice.objects.filter(open_item__in=[w.open_item.pk for w in fresh]).values_list("open_item_id", "pk"))
    made = [_dispute(w, items[w.open_item.pk], number, actor, today) for w, number in zip(fresh, numbers, strict=True)]
    for dispute in made:
        dispute.invoice_id = documents.get(dispute.open_item_id)
    known |= {d.source: d for d in Dispute.objects.bulk_create(made)}
    DisputeMovement.objects.bulk_create(_movement(d, d.amount, today, actor) for d in made)
    DisputeStep.objects.bulk_create(_step(d, today, actor) for d in made)
    record_many(_opened(d, items[d.open_item_id], actor) for d in made)
    return [known[w.source] for w in wanted]


def _numbers(company_ids: Sequence[int]) -> list[str]:
    """A number for each, from the series of its company."""
    drawn = {
        company.pk: iter(next_numbers(company=company, kind="dispute", prefix="DSP-", count=company_ids.count(company.pk)))
        for company in Company.objects.filter(pk__in=set(company_ids)).order_by("pk")
    }
    return [next(drawn[pk]) for pk in company_ids]


def _dispute(w: NewDispute, item: OpenItem, number: str, actor: Actor, today: date) -> Dispute:
    return Dispute(
        claimed=w.amount, base_amount=round(Fraction(w.amount * item.base_amount, item.amount)),
        company_id=item.company_id, customer_id=item.customer_id or 0, open_item=item, number=number, reason=w.reason, amount=w.amount,
        currency=item.currency, customer_words=w.customer_words, owner=w.owner, department=w.department,
        due_date=today + timedelta(days=SERVICE_DAYS.get(Dispute.Reason(w.reason), 5)), opened_on=today, opened_by=actor.label,
        source=w.source,
    )  # fmt: skip


def _movement(dispute: Dispute, delta: int, day: date, actor: Actor) -> DisputeMovement:
    """A change of what of its item is in dispute."""
    return DisputeMovement(dispute=dispute, open_item_id=dispute.open_item_id, day=day, delta=delta, by=actor.label)


def _step(dispute: Dispute, day: date, actor: Actor) -> DisputeStep:
    """Where the case stands from now on."""
    return DisputeStep(
        dispute=dispute, state=dispute.state, waiting_on=dispute.waiting_on, department=dispute.department, day=day,
        due_date=dispute.due_date, by=actor.label,
    )  # fmt: skip


def _opened(dispute: Dispute, item: OpenItem, actor: Actor) -> Event:
    data = {
        "number": dispute.number, "item": item.number, "amount": dispute.amount, "currency": dispute.currency, "reason": dispute.reason,
    }  # fmt: skip
    return Event(
        actor=actor.label, type="dispute.opened", company_id=dispute.company_id, customer_ref=dispute.customer_id, data=data,
        subject_type="disputes.dispute", subject_id=dispute.pk,
    )  # fmt: skip


def _check_amount(item: OpenItem, amount: int, reason: str, contested: int) -> None:
    if reason not in Dispute.Reason.values:
        raise DisputeError(f"{reason!r} is not a reason for a dispute; there are: {', '.join(Dispute.Reason.values)}")
    if item.amount < 0 or item.customer_id is None:
        raise DisputeError("only what a customer owes can be disputed")
    if not 0 < amount <= item.balance - contested:
        raise DisputeError(f"of {item.number} no more than what is open and not contested yet can be disputed")


@transaction.atomic
def note_dispute(*, actor: Actor, dispute: Dispute, body: str, is_internal: bool = True) -> DisputeNote:
    """Add a word to a dispute. Raises DisputeError for an empty one."""
    require(actor, "disputes.work", dispute.company_id)
    if not body.strip():
        raise DisputeError("write something")
    note = DisputeNote.objects.create(dispute=dispute, body=body.strip(), is_internal=is_internal, author=actor.label)
    _record(actor, "dispute.noted", dispute, internal=is_internal)
    return note


@transaction.atomic
def move_dispute(*, actor: Actor, dispute: Dispute, state: str, version: int, today: date) -> Dispute:
    """Move a dispute along its track. Raises DisputeError for a step that isn't on it, StaleDispute when it changed meanwhile."""
    require(actor, "disputes.work", dispute.company_id)
    if state not in NEXT[dispute.state]:
        raise DisputeError(f"a dispute that is {dispute.get_state_display()} doesn't become {state}")
    again = {"resolution": "", "resolved_on": None} if state == Dispute.State.OPEN else {}
    if again:  # what was paid, or is contested by another case meanwhile, is not contested anew
        item = lock_items([dispute.open_item_id])[dispute.open_item_id]
        _check_amount(item, dispute.amount, dispute.reason, disputed_by_item([item.pk]).get(item.pk, 0))
    _change(dispute, version, state=state, **again)
    if again:
        _movement(dispute, dispute.amount, today, actor).save()
    _step(dispute, today, actor).save()
    _record(actor, "dispute.moved", dispute, state=state)
    return dispute


@transaction.atomic
def assign_dispute(*, actor: Actor, dispute: Dispute, owner: User | None, version: int) -> Dispute:
    """Give a dispute to someone, or to nobody."""
    require(actor, "disputes.work", dispute.company_id)
    _change(dispute, version, owner=owner)
    _record(actor, "dispute.assigned", dispute, owner=owner.label if owner else None)
    return dispute


@transaction.atomic
def resolve_dispute(*, actor: Actor, dispute: Dispute, resolution: str, today: date, version: int, note: str = "") -> Dispute:
    """Close a dispute: what was contested is chased again, or has been credited. Raises DisputeError, StaleDispute, NotAllowed."""
    require(actor, "disputes.resolve", dispute.company_id)
    if resolution not in Dispute.Resolution.values:
        raise DisputeError("choose how the dispute ended")
    if dispute.state in (Dispute.State.RESOLVED, Dispute.State.REJECTED):
        raise DisputeError("the dispute is closed already")
    state = Dispute.State.REJECTED if resolution == Dispute.Resolution.REJECTED else Dispute.State.RESOLVED
    _change(dispute, version, state=state, resolution=resolution, resolved_on=today)
    _movement(dispute, -dispute.amount, today, actor).save()
    _step(dispute, today, actor).save()
    if note.strip():
        DisputeNote.objects.create(dispute=dispute, body=note.strip(), author=actor.label)
    _record(actor, "dispute.resolved", dispute, resolution=resolution)
    return dispute


def _change(dispute: Dispute, version: int, **fields: object) -> None:
    """Write fields if nobody wrote since `version` was read."""
    changed = Dispute.objects.filter(pk=dispute.pk, version=version).update(version=F("version") + 1, **fields)
    if not changed:
        raise StaleDispute("someone changed this dispute meanwhile: look at it again")
    dispute.refresh_from_db()


def _record(actor: Actor, type: str, dispute: Dispute, **data: object) -> None:
    record(
        actor=actor,
        type=type,
        company_id=dispute.company_id,
        subject=dispute,
        customer_id=dispute.customer_id,
        number=dispute.number,
        **data,
    )
