"""Whoever acts: a person, an API key or the system itself. Services take an actor and ask it what it may do."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class NotAllowed(Exception):
    """The actor lacks the permission; the message names it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an actor sees: companies as a whole, and companies where only a portfolio is in sight.

    A portfolio is the customers that `person_id` collects from; for a key limited to chosen customers it is those (`customers`), and
    `person_id` is 0, which is nobody. Ask `own_customers` of `org.querysets` for the condition: it is the one place that tells them apart.
    """

    everything: bool = False
    companies: frozenset[int] = frozenset()
    portfolios: frozenset[int] = frozenset()
    person_id: int | None = None
    customers: frozenset[int] | None = None


@runtime_checkable
class Actor(Protocol):
    """What services need of whoever acts."""

    @property
    def label(self) -> str:
        """`user:3`, `key:7` or `system:nightly`: written beside everything the actor does."""
        ...

    def can(self, permission: str, company_id: int | None = None) -> bool:
        """Whether the permission is held in that company (in any company, when none is named)."""
        ...

    def reach(self, permission: str | None = None) -> Reach:
        """The companies and portfolios in which the permission is held (any permission, when none is named)."""
        ...


@dataclass(frozen=True, slots=True)
class SystemActor:
    """The product itself: nightly work, demo data, commands run on the server."""

    name: str = "system"
    _reach: Reach = field(default=Reach(everything=True), repr=False)

    @property
    def label(self) -> str:
        """`system:` and the name of the work."""
        return f"system:{self.name}"

    def can(self, permission: str, company_id: int | None = None) -> bool:
        """Always: commands on the server are not limited by roles."""
        return True

    def reach(self, permission: str | None = None) -> Reach:
        """Everything."""
        return self._reach


def require(actor: Actor, permission: str, company_id: int | None = None) -> None:
    """Raise NotAllowed unless the actor holds the permission in that company."""
    if not actor.can(permission, company_id):
        raise NotAllowed(f"{actor.label} may not do this: it needs {permission}")
