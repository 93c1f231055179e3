"""Which sums of items make an amount, looked for where payers pay first, and how likely each is a coincidence.

Payers pay runs: what stands next on a list, the oldest with some left out, neighbours. So sums are looked for in that order: `near`
places that something points to, then (in a backlog too long to search whole) the oldest and every run of neighbours, then the whole
backlog. The odds of a sum are the number of sums as small that would meet the amount by coincidence among all that was looked at up to
there. They are counted, not bounded: how many sums lie around the amount, times the grid on which such sums lie.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from cashapp.engine.subset import SHALLOW, roundness, subset_sums

NEAR_MAX = 14
OLDEST = 14
RUN = 9
AROUND = 8
"""Sums within an eighth of the amount say how dense sums lie around it."""

_LIMB = 64
_BUCKETS = 24

Ints = Any


class Hit(NamedTuple):
    """Places of the values that add up, how many coincidences were to be expected, and how far was searched: `complete` says wholly."""

    chosen: tuple[int, ...]
    odds: float
    complete: bool


def search(values: Sequence[int], target: int, *, near: Sequence[int] = (), runs: Sequence[int] = (), whole: int, size: int) -> list[Hit]:
    """Sums of `values` that make `target`, the least likely coincidence first.

    `near` are places to look at first, `runs` the places of the debits in the order of their documents. Up to `whole` values
    every sum of at most `size` items is looked at; above, runs of neighbours, pairs and triples.
    """
    found: dict[tuple[int, ...], Hit] = {}
    if near:
        _keep(found, _exhaustive(values, target, near[:NEAR_MAX], size, True))
    complete = len(values) <= whole
    if not complete and runs:
        _keep(found, _exhaustive(values, target, runs[:OLDEST], size, False))
        _keep(found, _neighbours(values, target, runs))
    sums = subset_sums(values, target, max_items=whole, max_size=size)
    for chosen in sums.solutions:
        harder = 1 if sums.complete else SHALLOW
        _keep(found, [Hit(tuple(sorted(chosen)), harder * expected(values, target, chosen), sums.complete)])
    return sorted(found.values(), key=lambda h: (h.odds, len(h.chosen), h.chosen))


def _keep(found: dict[tuple[int, ...], Hit], hits: Sequence[Hit]) -> None:
    for hit in hits:
        if hit.chosen not in found or hit.odds < found[hit.chosen].odds:
            found[hit.chosen] = hit


@lru_cache(maxsize=32)
def _masks(count: int) -> tuple[Ints, Ints]:
    """Every choice of `count` places as a row of ones and zeros, and how many it takes."""
    numbers = np.arange(1 << count, dtype=np.int64)
    bits = (numbers[:, None] >> np.arange(count)) & 1
    return bits, bits.sum(axis=1)


def _exhaustive(values: Sequence[int], target: int, places: Sequence[int], size: int, complete: bool) -> list[Hit]:
    """Every sum of the given places."""
    sums = np.zeros(1, dtype=np.int64)
    for place in places:
        sums = np.concatenate((sums, sums + values[place]))
    _, counts = _masks(len(places))
    hits = np.nonzero((sums == target) & (counts <= size) & (counts > 0))[0]
    made = []
    for number in hits[:4]:
        chosen = tuple(sorted(places[i] for i in range(len(places)) if int(number) >> i & 1))
        grid = _grid(values, chosen)
        odds = _dense(sums, counts, target, len(chosen))
        if grid > 1:
            odds += grid * _dense_on(values, target, [p for p in places if values[p] % grid == 0], len(chosen))
        made.append(Hit(chosen, odds, complete))
    return made


def _dense(sums: Ints, counts: Ints, target: int, size: int) -> float:
    """Sums of up to `size` items by minor unit around the target."""
    reach = max(abs(target) // AROUND, 1)
    around = (np.abs(sums - target) <= reach) & (counts <= size) & (counts > 0)
    return float(np.count_nonzero(around)) / (2 * reach + 1)


def _dense_on(values: Sequence[int], target: int, places: Sequence[int], size: int) -> float:
    sums = np.zeros(1, dtype=np.int64)
    for place in places:
        sums = np.concatenate((sums, sums + values[place]))
    return _dense(sums, _masks(len(places))[1], target, size)


def _neighbours(values: Sequence[int], target: int, runs: Sequence[int]) -> list[Hit]:
    """Sums within runs of neighbouring documents, each counted once, at its first document."""
    line = np.array([values[p] for p in runs] + [0] * (RUN - 1), dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(line, RUN)
    bits, counts = _masks(RUN - 1)
    sums = windows[:, 1:] @ bits.T + windows[:, :1]
    at = np.argwhere(sums == target)
    found: dict[tuple[int, ...], int] = {}
    for start, number in at[:8]:
        chosen = (runs[start], *(runs[start + 1 + i] for i in range(RUN - 1) if int(number) >> i & 1 and start + 1 + i < len(runs)))
        found.setdefault(tuple(sorted(chosen)), int(start))
    made = []
    for chosen in found:
        taken = np.broadcast_to(counts + 1, sums.shape)
        grid = _grid(values, chosen)
        odds = _dense(sums, taken, target, len(chosen))
        if grid > 1:
            round_ones = [p for p in runs if values[p] % grid == 0]
            odds += grid * expected_density([values[p] for p in round_ones], target, len(chosen))
        made.append(Hit(chosen, odds, False))
    return made


def _grid(values: Sequence[int], chosen: Sequence[int]) -> int:
    """How coarse the grid is on which sums of such amounts lie."""
    return roundness(gcd(*(values[i] for i in chosen)))


def expected(values: Sequence[int], target: int, chosen: Sequence[int]) -> float:
    """How many sums of at most as many items would meet the target by coincidence.

    Sums of any items lie on a grid of one minor unit; sums of round items alone on a coarser one, so these count as much more.
    """
    grid = _grid(values, chosen)
    odds = expected_density(values, target, len(chosen))
    if grid > 1:
        odds += grid * expected_density([v for v in values if v % grid == 0], target, len(chosen))
    return odds


def expected_density(values: Sequence[int], target: int, size: int) -> float:
    """How many sums of one to `size` of the values there are by minor unit around the target.

    Sums are counted in buckets of the target's twenty-fourth: one long number for each count of items holds all buckets side by side, so
    that adding a value to every sum is a shift.
    """
    width = max(abs(target) // _BUCKETS, 1)
    steps = [(v + width // 2) // width for v in values]
    base = -sum(s for s in steps if s < 0)
    top = base + abs(target) // width + 3
    mask = (1 << _LIMB * (top + 1)) - 1
    counts = [1 << _LIMB * base] + [0] * size
    for step in sorted(steps):
        for k in range(size, 0, -1):
            below = counts[k - 1]
            if below:
                moved = below << _LIMB * step if step >= 0 else below >> _LIMB * -step
                counts[k] = (counts[k] + moved) & mask
    middle = base + (target + width // 2) // width
    first = max(middle - 2, 0)
    limb = (1 << _LIMB) - 1
    together = sum(counts[1:]) >> _LIMB * first
    total = sum((together >> _LIMB * i) & limb for i in range(middle + 2 - first + 1))
    return total / (5 * width)
