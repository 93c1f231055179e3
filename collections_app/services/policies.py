"""How a company collects: read by everyone, changed by few."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from arops.lib.refusal import Refused
from collections_app.models import CollectionPolicy
from collections_app.policy.hours import ALL_ZONES
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


MOST_HOLIDAYS = 200
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
    "office_from": Bound(0, 23, "o'clock"),
    "office_to": Bound(1, 24, "o'clock"),
    "document_reminder_days": Bound(1, 90),
    "calls_a_week": Bound(1, 20, "calls"),
}
"""Field of `CollectionPolicy` → what it may be."""


def policy_of(company: Company) -> CollectionPolicy:
    """The company's policy; the usual values where it has none of its own."""
    return CollectionPolicy.objects.filter(company=company).first() or CollectionPolicy(company=company)


@transaction.atomic
def change_policy(
    *, actor: Actor, company: Company, holidays: Sequence[date] | None = None, office_zone: str | None = None, **wanted: int | Decimal
) -> CollectionPolicy:
    """Set fields of the company's policy; others stay. `holidays`: all of them, at most 200; `office_zone`: one of
    `policy.hours.ALL_ZONES`, or empty for the server's. Raises PolicyRefused, NotAllowed."""
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
    if policy.office_from >= policy.office_to:
        raise PolicyRefused("the office opens before it closes")
    if holidays is not None and sorted(set(holidays)) != policy.holidays:
        if len(set(holidays)) > MOST_HOLIDAYS:
            raise PolicyRefused(f"at most {MOST_HOLIDAYS} holidays: leave out those that are over")
        new = sorted(set(holidays))
        changed["holidays"] = [", ".join(map(str, days)) for days in (policy.holidays, new)]
        policy.holidays = new
    if office_zone is not None and office_zone != policy.office_zone:
        if office_zone and office_zone not in ALL_ZONES:
            raise PolicyRefused("choose a time zone of the list")
        changed["office_zone"] = [policy.office_zone or "the server's", office_zone or "the server's"]
        policy.office_zone = office_zone
    if changed:
        policy.save()
        record(actor=actor, type="collection_policy.changed", company_id=company.pk, subject=policy, changed=changed)
    return policy
