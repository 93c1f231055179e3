"""What can go wrong with an embedded server, in words for the person who started it."""


class EmbeddedError(RuntimeError):
    """A server can't be found, started or stopped; the message says what to do."""
