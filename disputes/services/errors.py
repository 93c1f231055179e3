"""Why something can't be done to a case."""

from arops.lib.refusal import Refused


class DisputeError(Refused):
    """A dispute that can't be opened, changed or closed as asked; the message says why. `field` names what was wrong, where one was."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class StaleDispute(DisputeError):
    """Someone else changed the dispute meanwhile."""


class OverContested(DisputeError):
    """More is contested than is open and not contested already."""
