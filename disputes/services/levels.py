"""What a company promises itself about cases, set up and changed."""

from django.db import transaction

from disputes.models import DisputePolicy, ServiceLevel
from disputes.selectors.levels import STANDARD_DAYS, USUAL_DAYS
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


@transaction.atomic
def standard_levels(*, actor: Actor, company: Company) -> int:
    """Set the standard service levels and the policy for a company that has none; answers with how many levels were set."""
    require(actor, "disputes.configure", company.pk)
    DisputePolicy.objects.get_or_create(company=company, defaults={"changed_by": actor.label})
    if ServiceLevel.objects.filter(company=company).exists():
        return 0
    made = [ServiceLevel(company=company, reason=reason, days=days) for reason, days in STANDARD_DAYS.items()]
    made.append(ServiceLevel(company=company, reason="", days=USUAL_DAYS))
    ServiceLevel.objects.bulk_create(made)
    record(actor=actor, type="dispute_levels.set", company_id=company.pk, subject=company, levels=len(made))
    return len(made)
