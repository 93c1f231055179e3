"""What a company promises itself about cases, set up and changed."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from disputes.models import Dispute, DisputePolicy, ServiceLevel
from disputes.selectors.levels import STANDARD_DAYS, USUAL_DAYS
from disputes.services.errors import DisputeError
from disputes.services.moving import set_clocks
from org.actors import Actor, require
from org.models import Company, Department
from workflow.services import record

MOST_DAYS = 365
FIELDS = (
    "paused_by", "cost_of_capital", "warn_days", "tells_opening", "tells_short_payments", "tells_progress", "tells_outcome",
    "repeat_cases", "repeat_rate", "repeat_days",
)  # fmt: skip
"""What of a policy is set."""
LEAST = {"cost_of_capital": 0, "warn_days": 0, "repeat_cases": 2, "repeat_rate": 0, "repeat_days": 7}
MOST = {"cost_of_capital": 100, "warn_days": 60, "repeat_cases": 1000, "repeat_rate": 100, "repeat_days": 730}


@transaction.atomic
def standard_levels(*, actor: Actor, company: Company) -> int:
    """Set the standard service levels and the policy for a company that has none; answers with how many levels were set."""
    require(actor, "disputes.configure", company.pk)
    DisputePolicy.objects.get_or_create(company=company, defaults={"changed_by": actor.label})
    if ServiceLevel.objects.filter(company=company).exists():
        return 0
    made = [ServiceLevel(company=company, reason=reason, days=days) for reason, days in STANDARD_DAYS.items()]
    made.append(ServiceLevel(company=company, reason="", days=USUAL_DAYS))
    ServiceLevel.objects.bulk_create(made, ignore_conflicts=True)
    record(actor=actor, type="dispute_levels.set", company_id=company.pk, subject=company, levels=len(made))
    return len(made)


@transaction.atomic
def save_policy(*, actor: Actor, company: Company, today: date, **fields: Any) -> DisputePolicy:
    """Change how a company works its cases: any of `FIELDS`. What runs already keeps its days; where another stop of the clock is chosen,
    the clocks of cases that wait stop or go on from today. Raises DisputeError, NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    for name, value in fields.items():
        if name in LEAST and not LEAST[name] <= value <= MOST[name]:
            raise DisputeError(f"from {LEAST[name]} to {MOST[name]}", name)
    if set(fields.get("paused_by", ())) - set(Dispute.WaitingOn.values):
        raise DisputeError("the clock is stopped by the customer, by a department, by both or by neither", "paused_by")
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # the first policy of a company is made once
    policy, _ = DisputePolicy.objects.get_or_create(company=company)
    before = {name: _plain(getattr(policy, name)) for name in fields}
    changed = {name: _plain(value) for name, value in fields.items() if _plain(value) != before[name]}
    if changed:
        for name, value in fields.items():
            setattr(policy, name, value)
        policy.changed_by = actor.label
        policy.save()
        if "paused_by" in changed:
            set_clocks(actor, company, policy.paused_by, today)
        told = {name: before[name] for name in changed}
        record(actor=actor, type="dispute_policy.changed", company_id=company.pk, subject=company, before=told, after=changed)
    return policy


def _plain(value: Any) -> Any:
    """A value of the policy as the audit trail keeps it."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


@transaction.atomic
def save_level(*, actor: Actor, company: Company, reason: str, department: Department | None, days: int) -> ServiceLevel:
    """Say in how many working days a case is settled: by reason, by department, by both, or for all. What was said before for the same is
    changed; cases that run keep their due date. Raises DisputeError, NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    if reason and reason not in Dispute.Reason.values:
        raise DisputeError("choose a reason, or any", "reason")
    if department is not None and department.company_id != company.pk:
        raise DisputeError("choose a department of this company", "department")
    if not 1 <= days <= MOST_DAYS:
        raise DisputeError(f"from 1 to {MOST_DAYS} working days", "days")
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    level = ServiceLevel.objects.filter(company=company, reason=reason, department=department).first()
    before = level.days if level else None
    level = level or ServiceLevel(company=company, reason=reason, department=department)
    level.days = days
    level.save()
    if before != days:
        _tell(actor, level, "dispute_level.set", days=days, before=before)
    return level


@transaction.atomic
def remove_level(*, actor: Actor, level: ServiceLevel) -> None:
    """Take a service level away: the next more general one holds from now on. Raises NotAllowed."""
    require(actor, "disputes.configure", level.company_id)
    held = ServiceLevel.objects.select_for_update(of=("self",)).select_related("department").filter(pk=level.pk).first()
    if held is not None:
        _tell(actor, held, "dispute_level.removed", days=held.days)
        held.delete()


def _tell(actor: Actor, level: ServiceLevel, event: str, **data: Any) -> None:
    code = level.department.code if level.department else None
    record(actor=actor, type=event, company_id=level.company_id, subject=level, reason=level.reason, department=code, **data)
