"""Cases whose item was settled without them: the night closes them, and opens them again when the settlement is taken back.

A case that is being settled is left alone: whoever settles it closes it.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from disputes.models import Dispute, DisputeMovement, DisputeNote, DisputeStep
from disputes.policy.clock import add_working_days, working_days
from disputes.selectors.settled import Settled, settled_since
from disputes.services.amounts import free_of
from disputes.services.asking import withdraw_questions
from disputes.services.closing import reopen_dispute
from disputes.services.errors import DisputeError
from disputes.services.moving import movement, step
from ledger.models import OpenItem
from ledger.selectors import lock_items, moved_to_instalments
from org.actors import Actor, SystemActor, require
from org.models import Company
from workflow.models import Event
from workflow.services import record_many

CLOSER = SystemActor("settled")
"""Who closes them, whoever asked for it: by that they are known when the settlement is taken back."""
BATCH = 500
_ENDED = (Dispute.Resolution.PAID, Dispute.Resolution.CREDITED, Dispute.Resolution.GOODWILL)


def close_settled(*, actor: Actor, company: Company, today: date) -> dict[str, int]:
    """Close the open cases of a company whose items were paid, credited or written off in full, with words that say which; open again
    those that were closed so and whose item is open again. Safe to repeat. Answers with how many of each. Raises NotAllowed."""
    require(actor, "disputes.work", company.pk)
    reopened = _reopen(company, today)
    open_cases = Dispute.objects.filter(company=company, open_item__balance=0).open().exclude(state=Dispute.State.SETTLING)
    keys = list(open_cases.order_by("open_item", "pk").values_list("pk", "open_item"))
    closed = sum(_close(keys[start : start + BATCH], today) for start in range(0, len(keys), BATCH))
    return {"closed": closed, "reopened": reopened}


@transaction.atomic
def _close(keys: Sequence[tuple[int, int]], today: date) -> int:
    items = lock_items(item for _, item in keys)
    found = Dispute.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[pk for pk, _ in keys]).order_by("pk")
    cases = [c for c in found.open().exclude(state=Dispute.State.SETTLING) if items[c.open_item_id].balance == 0]
    how = settled_since([(c.open_item_id, c.created_at) for c in cases])
    used: dict[int, int] = {}
    notes = []
    for case in cases:
        done = how.get((case.open_item_id, case.created_at), Settled())
        notes.append(DisputeNote(dispute=case, body=_end(case, done, used, items[case.open_item_id], today), author=CLOSER.label))
    fields = ["state", "resolution", "resolved_on", "agreed", "waiting_on", "paused_on", "due_date", "version", "updated_at"]
    Dispute.objects.bulk_update(cases, fields)
    DisputeMovement.objects.bulk_create(movement(case, -case.amount, today, CLOSER) for case in cases)
    DisputeStep.objects.bulk_create(step(case, today, CLOSER) for case in cases)
    DisputeNote.objects.bulk_create(notes)
    record_many(_event(case) for case in cases)
    withdraw_questions(disputes=cases, today=today)
    return len(cases)


def _end(case: Dispute, done: Settled, used: dict[int, int], item: OpenItem, today: date) -> str:
    """How the case ends, on its fields, and in words. Of several cases of an item the earliest has the first of what was credited."""
    credited = min(case.amount, max(0, done.credited - used.get(item.pk, 0)))
    used[item.pk] = used.get(item.pk, 0) + credited
    if credited == case.amount:
        how, allowed, words = Dispute.Resolution.CREDITED, credited, "credited in full"
    elif done.written_off >= case.amount:
        how, allowed, words = Dispute.Resolution.GOODWILL, case.amount, "written off in full"
    else:
        how, allowed, words = Dispute.Resolution.PAID, credited, "paid in full" if not credited else "paid, a part of it credited"
    if case.paused_on:
        case.due_date = add_working_days(case.due_date, working_days(case.paused_on, today))
    case.state, case.resolution, case.resolved_on, case.agreed = Dispute.State.RESOLVED, how, today, allowed
    case.waiting_on, case.paused_on, case.version, case.updated_at = "", None, case.version + 1, Now()
    return f"{item.number} was {words}: nothing of it is in dispute any more."


def _reopen(company: Company, today: date) -> int:
    """Cases that were closed here and whose item is open again, since what settled it was taken back. One that somebody works on at this
    very moment is left to the next night."""
    steps = DisputeStep.objects.filter(by=CLOSER.label, state=Dispute.State.RESOLVED)
    closed_here = steps.filter(dispute=OuterRef("pk"), day=OuterRef("resolved_on"))
    found = Dispute.objects.filter(company=company, state=Dispute.State.RESOLVED, resolution__in=_ENDED, open_item__balance__gt=0)
    found = found.exclude(open_item__in=moved_to_instalments(company.pk))  # what a plan gives back was never in dispute
    count = 0
    for case in found.filter(Exists(closed_here)).order_by("pk"):
        with suppress(DisputeError):
            count += _open_again(case, today)
    return count


@transaction.atomic
def _open_again(case: Dispute, today: date) -> int:
    item = lock_items([case.open_item_id])[case.open_item_id]
    amount = min(case.amount, free_of(item))
    if amount <= 0:
        return 0
    words = f"What settled {item.number} was taken back: the case is open again."
    reopen_dispute(actor=CLOSER, dispute=case, version=case.version, today=today, reason=words, amount=amount)
    return 1


def _event(case: Dispute) -> Event:
    data = {"number": case.number, "resolution": str(case.resolution), "agreed": case.agreed, "currency": case.currency}
    return Event(
        actor=CLOSER.label, type="dispute.resolved", company_id=case.company_id, customer_ref=case.customer_id, data=data,
        subject_type="disputes.dispute", subject_id=case.pk,
    )  # fmt: skip
