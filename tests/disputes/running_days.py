"""The days that a case's clock ran, by its steps: what reports are held against."""

from datetime import date

from disputes.models import Dispute
from disputes.policy.clock import started_on, stood_still, working_days
from disputes.selectors.levels import LevelBook


def days_running(case: Dispute, today: date) -> int:
    """Working days that the clock of the case ran: since it was opened (again), without those it stood still, until it was closed."""
    stays = LevelBook([case.company_id]).stays_of(case)
    start, end = started_on(stays), case.resolved_on or today
    return working_days(start, end) - stood_still(stays, start, end)
