"""Whether a rule is taken back more often than when it was switched on: an exact binomial test, and an honest word where there are too few.

What is normal is the share that was wrong when the rule was tried, or, of a rule that was never tried, the share taken back before the
days that are looked at. Of few postings a share of none taken back means little, so what is normal is estimated by the rule of succession,
(wrong + 1) / (posted + 2) (Laplace, Essai philosophique sur les probabilités, 1814). Many rules are watched night after night, so each may
raise a false alarm with its part of the risk alone (Bonferroni).
"""

from dataclasses import dataclass
from decimal import Decimal

from disputes.policy.statistics import binomial_alarm, binomial_more

RISK = Decimal("0.01")
"""Of a false alarm in one night, over all rules of a company together."""
STEADY, DRIFTS, TOO_FEW = "steady", "drifts", "too_few"
VERDICTS = {STEADY: "as before", DRIFTS: "taken back more often", TOO_FEW: "too few to say"}


@dataclass(frozen=True, slots=True)
class Normal:
    """What is normal for a rule: of so many, so many wrong; and where that comes from, in words."""

    wrong: int
    of: int
    words: str

    @property
    def rate(self) -> Decimal:
        """The share that is wrong, by the rule of succession; six places, as it is kept."""
        return ((Decimal(self.wrong) + 1) / (Decimal(self.of) + 2)).quantize(Decimal("0.000001"))


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule as it was watched: the figures, how likely so many are by chance, and from how many on there is an alarm."""

    rule: str
    posted: int
    taken_back: int
    normal: Normal
    chance: Decimal | None
    alarm_from: int
    verdict: str
    words: str


def watch(rule: str, posted: int, taken_back: int, normal: Normal, rules: int) -> Watched:
    """Judge one of so many rules by what it posted lately."""
    level = RISK / max(rules, 1)
    if not posted:
        return Watched(rule, 0, 0, normal, None, 0, TOO_FEW, "Nothing posted in these days.")
    chance = binomial_more(taken_back, posted, normal.rate)
    alarm_from = binomial_alarm(posted, normal.rate, level)
    seen = f"{taken_back:,} of {posted:,} taken back; {share(normal.rate)} was normal ({normal.words})"
    if chance <= level:
        words = f"{seen}. So many by chance alone: {odds(chance)}."
        return Watched(rule, posted, taken_back, normal, chance, alarm_from, DRIFTS, words)
    if 5 * alarm_from > posted:
        words = f"{seen}. Too few to say: only {alarm_from:,} or more of them would show a change."
        return Watched(rule, posted, taken_back, normal, chance, alarm_from, TOO_FEW, words)
    return Watched(rule, posted, taken_back, normal, chance, alarm_from, STEADY, f"{seen}. An alarm sounds from {alarm_from:,} on.")


def share(rate: Decimal) -> str:
    """A share in per cent, with two decimals where it is small."""
    return f"{100 * rate:.2f} %" if rate < Decimal("0.01") else f"{100 * rate:.1f} %"


def odds(chance: Decimal) -> str:
    """A probability as people read it."""
    return "less than 1 in 10,000" if chance < Decimal("0.0001") else share(chance)
