"""The audit trail as this floor sees it: a way to tell it something. It is kept a floor above (`workflow`), which reads companies and
people and so can't be imported from here; it hands its writer down when the product starts (see `workflow.apps`).
"""

from typing import Any, Protocol

from org.actors import Actor


class Writer(Protocol):
    """`workflow.services.record`."""

    def __call__(
        self, *, actor: Actor, type: str, company_id: int | None = None, subject: Any = None, customer_id: int | None = None, **data: Any
    ) -> Any:
        """Add one event, in the caller's transaction."""
        ...


_writers: list[Writer] = []


def connect(writer: Writer) -> None:
    """Say who writes the trail."""
    _writers[:] = [writer]


def record(*, actor: Actor, type: str, company_id: int | None = None, subject: Any = None, **data: Any) -> None:
    """Add one event to the trail, in the caller's transaction. Raises RuntimeError when nobody writes it: nothing goes unrecorded."""
    if not _writers:
        raise RuntimeError("no audit trail is connected")
    _writers[0](actor=actor, type=type, company_id=company_id, subject=subject, **data)
