"""The one shape of "this file can't be used": the line it happened on and a reason that a user can act on."""


class Refused(Exception):
    """Something the domain doesn't allow, in words for the person who asked; answers as 422 where nothing says otherwise."""


class InputRefused(ValueError):
    """Input from outside that was refused whole; `line` counts from 1 (None: the file as a whole), `reason` is for people."""

    def __init__(self, line: int | None, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}" if line else reason)
