"""How long work tells how far it is."""

from collections.abc import Callable

Tell = Callable[[int, int], None]
"""Called with how much is done, of how much."""


def silent(done: int, total: int) -> None:
    """Nobody listens."""
