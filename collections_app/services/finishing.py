"""A task of the work list is done: what it stands for is closed where that is all there is to it."""

from datetime import date

from django.db import transaction

from collections_app.models import PlannedStep, WorkTask
from collections_app.services.activities import mark_done
from collections_app.services.planned import close_step
from org.models import User

RESTS = 7
"""Days for which a task that was done stays away, while its cause still stands."""


@transaction.atomic
def finish_task(*, user: User, task: WorkTask, today: date, rests_days: int = RESTS) -> bool:
    """Mark a task done, and close the planned step that it stands for. Whether it can be taken back: a step that is done isn't planned
    again. Raises NotAllowed."""
    mark_done(user=user, customer=task.customer, task_key=task.key, today=today, rests_days=rests_days)
    ref = task.key.split(":")[-1]
    step = PlannedStep.objects.filter(pk=int(ref), customer=task.customer_id).first() if ref.isdecimal() else None
    if task.kind != "planned" or step is None:
        return True
    close_step(actor=user, step=step, day=today)
    return False
