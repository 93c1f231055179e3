"""What is refused on the ladder."""

from arops.lib.refusal import Refused


class EscalationError(Refused):
    """A rung or case that can't be as asked; the message says what to do."""
