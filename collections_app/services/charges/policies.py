"""Charge policies and legal limits: a change is a new row from a day on, and ends the one before. What was assessed stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from collections_app.models import ChargePolicy, ChargeRun, ChargeTier, LegalLimit
from collections_app.policy.charges import Tier
from collections_app.services.charges.errors import ChargeError
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """A policy as people give it: money in minor units of the company's currency."""

    name: str
    basis: str
    tiers: Sequence[Tier]
    valid_from: date
    segment: str = ""
    grace_days: int = 5
    charges_disputed: bool = False
    nets_credits: bool = True
    minimum_charge: int = 0
    minimum_due: int = 0
    notice: str = "none"


def first_free_day(company: Company, today: date) -> date:
    """The first day from which a policy may be changed: after what is assessed; where nothing is, from the first of this month."""
    last = ChargeRun.objects.filter(company=company).aggregate(day=Max("period_to"))["day"]
    return last + ONE if last else today.replace(day=1)


@transaction.atomic
def save_policy(*, actor: Actor, company: Company, wanted: NewPolicy, today: date) -> ChargePolicy:
    """Put a policy in force from a day on, for a segment or (empty) for all without one of their own; the one before it ends then.

    Raises ChargeError for days that are assessed, tiers that say nothing, or a later change that stands; NotAllowed.
    """
    require(actor, "charges.edit", company.pk)
    _check(company, wanted, today)
    held = ChargePolicy.objects.select_for_update().filter(company=company, segment=wanted.segment)
    if held.filter(valid_from__gt=wanted.valid_from).exists():
        raise ChargeError("a later change of this policy stands already: choose a later day")
    held.filter(valid_from=wanted.valid_from).delete()  # nothing was assessed by it yet
    held.filter(valid_to=None).update(valid_to=wanted.valid_from - ONE)
    held.filter(valid_to__gte=wanted.valid_from).update(valid_to=wanted.valid_from - ONE)
    fields = (
        "name basis segment grace_days charges_disputed nets_credits minimum_charge minimum_due notice valid_from".split()
    )  # fmt: skip
    policy = ChargePolicy.objects.create(company=company, made_by=actor.label, **{name: getattr(wanted, name) for name in fields})
    ChargeTier.objects.bulk_create(ChargeTier(policy=policy, from_days=t.from_days, rate=t.rate, fee=t.fee) for t in wanted.tiers)
    tiers = [[t.from_days, str(t.rate), t.fee] for t in wanted.tiers]
    said = {name: str(getattr(wanted, name)) for name in fields}
    record(actor=actor, type="charge_policy.saved", company_id=company.pk, subject=policy, tiers=tiers, said=said)
    return policy


def _check(company: Company, wanted: NewPolicy, today: date) -> None:
    free = first_free_day(company, today)
    if wanted.valid_from < free:
        raise ChargeError(f"days before {free} can't be changed any more: choose {free} or later")
    days = [tier.from_days for tier in wanted.tiers]
    if not days or days != sorted(set(days)):
        raise ChargeError("tiers begin at different days, the first one first")
    by_rate = wanted.basis == ChargePolicy.Basis.RATE
    if any(tier.rate < 0 or tier.fee < 0 for tier in wanted.tiers) or not any(t.rate if by_rate else t.fee for t in wanted.tiers):
        raise ChargeError("give a rate" if by_rate else "give a fee")


@transaction.atomic
def end_policy(*, actor: Actor, policy: ChargePolicy, last: date, today: date) -> ChargePolicy:
    """End a policy after a day, with none to follow it. Raises ChargeError, NotAllowed."""
    require(actor, "charges.edit", policy.company_id)
    policy = ChargePolicy.objects.select_for_update(of=("self",)).select_related("company").get(pk=policy.pk)
    free = first_free_day(policy.company, today)
    if last < max(policy.valid_from, free - ONE) or (policy.valid_to and policy.valid_to <= last):
        raise ChargeError(f"it ends on {max(policy.valid_from, free - ONE)} at the earliest, and before it would end anyway")
    policy.valid_to = last
    policy.save(update_fields=["valid_to"])
    record(actor=actor, type="charge_policy.ended", company_id=policy.company_id, subject=policy, last=last.isoformat())
    return policy


@transaction.atomic
def save_limit(
    *, actor: Actor, company: Company, place: str, max_rate: Decimal | None, max_fee: int | None, source: str, valid_from: date
) -> LegalLimit:
    """Note the most that may be charged in a place (ISO 3166 code), with its source, from a day on; the one before it ends then.

    Raises ChargeError without a source or limit; NotAllowed.
    """
    require(actor, "charges.edit", company.pk)
    if not source.strip():
        raise ChargeError("name the law or contract it comes from")
    if max_rate is None and max_fee is None:
        raise ChargeError("give a highest rate, a highest fee, or both")
    held = LegalLimit.objects.select_for_update().filter(company=company, place=place)
    if held.filter(valid_from__gt=valid_from).exists():
        raise ChargeError(f"a later limit of {place} stands already: choose a later day")
    held.filter(valid_to=None, valid_from__lt=valid_from).update(valid_to=valid_from - ONE)
    limit, _ = LegalLimit.objects.update_or_create(
        company=company, place=place, valid_from=valid_from,
        defaults={"max_rate": max_rate, "max_fee": max_fee, "source": source.strip(), "made_by": actor.label, "valid_to": None},
    )  # fmt: skip
    said = {"max_rate": str(max_rate or ""), "max_fee": max_fee, "source": source.strip(), "valid_from": valid_from.isoformat()}
    record(actor=actor, type="legal_limit.saved", company_id=company.pk, subject=limit, place=place, said=said)
    return limit
