"""Who paid: named by a person, taken back, asked about."""

from datetime import date, datetime

from django.db import transaction

from cashapp.models import Receipt
from cashapp.services.errors import AllocationError
from cashapp.services.holding import hold, touch
from cashapp.services.judging import payer_for
from cashapp.services.learning import forget_payer, learn_payer
from cashapp.services.matching import refresh_proposals
from cashapp.services.settling import Days, identify_many
from cashapp.services.working import drop_drafts
from customers.models import Customer
from org.actors import Actor, require
from workflow.services import record


@transaction.atomic
def name_payer(*, actor: Actor, receipt: Receipt, version: int, customer: Customer, today: date, now: datetime) -> Receipt:
    """Say whose money it is, also where another customer stood before; it is matched again at once.

    Raises StaleReceipt, AllocationError (part of it is applied, or the customer is not in sight), NotAllowed.
    """
    return _change(actor, receipt, version, customer.pk, today, now)


@transaction.atomic
def mark_unidentified(*, actor: Actor, receipt: Receipt, version: int, today: date, now: datetime) -> Receipt:
    """Nobody knows whose money it is after all: it goes back to unidentified cash, and what was learnt from it is forgotten.

    Raises StaleReceipt, AllocationError, NotAllowed.
    """
    return _change(actor, receipt, version, None, today, now)


def _change(actor: Actor, receipt: Receipt, version: int, wanted: int | None, today: date, now: datetime) -> Receipt:
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    before = held.customer_id
    if before == wanted:
        raise AllocationError("that is how it stands already")
    if held.on_account:
        touch(held, on_account=False)
    held.customer_id = None
    payer = payer_for(held, {wanted}, actor=actor, payer_id=wanted) if wanted else None
    identify_many([(held, payer)], actor=actor, days=Days())
    forget_payer(held)
    if payer:
        learn_payer(held, payer, actor=actor)
    touch(held)
    drop_drafts(held)
    record(
        actor=actor, type="receipt.identified" if payer else "receipt.unidentified", company_id=held.company_id, subject=held,
        customer_id=payer or before, receipt=held.number, before=before,
    )  # fmt: skip
    refresh_proposals(held, today=today)
    return held
