"""Who pays for whom: proposed by one person, approved by another, ended with a day; never by guess."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from cashapp.engine.payers import plain_account
from cashapp.models import PayerRelation
from cashapp.services.errors import CashError
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = PayerRelation.State


class RelationRefused(CashError):
    """A relation that can't be, or can't be decided so; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class NewRelation:
    """What is proposed: a customer, or somebody who is none (by name, and the account he pays from), pays for a customer."""

    kind: str
    pays_for: Customer
    valid_from: date
    payer: Customer | None = None
    payer_name: str = ""
    payer_account: str = ""
    valid_to: date | None = None
    reason: str = ""


@transaction.atomic
def propose_relation(*, actor: Actor, company: Company, wanted: NewRelation) -> PayerRelation:
    """Propose that a payer settles what a customer owes; it counts once somebody else approved it. Raises RelationRefused, NotAllowed."""
    require(actor, "payers.edit", company.pk)
    _check(actor, company, wanted)
    Customer.objects.select_for_update(no_key=True).get(pk=wanted.pays_for.pk)
    account = plain_account(wanted.payer_account)[:80] if wanted.payer is None else ""
    name = " ".join(wanted.payer_name.split())[:200] if wanted.payer is None else ""
    same = PayerRelation.objects.filter(
        company=company, pays_for=wanted.pays_for, payer=wanted.payer, payer_name=name, state__in=[State.PROPOSED, State.ACTIVE]
    )
    if same.exists():
        raise RelationRefused(f"that {wanted.payer or name} pays for {wanted.pays_for.name} is proposed or agreed already")
    made = PayerRelation.objects.create(
        company=company, kind=wanted.kind, payer=wanted.payer, payer_name=name, payer_account=account, pays_for=wanted.pays_for,
        valid_from=wanted.valid_from, valid_to=wanted.valid_to, reason=wanted.reason.strip()[:300], proposed_by=actor.label,
    )  # fmt: skip
    _record(actor, "payer_relation.proposed", made)
    return made


def _check(actor: Actor, company: Company, wanted: NewRelation) -> None:
    if wanted.kind not in PayerRelation.Kind.values:
        raise RelationRefused("say what kind of payer it is")
    for customer in filter(None, (wanted.pays_for, wanted.payer)):
        if not Customer.objects.visible_to(actor, "payers.edit").filter(pk=customer.pk, company=company).exists():
            raise RelationRefused(f"{customer.name} is not among the customers of {company.code} you work on")
    if wanted.payer is None and not wanted.payer_name.strip():
        raise RelationRefused("name the payer, or choose a customer")
    if wanted.payer is not None and wanted.payer.pk == wanted.pays_for.pk:
        raise RelationRefused("a customer pays for itself anyway")
    if wanted.valid_to and wanted.valid_to < wanted.valid_from:
        raise RelationRefused("it would end before it begins")


@transaction.atomic
def decide_relation(*, actor: Actor, relation: PayerRelation, approved: bool, now: datetime) -> PayerRelation:
    """Approve a proposed relation, or refuse it; by somebody else than who proposed it. Raises RelationRefused, NotAllowed."""
    require(actor, "payers.approve", relation.company_id)
    held = _held(relation)
    if held.state != State.PROPOSED:
        raise RelationRefused(f"it is {held.get_state_display()} already")
    if held.proposed_by == actor.label:
        raise RelationRefused("somebody else decides about what you proposed")
    held.state, held.decided_by, held.decided_at = (State.ACTIVE if approved else State.REFUSED), actor.label, now
    held.save(update_fields=["state", "decided_by", "decided_at"])
    _record(actor, "payer_relation.approved" if approved else "payer_relation.refused", held)
    return held


@transaction.atomic
def end_relation(*, actor: Actor, relation: PayerRelation, day: date, reason: str) -> PayerRelation:
    """The payer pays for the customer up to this day and no longer; a proposal is taken back at once. What was applied stays.

    One person is enough: it only takes away. Raises RelationRefused, NotAllowed.
    """
    require(actor, "payers.edit", relation.company_id)
    held = _held(relation)
    if held.state not in (State.PROPOSED, State.ACTIVE):
        raise RelationRefused(f"it is {held.get_state_display()} already")
    if not reason.strip():
        raise RelationRefused("say why it ends")
    if held.valid_to and day > held.valid_to:
        raise RelationRefused(f"it ends on {held.valid_to} already: propose it anew if it goes on")
    if held.state == State.PROPOSED or day < held.valid_from:
        held.state = State.ENDED
    held.valid_to = max(day, held.valid_from)
    held.save(update_fields=["state", "valid_to"])
    _record(actor, "payer_relation.ended", held, reason=reason.strip()[:300], day=day.isoformat())
    return held


def _held(relation: PayerRelation) -> PayerRelation:
    rows = PayerRelation.objects.select_for_update(of=("self",), no_key=True).select_related("payer", "pays_for")
    found: PayerRelation = rows.get(pk=relation.pk)
    return found


def _record(actor: Actor, type: str, relation: PayerRelation, **data: object) -> None:
    record(
        actor=actor, type=type, company_id=relation.company_id, subject=relation, customer_id=relation.pays_for_id,
        payer=relation.payer_id or relation.payer_name, kind=relation.kind, **data,
    )  # fmt: skip
