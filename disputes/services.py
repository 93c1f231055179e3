"""Opening, working and closing disputes."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Sum

from arops.lib.refusal import Refused
from disputes.models import Dispute, DisputeNote
from ledger.models import OpenItem
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Department, User
from workflow.services import record

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


@transaction.atomic
def open_dispute(
    *, actor: Actor, open_item: OpenItem, amount: int, reason: str, today: date, source: str, customer_words: str = "",
    owner: User | None = None, department: Department | None = None,
) -> Dispute:  # fmt: skip
    """Contest `amount` (minor units) of an item. The same `source` opens one dispute, however often it is told.

    Raises DisputeError when the amount isn't open (or is contested already), NotAllowed.
    """
    require(actor, "disputes.open", open_item.company_id)
    existing = Dispute.objects.filter(source=source).first()
    if existing:
        return existing
    item = OpenItem.objects.select_for_update(of=("self",), no_key=True).get(pk=open_item.pk)
    _check_amount(item, amount, reason)
    (number,) = next_numbers(company=item.company, kind="dispute", prefix="DSP-")
    dispute = Dispute.objects.create(
        company_id=item.company_id, customer_id=item.customer_id, open_item=item, number=number, reason=reason, amount=amount,
        currency=item.currency, customer_words=customer_words, owner=owner, department=department,
        due_date=today + timedelta(days=SERVICE_DAYS.get(Dispute.Reason(reason), 5)), opened_on=today, opened_by=actor.label, source=source,
    )  # fmt: skip
    _record(actor, "dispute.opened", dispute, item=item.number, amount=amount, currency=item.currency, reason=reason)
    return dispute


def _check_amount(item: OpenItem, amount: int, reason: str) -> None:
    if reason not in Dispute.Reason.values:
        raise DisputeError(f"{reason!r} is not a reason for a dispute; there are: {', '.join(Dispute.Reason.values)}")
    if item.amount < 0 or item.customer_id is None:
        raise DisputeError("only what a customer owes can be disputed")
    contested = item.disputes.all().open().aggregate(total=Sum("amount"))["total"] or 0  # type: ignore[attr-defined]
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
def move_dispute(*, actor: Actor, dispute: Dispute, state: str, version: int) -> Dispute:
    """Move a dispute along its track. Raises DisputeError for a step that isn't on it, StaleDispute when it changed meanwhile."""
    require(actor, "disputes.work", dispute.company_id)
    if state not in NEXT[dispute.state]:
        raise DisputeError(f"a dispute that is {dispute.get_state_display()} doesn't become {state}")
    _change(dispute, version, state=state, resolution="" if state == "open" else dispute.resolution)
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
