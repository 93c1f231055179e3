"""How reading fails."""

from arops.lib.refusal import InputRefused


class ReadError(InputRefused):
    """The file is refused whole: `line` in the file (from 1, None for the file as a whole) and `reason` for people."""
