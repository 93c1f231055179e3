"""Mail that came back: the address isn't used any more until it is changed or said to work; a message that reached nobody has failed."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from messaging.models import Bounce, Message
from messaging.services.queueing import happened
from org.actors import Actor, require
from workflow.services import record

State = Message.State


@transaction.atomic
def bounce_message(*, actor: Actor, message: Message, why: str, day: date, addresses: Sequence[str] = ()) -> bool:
    """Mail came back from the addresses (all of the message's where none is named); whether it reached nobody and so has failed. The same
    bounce twice is one."""
    row = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    dead = [to for to in row.recipients if not addresses or to.lower() in {one.lower() for one in addresses}]
    for address in dead if row.customer else ():
        _note(actor, row, address, why, day)
    known = {one.lower() for one in row.bounces.values_list("address", flat=True)} | {one.lower() for one in dead}
    lost = bool(dead) and all(to.lower() in known for to in row.recipients)
    if lost and row.state in (State.SENT, State.PARKED):
        row.state, row.error = State.FAILED, f"came back: {why}"[:1000]
        row.save(update_fields=["state", "error"])
        happened(actor, row, "message.bounced", reason=why[:300])
    message.state, message.error = row.state, row.error
    return lost


def _note(actor: Actor, message: Message, address: str, why: str, day: date) -> None:
    _, new = Bounce.objects.get_or_create(
        customer=message.customer, address=address, closed_on=None,
        defaults={
            "company": message.company, "message": message, "why": why[:300], "bounced_on": day, "noted_by": actor.label
        },
    )  # fmt: skip
    if new:
        record(
            actor=actor, type="address.bounced", company_id=message.company_id, customer_id=message.customer_id, subject=message,
            address=address, reason=why[:300],
        )  # fmt: skip


@transaction.atomic
def revive_address(*, actor: Actor, bounce: Bounce, day: date) -> Bounce:
    """Say that an address works after all: it is written to again. Raises NotAllowed."""
    require(actor, "customers.edit", bounce.company_id)
    row = Bounce.objects.select_for_update(of=("self",)).get(pk=bounce.pk)
    if row.closed_on is None:
        row.closed_on, row.closed_by = day, actor.label
        row.save(update_fields=["closed_on", "closed_by"])
        record(
            actor=actor, type="address.revived", company_id=row.company_id, customer_id=row.customer_id, subject=row, address=row.address
        )  # fmt: skip
    return row
