"""Exact subset sums, counted no further than needed: which items add up to the receipt, and could others?

Small sets are searched whole by meeting in the middle (the sums of each half are listed by doubling, so a place in the list is
its own bit mask); larger ones only for sums of up to four items. Values are signed, so credits net by themselves.
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb, gcd
from typing import NamedTuple


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
    found = {(i,) for i in places.get(target, ())}
    if max_size >= 2:
        pairs: dict[int, list[tuple[int, int]]] = {}
        for i, j in combinations(range(len(values)), 2):
            pairs.setdefault(values[i] + values[j], []).append((i, j))
        found.update(pairs.get(target, ()))
        if max_size >= 3:
            found.update(_threes(pairs, values, target))
        if max_size >= 4:
            found.update(_fours(pairs, target))
    return list(found)


def _threes(pairs: dict[int, list[tuple[int, int]]], values: Sequence[int], target: int) -> set[tuple[int, ...]]:
    return {
        tuple(sorted((*pair, k))) for k, value in enumerate(values) for pair in pairs.get(target - value, ())[:50] if k not in pair
    }


def _fours(pairs: dict[int, list[tuple[int, int]]], target: int) -> set[tuple[int, ...]]:
    found: set[tuple[int, ...]] = set()
    for total, ones in pairs.items():
        others = pairs.get(target - total)
        if others is None or 2 * total > target:
            continue
        found.update(tuple(sorted((*a, *b))) for a in ones[:50] for b in others[:50] if not set(a) & set(b))
        if len(found) > 50:
            break
    return found


def subset_sums(values: Sequence[int], target: int, *, max_items: int = 24, max_size: int = 8, limit: int = 2) -> Sums:
    """Up to `limit` subsets of `values` that add up to `target`, each of at most `max_size` items.

    Above `max_items` values only sums of up to four are looked for; above 200 values only the first 200 take part.

    >>> subset_sums([5, 7, 12, -2], 10).solutions
    ((2, 3), (0, 1, 3))
    """
    if len(values) <= max_items:
        found, complete = _meet(values, target, max_size), len(values) <= max_size
    else:
        found, complete = _few(values[:200], target, min(max_size, 4)), False
    found.sort(key=lambda s: (len(s), s))
    return Sums(tuple(found[:limit]), complete)


def chance(values: Sequence[int], solution: Sequence[int]) -> float:
    """How many subsets as small as this one would hit the target by coincidence, roughly.

    Counted as subsets of up to that size, over the number of different sums they can make: the width of the range of their
    sums in steps of the chosen amounts' common divisor. Round amounts have few different sums, so they prove less.
    """
    size = len(solution)
    step = gcd(*(values[i] for i in solution)) or 1
    ordered = sorted(values)
    width = max(sum(ordered[-size:]) - sum(ordered[:size]), sum(values[i] for i in solution) // 2)
    tries = sum(comb(len(values), k) for k in range(1, size + 1))
    return tries * step / max(width, step)
