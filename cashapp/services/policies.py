"""What a company lets the engine do alone, and people without asking."""

from decimal import Decimal

from django.db import transaction

from cashapp.models import MatchPolicy
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


@transaction.atomic
def change_policy(
    *, actor: Actor, company: Company, posts_alone: bool, auto_threshold: int, suggest_threshold: int, tolerances: dict[str, int],
    approver_limits: dict[str, int], tolerance_percent: Decimal | None, discount_grace_days: int,
) -> MatchPolicy:  # fmt: skip
    """Set a company's policy; amounts in minor units by currency. The audit trail keeps what stood before. Raises NotAllowed."""
    require(actor, "rules.edit", company.pk)
    policy = MatchPolicy.objects.select_for_update().filter(company=company).first() or MatchPolicy(company=company)
    wanted = {
        "posts_alone": posts_alone, "auto_threshold": auto_threshold, "suggest_threshold": suggest_threshold, "tolerances": tolerances,
        "approver_limits": approver_limits, "tolerance_percent": tolerance_percent, "discount_grace_days": discount_grace_days,
    }  # fmt: skip
    before = {name: getattr(policy, name) for name in wanted}
    for name, value in wanted.items():
        setattr(policy, name, value)
    policy.save()
    changed = {name: [_plain(before[name]), _plain(value)] for name, value in wanted.items() if before[name] != value}
    record(actor=actor, type="match_policy.changed", company_id=company.pk, subject=policy, changed=changed)
    return policy


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
