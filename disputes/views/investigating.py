"""Looking into a case: the documents side by side, what differs, what is proposed as its cause, and what the specialist found."""

from typing import Any

from arops.lib.http import address
from disputes.models import Dispute, DisputeFinding
from disputes.services.findings import OPEN
from org.selectors import actor_names


def panel(user: Any, dispute: Dispute) -> dict[str, Any]:
    """What was found out about a case, for its own page; the latest finding first."""
    findings = list(DisputeFinding.objects.filter(dispute=dispute).select_related("cause", "department").order_by("-pk"))
    return {
        "findings": findings, "finding": next(iter(findings), None), "found_by": actor_names({f.by for f in findings}),
        "investigate_url": address("disputes:investigate", dispute.pk),
        "may_find": user.can("disputes.work", dispute.company_id) and dispute.state in OPEN,
    }  # fmt: skip
