"""Which receipts of a confident band are looked at before it is posted: a sample that anyone can draw again and nobody can choose."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Drawn(NamedTuple):
    """A receipt as it may be drawn: its key and version, and its amount in minor units with its currency."""

    id: int
    version: int
    amount: int
    currency: str


def sample_of(receipts: Sequence[Drawn], percent: int, salt: str) -> list[int]:
    """Keys of the receipts to look at: the largest of each currency, and by the hash of key and version as many as `percent` asks for.

    Rounded up, so that there is at least one while anything is asked for. `salt` (company and day) makes every day's sample another.

    >>> sample_of([Drawn(1, 0, 500, "EUR"), Drawn(2, 0, 90_000, "EUR")], 10, "DE:2026-09-20")
    [2]
    >>> sample_of([Drawn(1, 0, 500, "EUR")], 0, "DE:2026-09-20")
    []
    """
    wanted = -(-len(receipts) * percent // 100)
    if not wanted:
        return []
    largest: dict[str, Drawn] = {}
    for one in sorted(receipts, key=lambda r: (-r.amount, r.id)):
        largest.setdefault(one.currency, one)
    first = [r.id for r in largest.values()]
    rest = sorted((r for r in receipts if r.id not in first), key=lambda r: hashlib.sha256(f"{salt}:{r.id}:{r.version}".encode()).digest())
    return [*first, *(r.id for r in rest[: max(0, wanted - len(first))])]
