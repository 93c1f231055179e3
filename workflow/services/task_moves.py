"""What follows for a record when a task about it moves on. The record lives in an app above, which registers in its `tasks.py` or a module
that it loads:

    @follow_tasks("disputes.dispute")
    def follow(move: TaskMove) -> None: ...

It is called in the transaction of the move, once the task is written. Raising undoes the move.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from org.actors import Actor
from workflow.models import Task, TaskNote


@dataclass(frozen=True, slots=True)
class TaskMove:
    """A task that was asked, answered, handed_back, reopened, closed or cancelled: by whom, with which words, on which day."""

    actor: Actor
    task: Task
    kind: str
    note: TaskNote | None
    today: date


Follower = Callable[[TaskMove], None]
FOLLOWERS: dict[str, Follower] = {}


def follow_tasks(subject_type: str) -> Callable[[Follower], Follower]:
    """Have a function told of every move of tasks about this kind of record."""

    def decorate(follower: Follower) -> Follower:
        FOLLOWERS[subject_type] = follower
        return follower

    return decorate


def tell_followers(move: TaskMove) -> None:
    """Tell whoever follows tasks about such records, if anybody does."""
    follower = FOLLOWERS.get(move.task.subject_type)
    if follower is not None:
        follower(move)
