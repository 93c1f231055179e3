"""Asking a department about a case, and what they said: the part of the case page, and the form."""

from typing import Any

from arops.lib.http import address
from disputes.models import Dispute
from workflow.selectors.tasks import tasks_about


def panel(user: Any, dispute: Dispute) -> dict[str, Any]:
    """What was asked about the case, those that wait first."""
    return {
        "tasks": list(tasks_about(user, dispute)), "ask_url": address("disputes:ask", dispute.pk),
        "may_ask": user.can("tasks.create", dispute.company_id) and user.can("disputes.work", dispute.company_id),
    }  # fmt: skip
