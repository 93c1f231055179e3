"""Whether what was done about a problem worked: invoices before and after it, how many were disputed for its cause, and an honest test.

Both sides are windows of invoice dates as long as each other. An invoice takes days to be disputed, so the youngest say nothing yet: the
after window leaves out those younger than `lag` (the median of the days from invoice to dispute), and the before window is looked at as it
stood on its own last day, with its youngest left out alike. Thus an invoice of either side has had the same time to be disputed; to count
all that was ever disputed of the older side against what the younger had time for would let every fix seem to work.

A verdict is a one-sided test at 2.5 %, which is what a 95 % interval risks on one side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import median_low
from typing import Any

from disputes.policy import statistics

LEVEL = Fraction(25, 1000)
"""How often chance may pass for an effect, on one side."""
WORKED, WORSE, NO_DIFFERENCE, TOO_FEW = "worked", "worse", "no_difference", "too_few"
VERDICTS = {WORKED: "worked", WORSE: "got worse", NO_DIFFERENCE: "no difference shown", TOO_FEW: "too few cases to say"}


@dataclass(frozen=True, slots=True)
class Windows:
    """Two windows of invoice dates, and by when a dispute counts on either side. Both are empty while nothing is old enough."""

    before_from: date
    before_to: date
    before_seen: date
    after_from: date
    after_to: date
    after_seen: date

    @property
    def days(self) -> int:
        """How many days of invoices there are on either side."""
        return max(0, (self.after_to - self.after_from).days + 1)


def windows(*, acted_on: date, today: date, lag: int) -> Windows:
    """The windows on either side of the day from which the corrective action holds. They grow as days go by."""
    span = (today - acted_on).days + 1
    before_from, after_to = acted_on - timedelta(days=span), today - timedelta(days=lag)
    before_seen = acted_on - timedelta(days=1)
    return Windows(before_from, before_seen - timedelta(days=lag), before_seen, acted_on, after_to, today)


def lag_of(days: Sequence[int], usual: int = 14) -> int:
    """The median of the days from invoice to dispute; `usual` where there are none."""
    return max(0, median_low(days)) if days else usual


@dataclass(frozen=True, slots=True)
class Side:
    """What was seen on one side: invoices of the source, how many of them were disputed for the cause, and the money of those."""

    invoices: int
    cases: int
    amount: int = 0
    squares: int = 0
    """Σ amount² of the cases, for the interval of the money."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a measurement says: all figures as text, as they are kept and shown."""

    verdict: str
    words: str
    figures: dict[str, Any]


def measure(before: Side, after: Side, *, looks: int = 1, unfound: int = 0) -> Finding:
    """Compare both sides. `looks` counts the measurements up to this one: each is another chance to be fooled by chance. `unfound` are
    disputed invoices of the after side whose cause nobody has found yet: a fix that would not have worked with them is not shown to."""
    if not before.invoices or not after.invoices:
        missing = "before" if not before.invoices else "after"
        return Finding(TOO_FEW, f"Too few cases to say: no invoice {missing} the change is old enough to be counted yet.", {"looks": looks})
    fewer = statistics.fisher_fewer(before.cases, before.invoices, after.cases, after.invoices)
    more = statistics.fisher_more(before.cases, before.invoices, after.cases, after.invoices)
    wanted = statistics.needed(Fraction(before.cases, before.invoices)) if before.cases else None
    enough = wanted is not None and min(before.invoices, after.invoices) >= wanted
    verdict = WORKED if fewer <= LEVEL else WORSE if more <= LEVEL else NO_DIFFERENCE if enough else TOO_FEW
    figures = _figures(before, after, fewer, more) | {"needed": wanted, "looks": looks, "unfound": unfound}
    if verdict == WORKED and _hangs_on(before, after, unfound):
        return Finding(TOO_FEW, _waits(before, after, unfound), figures)
    p = more if verdict == WORSE else fewer
    return Finding(verdict, _words(verdict, before, after, p, wanted) + _looks(verdict, p, looks), figures)


def _hangs_on(before: Side, after: Side, unfound: int) -> bool:
    """Whether the fix would not be shown to work, were those without a finding of the same cause."""
    cases = min(after.invoices, after.cases + unfound)
    return unfound > 0 and statistics.fisher_fewer(before.cases, before.invoices, cases, after.invoices) > LEVEL


def _waits(before: Side, after: Side, unfound: int) -> str:
    return (
        f"Too few cases to say: {_rate(before)} before, {_rate(after)} since; but {unfound:,} more of these invoices are disputed and wait "
        "for a finding. Were they of the same cause, it would not be shown to have worked."
    )


def _figures(before: Side, after: Side, fewer: Fraction, more: Fraction) -> dict[str, Any]:
    """Rates, intervals and probabilities as text."""
    both = before.cases, before.invoices, after.cases, after.invoices
    typical = Fraction(before.amount, before.cases) if before.cases else None
    saved = statistics.saved_per_thousand(
        before.amount, before.squares, before.invoices, after.amount, after.squares, after.invoices
    )  # fmt: skip
    return {
        "before": _told(statistics.wilson(before.cases, before.invoices)),
        "after": _told(statistics.wilson(after.cases, after.invoices)),
        "difference": _told(statistics.difference(*both)),
        "before_money": _told(statistics.per_thousand(before.amount, before.squares, before.invoices), 0),
        "after_money": _told(statistics.per_thousand(after.amount, after.squares, after.invoices, typical), 0),
        "saved": _told(saved, 0),
        "p_fewer": statistics.rounded(fewer),
        "p_more": statistics.rounded(more),
    }


def _told(interval: statistics.Interval, places: int = 6) -> dict[str, str]:
    return {name: statistics.rounded(getattr(interval, name), places) for name in ("value", "low", "high")}


def _words(verdict: str, before: Side, after: Side, p: Fraction, wanted: int | None) -> str:
    rates = f"{_rate(before)} before, {_rate(after)} since"
    if verdict == WORKED:
        return f"Worked: {rates}. So few by chance alone: {_chance(p)}."
    if verdict == WORSE:
        return f"Got worse: {rates}. So many by chance alone: {_chance(p)}."
    if verdict == NO_DIFFERENCE:
        return f"No difference shown: {rates}. Had the rate been halved, this many invoices would have shown it four times in five."
    if wanted is None:
        return f"Too few cases to say: {rates}. Before the change there was no case to compare with."
    return f"Too few cases to say: {rates}. To see whether the rate was halved, {wanted:,} invoices on either side are needed."


def _looks(verdict: str, p: Fraction, looks: int) -> str:
    """A caveat where it was measured several times: whoever looks often enough finds what chance does once in forty times."""
    if looks < 2:
        return ""
    if verdict not in (WORKED, WORSE):
        return f" This is look {looks}; each look is another chance to be fooled."
    held = "it holds" if p * looks <= LEVEL else "it does not hold yet, so measure on"
    return f" This is look {looks}: when each look is allowed only its part of the 2.5 % (Bonferroni), {held}."


def _rate(side: Side) -> str:
    return f"{side.cases:,} of {side.invoices:,} invoices ({percent(Fraction(side.cases, side.invoices))})"


def percent(rate: Fraction) -> str:
    """A rate in per cent with one decimal, two where it is below one per cent."""
    return f"{statistics.rounded(100 * rate, 1 if rate >= Fraction(1, 100) or not rate else 2)} %"


def _chance(p: Fraction) -> str:
    """A probability as people read it."""
    return "less than 1 in 10,000" if p < Fraction(1, 10_000) else percent(p)
