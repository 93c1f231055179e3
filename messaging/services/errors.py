"""What can't be done with a message."""

from arops.lib.refusal import Refused


class MessageError(Refused):
    """The message isn't in a state for that, or lacks something; the message says which."""
