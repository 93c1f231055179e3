"""What else changes when a request is decided. An app above that asked for something as part of a larger thing of its own registers, in its
`tasks.py` or a module that it loads, and is told in the transaction of the decision: whoever decides, on whatever page or over the API,
both stand or neither.

    @follow_approvals("settlements")
    def follow(approval: Approval, actor: Actor, now: datetime, today: date) -> None: ...

A follower looks up by the approval whether it is one of its own, and does nothing where it isn't. What it refuses, refuses the decision.
What is done at once (state `alone`) isn't told: whoever asked sees that in the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Affair:
    """What a request is part of: how it is called and named, how it stands now, its page."""

    label: str
    name: str
    stands: str
    href: str


Behind = Callable[[Approval, Actor], Affair | None]
BEHIND: dict[str, Behind] = {}


def affairs_of_approvals(name: str) -> Callable[[Behind], Behind]:
    """Have a function say what of its own a request is part of, for somebody who reads the request; None where it isn't, or isn't seen."""

    def decorate(behind: Behind) -> Behind:
        BEHIND[name] = behind
        return behind

    return decorate


def affairs_of(approval: Approval, actor: Actor) -> list[Affair]:
    """All that the request is part of and the actor sees, as it stands now."""
    return [affair for behind in BEHIND.values() if (affair := behind(approval, actor)) is not None]
