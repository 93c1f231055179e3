"""What else changes when a request is decided. An app above that asked for something as part of a larger thing of its own registers, in its
`tasks.py` or a module that it loads, and is told in the transaction of the decision: whoever decides, on whatever page or over the API,
both stand or neither.

    @follow_approvals("settlements")
    def follow(approval: Approval, actor: Actor, now: datetime, today: date) -> None: ...

A follower looks up by the approval whether it is one of its own, and does nothing where it isn't. What it refuses, refuses the decision.
What is done at once (state `alone`) isn't told: whoever asked sees that in the answer.
"""

from collections.abc import Callable
from datetime import date, datetime

from org.actors import Actor
from workflow.models import Approval

Follower = Callable[[Approval, Actor, datetime, date], None]
FOLLOWERS: dict[str, Follower] = {}


def follow_approvals(name: str) -> Callable[[Follower], Follower]:
    """Have a function told of every request that is approved, rejected, withdrawn or void; `actor` is whoever did it."""

    def decorate(follower: Follower) -> Follower:
        FOLLOWERS[name] = follower
        return follower

    return decorate


def tell_followers(approval: Approval, actor: Actor, now: datetime, today: date) -> None:
    """Tell everybody who registered, in this transaction."""
    for follower in FOLLOWERS.values():
        follower(approval, actor, now, today)
