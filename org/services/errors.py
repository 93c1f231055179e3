"""What is refused about people and their rights."""

from arops.lib.refusal import Refused


class OrgError(Refused):
    """A change that can't be made; the message says why."""


class NotForYourself(OrgError):
    """A change that somebody else has to make."""
