"""What is refused about payment plans."""

from arops.lib.refusal import Refused


class PlanError(Refused):
    """A plan that can't be made, or can't go on, as asked; the message says why."""
