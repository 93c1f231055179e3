"""How a company collects: read by everyone, changed by few."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from arops.lib.refusal import Refused
from collections_app.models import CollectionPolicy
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


class PolicyRefused(Refused):
    """A policy that makes no sense; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a field may be: from, to, and in which unit."""

    least: int
    most: int
    unit: str = "days"


BOUNDS = {
    "promise_tolerance_days": Bound(0, 30),
    "promise_tolerance_amount": Bound(0, 10**12, ""),
    "promise_tolerance_percent": Bound(0, 50, "per cent"),
    "longest_promise_days": Bound(1, 180),
    "promises_before_escalation": Bound(1, 50, "promises"),
    "plan_longest_days": Bound(1, 1825),
    "plan_default_days": Bound(0, 90),
    "offer_days": Bound(1, 60),
    "answer_hours": Bound(1, 720, "hours"),
    "document_reminder_days": Bound(1, 90),
    "calls_a_week": Bound(1, 20, "calls"),
}
"""Field of `CollectionPolicy` → what it may be."""


def policy_of(company: Company) -> CollectionPolicy:
    """The company's policy; the usual values where it has none of its own."""
    return CollectionPolicy.objects.filter(company=company).first() or CollectionPolicy(company=company)


@transaction.atomic
def change_policy(*, actor: Actor, company: Company, **wanted: int | Decimal) -> CollectionPolicy:
    """Set fields of the company's policy; others stay. Raises PolicyRefused, NotAllowed."""
    require(actor, "collections.configure", company.pk)
    policy, _ = CollectionPolicy.objects.select_for_update().get_or_create(company=company)
    changed: dict[str, Any] = {}
    for name, value in wanted.items():
        bound = BOUNDS[name]
        if not bound.least <= value <= bound.most:
            raise PolicyRefused(f"{name.replace('_', ' ')}: from {bound.least} to {bound.most} {bound.unit}".rstrip())
        if getattr(policy, name) != value:
            changed[name] = [str(getattr(policy, name)), str(value)]
            setattr(policy, name, value)
    if changed:
        policy.save()
        record(actor=actor, type="collection_policy.changed", company_id=company.pk, subject=policy, changed=changed)
    return policy
