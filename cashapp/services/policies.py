"""What a company lets the engine do alone, and people without asking."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from cashapp.models import MatchPolicy
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

KEPT_ELSEWHERE = {"id", "company", "alert_days", "updated_at"}
SETTABLE = {f.name for f in MatchPolicy._meta.concrete_fields} - KEPT_ELSEWHERE
"""What `change_policy` takes: every field of the policy but what stands on pages of its own."""


@transaction.atomic
def change_policy(*, actor: Actor, company: Company, **wanted: Any) -> MatchPolicy:
    """Set fields of a company's policy (`SETTABLE`; amounts in minor units by currency), leaving the others. The audit trail keeps what
    stood before. Raises TypeError for a field that isn't one, NotAllowed."""
    require(actor, "rules.edit", company.pk)
    if unknown := wanted.keys() - SETTABLE:
        raise TypeError(f"a match policy has no {', '.join(sorted(unknown))}")
    policy = MatchPolicy.objects.select_for_update().filter(company=company).first() or MatchPolicy(company=company)
    before = {name: getattr(policy, name) for name in wanted}
    for name, value in wanted.items():
        setattr(policy, name, value)
    policy.save()
    changed = {name: [_plain(before[name]), _plain(value)] for name, value in wanted.items() if before[name] != value}
    record(actor=actor, type="match_policy.changed", company_id=company.pk, subject=policy, changed=changed)
    return policy


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
