"""Cases in the background: what they are to files, tasks and approvals; customers told of short payments."""

from celery import shared_task

from arops.lib import clock
from disputes.selectors.verified import CHECKS
from disputes.services import affairs, asking, noticing, problem_notices, settling, settling_notices
from disputes.services.telling import tell_of_short_payments
from ledger.verify import register_check
from workflow.services.subjects import register_subject

register_subject("disputes.dispute", view="disputes.view", edit="disputes.work", url_name="disputes:detail")
register_subject("disputes.problem", view="disputes.view", edit="problems.work", url_name="disputes:problem")

for name, sql in CHECKS.items():
    register_check(name, sql)

FOLLOW = (affairs, asking, settling, settling_notices)
"""What follows from answers of departments and from approvals, and who is told, known once this module is loaded."""

NOTICES = (noticing, problem_notices)
"""Sources of mail to colleagues, known once this module is loaded."""


@shared_task  # type: ignore[untyped-decorator]
def tell_customers() -> int:
    """Tell customers of the cases that their short payments opened, each once, a batch at a time; safe to ring at any time."""
    return tell_of_short_payments(now=clock.now(), today=clock.today())
