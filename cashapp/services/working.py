"""Work in progress: who has a receipt in hand, and what they had typed so far. Neither counts as a change of the receipt."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cashapp.models import Receipt, ReceiptDraft
from cashapp.services.errors import ReceiptLeased
from cashapp.services.holding import leased_by_other, locked
from org.actors import Actor, require
from org.models import User
from workflow.services import record

LEASE = timedelta(minutes=5)


@transaction.atomic
def take_lease(*, actor: Actor, receipt: Receipt, now: datetime, force: bool = False) -> Receipt:
    """Have a receipt in hand for five minutes, or five more. `force` takes it over from someone else, which is recorded.

    Raises ReceiptLeased, NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    (held,) = locked([receipt.pk])
    if leased_by_other(held, actor, now):
        if not force:
            raise ReceiptLeased(f"{held.lease_by.name if held.lease_by else 'someone'} is working on {held.number}")
        record(
            actor=actor, type="receipt.taken_over", company_id=held.company_id, subject=held, receipt=held.number,
            held_by=held.lease_by.label if held.lease_by else "",
        )  # fmt: skip
    held.lease_by_id, held.lease_until = actor.reach().person_id, now + LEASE
    Receipt.objects.filter(pk=held.pk).update(lease_by=held.lease_by_id, lease_until=held.lease_until)
    return held


def give_back(*, actor: Actor, receipt: Receipt) -> None:
    """Put a receipt out of hand; someone else's stays."""
    Receipt.objects.filter(pk=receipt.pk, lease_by=actor.reach().person_id).update(lease_by=None, lease_until=None)


def save_draft(*, user: User, receipt: Receipt, data: dict[str, Any]) -> None:
    """Keep what a person typed on a receipt. Raises NotAllowed."""
    require(user, "cash.apply", receipt.company_id)
    ReceiptDraft.objects.update_or_create(receipt=receipt, user=user, defaults={"data": data | {"version": receipt.version}})


def drop_drafts(receipt: Receipt) -> None:
    """Half-done work on a receipt that is done with, everybody's."""
    ReceiptDraft.objects.filter(receipt=receipt).delete()
