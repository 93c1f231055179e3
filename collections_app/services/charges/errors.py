"""What is refused about late charges."""

from arops.lib.refusal import Refused


class ChargeError(Refused):
    """A run, policy or waiver that can't be as asked; the message says what to do."""
