"""Bands by measured precision: from which score answers were right often enough to post alone, or to be worth showing.

A threshold counts as shown when the lower end of the 95 % Wilson interval of the precision of all answers at or above it reaches what is
asked. Few answers make a wide interval, so little evidence never widens what posts alone. Of one customer there are seldom enough answers
to show anything to such a degree; so a customer's own band differs from that of all only where its answers say so: lower where they alone
show the precision wanted, higher (or never alone) where they are shown to fall short of it (the upper end lies below).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cashapp.engine.trials import total
from disputes.policy.statistics import Interval, binomial_more, wilson

LOWEST_POST, NEVER = 80, 101
"""No post band begins below 80 (doubts end at 79); 101 says that nothing posts alone."""
POST_AT_LEAST, PROPOSE_AT_LEAST = Decimal("0.995"), Decimal("0.5")
"""What is asked unless a company says otherwise: 995 of 1,000 posted rightly, every second proposal right."""

BY_CHANCE = Decimal("0.001")
"""From which probability on a score is shown to fall short of what is asked. Small, since every score is looked at."""

Samples = Mapping[int, tuple[int, int]]
"""Score → (answers, of them right)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A threshold and the evidence for it: answers at or above it, of them right, the interval of their precision (None: no answer)."""

    threshold: int
    count: int
    right: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Bands that the answers bear out. `enough` is False where no threshold reaches what is asked: then the ones in force are kept."""

    post: Shown
    propose: Shown
    enough: bool
    customers: Mapping[int, Shown] = field(default_factory=dict)


def at_or_above(samples: Samples, threshold: int) -> Shown:
    """What the answers from a score on were worth."""
    count, right = total(pair for score, pair in samples.items() if score >= threshold)
    return Shown(threshold, count, right, wilson(right, count) if count else None)


def _lowest(samples: Samples, first: int, last: int, wanted: Decimal) -> Shown | None:
    """The lowest threshold in that span whose answers show what is asked; never past a score that by itself is shown to fall short: many
    good answers above it don't excuse it."""
    found = None
    for threshold in range(last, first - 1, -1):
        if threshold in samples and _falls_short(*samples[threshold], wanted):
            break
        shown = at_or_above(samples, threshold)
        if threshold in samples and shown.interval is not None and shown.interval.low >= wanted:
            found = shown
    return found


def _falls_short(count: int, right: int, wanted: Decimal) -> bool:
    """Whether so many wrong answers at one score would come by chance less than once in a thousand times, were it as good as is asked."""
    return count > right and binomial_more(count - right, count, 1 - wanted) <= BY_CHANCE


def measured(
    samples: Samples, customers: Mapping[int, Samples], *, post: int, propose: int, post_at_least: Decimal = POST_AT_LEAST,
    propose_at_least: Decimal = PROPOSE_AT_LEAST,
) -> Measured:  # fmt: skip
    """Bands from answers to receipts whose end is known. `post` and `propose` are those in force, kept where too little is known."""
    found = _lowest(samples, LOWEST_POST, 100, post_at_least)
    high = found or at_or_above(samples, post)
    below = {score: pair for score, pair in samples.items() if score < high.threshold}
    low = _lowest(below, 1, high.threshold - 1, propose_at_least) or at_or_above(below, min(propose, high.threshold))
    own = {c: shown for c, some in customers.items() if (shown := _of_customer(some, high.threshold, post_at_least))}
    return Measured(high, low, found is not None, own)


def _of_customer(samples: Samples, post: int, wanted: Decimal) -> Shown | None:
    """A customer's own threshold where its answers differ from what holds for all; None where they don't show it."""
    here = at_or_above(samples, post)
    if here.interval is not None and here.interval.high < wanted:
        for threshold in range(post + 1, NEVER):
            shown = at_or_above(samples, threshold)
            if shown.interval is not None and shown.interval.high >= wanted:
                return shown
        return Shown(NEVER, here.count, here.right, here.interval)
    lower = _lowest(samples, LOWEST_POST, post - 1, wanted)
    return lower if lower and lower.interval and lower.interval.low >= wanted else None
