"""The work list in tests: ranked as a page would, then read."""

from datetime import date
from typing import Any

from arops.lib import clock
from collections_app.selectors.worklist import WAITING, Asked, WorkItem, WorkList
from collections_app.services.ranking import catch_up
from org.models import Company, User
from tests.factories import DAY


def listed(user: User, today: date = DAY, *, waiting: bool = True, **asked: Any) -> list[WorkItem]:
    """The person's tasks of the day, the most worth doing first; those put off come last."""
    for company in Company.objects.visible_to(user, "collections.view"):
        catch_up(company=company, day=today, now=clock.now())
    groups = WorkList(user, today, Asked(**asked)).groups(200)
    now = [item for group in groups if group.name != WAITING for item in group.items]
    now.sort(key=lambda item: -item.task.score)
    return now + [item for group in groups if waiting and group.name == WAITING for item in group.items]


def amounts(user: User, today: date = DAY) -> dict[str, int]:
    """Kind → what its task is about."""
    return {item.task.kind: item.task.amount for item in listed(user, today)}
