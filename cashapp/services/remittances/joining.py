"""Advices joined to their receipts by people, taken apart again, and receipts matched anew by what their advices say."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from cashapp.models import Receipt, Remittance, RemittanceJoin
from cashapp.services.errors import JoinRefused
from cashapp.services.holding import hold
from cashapp.services.matching import match_receipts, refresh_proposals
from cashapp.services.remittances.waiting import bring_back, join_waiting, take_turns
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

__all__ = ["join", "join_waiting", "match_joined", "unjoin"]

PERSON = "person"


def match_joined(*, actor: Actor, company: Company, today: date, now: datetime, again: Sequence[Remittance] = ()) -> list[RemittanceJoin]:
    """Join what waits, and match the receipts of the new joins at once (what is sure is posted as the policy lets it), with those that
    wait of advices taken before (`again`).

    Raises NotAllowed (cash.apply).
    """
    joins = join_waiting(actor=actor, company=company, today=today)
    speaking = (
        RemittanceJoin.objects.filter(remittance__in=[r.pk for r in again], ended_at=None) if again else RemittanceJoin.objects.none()
    )
    wanted = {j.receipt_id for j in joins} | set(speaking.values_list("receipt", flat=True))
    if wanted:
        receipts = list(Receipt.objects.filter(pk__in=wanted))
        match_receipts(company=company, actor=actor, today=today, now=now, receipts=receipts)
    return joins


@transaction.atomic
def join(*, actor: Actor, remittance: Remittance, receipt: Receipt, version: int, today: date, now: datetime) -> RemittanceJoin:
    """A person says that an advice speaks of a receipt of this `version`; the receipt gets fresh proposals.

    Raises StaleReceipt, JoinRefused (another company or currency, joined already, set aside), NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    take_turns(receipt.company)
    held = hold(receipt, actor=actor, version=version, now=now)
    remittance.refresh_from_db()
    _check(remittance, held)
    made = RemittanceJoin.objects.create(
        remittance=remittance, receipt=held, how=PERSON, score=100, reasons=["joined by hand"], made_by=actor.label
    )
    Remittance.objects.filter(pk=remittance.pk).update(version=F("version") + 1)
    bring_back([held.pk])
    _record(actor, "remittance.joined", made, how=PERSON)
    refresh_proposals(held, today=today)
    return made


def _check(remittance: Remittance, receipt: Receipt) -> None:
    if remittance.company_id != receipt.company_id:
        raise JoinRefused(f"{remittance.number} is of another company than {receipt.number}")
    if remittance.currency != receipt.currency:
        raise JoinRefused(f"{remittance.number} is in {remittance.currency}, {receipt.number} in {receipt.currency}")
    if remittance.set_aside:
        raise JoinRefused(f"{remittance.number} was set aside: take it up again first")
    if receipt.split_from_id:
        raise JoinRefused(f"{receipt.number} is a part: join {remittance.number} to the whole payment")
    if RemittanceJoin.objects.filter(remittance=remittance, receipt=receipt, ended_at=None).exists():
        raise JoinRefused(f"{remittance.number} is joined to {receipt.number} already")


@transaction.atomic
def unjoin(*, actor: Actor, joined: RemittanceJoin, reason: str, today: date, now: datetime) -> RemittanceJoin:
    """Take an advice and a receipt apart again; the row stays, ended, and the machine never joins the two again. Fresh proposals follow.

    Raises JoinRefused (ended already), StaleReceipt, NotAllowed.
    """
    require(actor, "cash.apply", joined.receipt.company_id)
    take_turns(joined.receipt.company)
    held = hold(joined.receipt, actor=actor, now=now)
    open_rows = RemittanceJoin.objects.filter(pk=joined.pk, ended_at=None)
    if not open_rows.update(ended_by=actor.label, ended_at=Greatest(Value(now), F("made_at")), ended_reason=reason.strip()[:300]):
        raise JoinRefused(f"{joined.remittance.number} and {held.number} were taken apart already")
    Remittance.objects.filter(pk=joined.remittance_id).update(version=F("version") + 1)
    joined.refresh_from_db()
    _record(actor, "remittance.unjoined", joined, reason=joined.ended_reason)
    refresh_proposals(held, today=today)
    return joined


def _record(actor: Actor, type: str, joined: RemittanceJoin, **data: object) -> None:
    receipt = joined.receipt
    record(
        actor=actor, type=type, company_id=receipt.company_id, subject=receipt, customer_id=receipt.customer_id,
        remittance=joined.remittance.number, receipt=receipt.number, **data,
    )  # fmt: skip
