"""What can't be done with a message."""

from collections.abc import Sequence

from arops.lib.refusal import Refused


class MessageError(Refused):
    """The message isn't in a state for that, or lacks something; the message says which."""


class Rejected(Exception):
    """It will not go out as it is; the text says why, `addresses` which recipients were refused for good, where that was the reason."""

    def __init__(self, words: str, addresses: Sequence[str] = ()) -> None:
        super().__init__(words)
        self.addresses = tuple(addresses)


class TryLater(Exception):
    """It did not go out this time; the text says why."""

    def __init__(self, reason: str, *, everyone: bool = False) -> None:
        super().__init__(reason)
        self.everyone = everyone


class MailboxRefused(Refused):
    """A mailbox that can't be set up like that, or be read; the message says what to do."""
