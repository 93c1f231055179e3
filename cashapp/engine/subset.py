"""Exact subset sums, counted no further than needed: which items add up to the receipt, and could others?

Small sets are searched whole by meeting in the middle (the sums of each half are listed by doubling, so a place in the list is
its own bit mask); larger ones only for pairs and triples. Values are signed, so credits net by themselves.

Fewer items make a stronger answer: `chance` says how likely a sum of that size is a coincidence, and a solution stands alone
(`lone`) when it is far less likely one than any other solution.
"""

from collections.abc import Sequence
from math import comb, gcd
from typing import NamedTuple

MAX_TRIPLES = 80
SHALLOW = 10
"""Where only small sums were searched, the true one may be larger and unseen: coincidences are judged this much harder."""


class Sums(NamedTuple):
    """Index tuples that add up to the target, fewest items first; `complete` is False where the search was cut short."""

    solutions: tuple[tuple[int, ...], ...]
    complete: bool


def _doubled(values: Sequence[int]) -> list[int]:
    sums = [0]
    for value in values:
        sums += [known + value for known in sums]
    return sums


def _indices(mask: int, offset: int) -> tuple[int, ...]:
    return tuple(offset + i for i in range(mask.bit_length()) if mask >> i & 1)


def _meet(values: Sequence[int], target: int, max_size: int) -> list[tuple[int, ...]]:
    half = len(values) // 2
    left, right = _doubled(values[:half]), _doubled(values[half:])
    wanted = {target - r for r in right}
    masks: dict[int, list[int]] = {}
    for mask, total in enumerate(left):
        if total in wanted:
            masks.setdefault(total, []).append(mask)
    found = []
    for high, total in enumerate(right):
        for low in masks.get(target - total, ()):
            if 0 < low.bit_count() + high.bit_count() <= max_size:
                found.append(_indices(low, 0) + _indices(high, half))
    return found


def _few(values: Sequence[int], target: int, max_size: int) -> list[tuple[int, ...]]:
    places: dict[int, list[int]] = {}
    for i, value in enumerate(values):
        places.setdefault(value, []).append(i)
    found: set[tuple[int, ...]] = {(i,) for i in places.get(target, ())}
    if max_size >= 2:
        found.update(_pairs(values, places, target, 0))
    if max_size >= 3 and len(values) <= MAX_TRIPLES:
        for i, value in enumerate(values):
            found.update((i, *pair) for pair in _pairs(values, places, target - value, i + 1))
    return list(found)


def _pairs(values: Sequence[int], places: dict[int, list[int]], target: int, first: int) -> list[tuple[int, int]]:
    """Pairs (i, j), first <= i < j, that add up to the target."""
    return [(i, j) for i in range(first, len(values)) if (js := places.get(target - values[i])) for j in js if j > i]


def subset_sums(values: Sequence[int], target: int, *, max_items: int = 24, max_size: int = 8, limit: int = 2) -> Sums:
    """Up to `limit` subsets of `values` that add up to `target`, each of at most `max_size` items.

    Above `max_items` values only pairs and (up to 80 values) triples are looked for.

    >>> subset_sums([5, 7, 12, -2], 10).solutions
    ((2, 3), (0, 1, 3))
    """
    if len(values) <= max_items:
        found, complete = _meet(values, target, max_size), True
    else:
        found, complete = _few(values, target, max_size), False
    found.sort(key=lambda s: (len(s), s))
    return Sums(tuple(found[:limit]), complete)


def roundness(value: int) -> int:
    """The largest 1, 5, 10, 50, 100 … that divides the value: how coarse the grid is on which such amounts lie.

    >>> roundness(12345), roundness(45000)
    (5, 5000)
    """
    unit = 1
    while value and value % (unit * 10) == 0:
        unit *= 10
    return unit * 5 if value % (unit * 5) == 0 and value else unit


def chance(values: Sequence[int], solution: Sequence[int]) -> float:
    """How many subsets as small as this one would hit the target by coincidence, roughly.

    Counted as subsets of up to that size among the values no larger than the solution's debits (or credits), over the number of
    places on the grid up to there. Round amounts lie on a coarse grid, so they prove less; a large backlog has many
    subsets, so it does too.
    """
    bound = max(sum(values[i] for i in solution if values[i] > 0), -sum(values[i] for i in solution if values[i] < 0))
    step = roundness(gcd(*(values[i] for i in solution)))
    eligible = sum(abs(v) <= bound for v in values)
    return sum(comb(eligible, k) for k in range(1, len(solution) + 1)) * step / bound


def lone(odds: Sequence[float], limit: float) -> bool:
    """Whether the first of several answers, by their chances of being coincidences, is far better than all others.

    If the truth were another answer, the first would be there by coincidence, and the other way round: so the odds between two
    are those of their chances, and the first must win by 1 / limit.
    """
    return all(odds[0] <= limit * min(other, 1.0) for other in odds[1:])
