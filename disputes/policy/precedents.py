"""What similar closed cases say of a new one: how often which cause, what was done, how much was agreed, in how many days. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from disputes.policy.proposing import Likely

SHOWN = 5
"""Cases that are named for a group."""


@dataclass(frozen=True, slots=True)
class Past:
    """A closed case. `share` is what was agreed of the claim, None where nobody said; `value` is the claim in the company's currency."""

    key: int
    number: str
    cause: int | None
    cause_name: str
    resolution: str
    resolution_name: str
    days: int
    value: int
    share: Fraction | None


@dataclass(frozen=True, slots=True)
class Group:
    """Closed cases that are alike in something, told in a sentence, the latest first. `near`: in more than the reason."""

    alike: str
    cases: tuple[Past, ...]
    words: str
    likely: Likely | None
    near: bool = True

    @property
    def shown(self) -> tuple[Past, ...]:
        """The latest of them."""
        return self.cases[:SHOWN]


def group(alike: str, cases: Sequence[Past], most: int, *, near: bool = True) -> Group | None:
    """A group of cases, the latest first, with what they say; None where there are none. `most` is how many were looked at, at most."""
    if not cases:
        return None
    found = [c for c in cases if c.cause is not None]
    words, likely = [], None
    if found:
        (cause, name), same = Counter((c.cause or 0, c.cause_name) for c in found).most_common(1)[0]
        with_it = [c for c in found if c.cause == cause]
        (remedy, label), done = Counter((c.resolution, c.resolution_name) for c in with_it).most_common(1)[0]
        share = agreed(with_it)
        words.append(f"{same} of {len(found)} with a finding {_were(same)} “{name}”, most often {label} ({done})")
        if share is not None:
            words.append(f"{_percent(share)} of their money was agreed")
        likely = Likely(len(found), same, cause, remedy, share or Fraction(0), "")
    words.append(f"half of them were closed within {_days(middle([c.days for c in cases]))}" if len(cases) > 1 else "")
    text = f"{_count(len(cases), most, alike)}" + "".join(f"{'; ' if n else ': '}{w}" for n, w in enumerate(w for w in words if w)) + "."
    if likely:
        likely = Likely(likely.cases, likely.same, likely.cause, likely.remedy, likely.share, text)
    return Group(alike, tuple(cases), text, likely, near)


def agreed(cases: Sequence[Past]) -> Fraction | None:
    """Of the money that was claimed in the cases, the share that was agreed; None where nobody said."""
    known = [(c.value, c.share) for c in cases if c.share is not None and c.value > 0]
    whole = sum(value for value, _ in known)
    return sum((value * share for value, share in known), Fraction(0)) / whole if whole else None


def middle(figures: Sequence[int]) -> int:
    """The middle one of some figures, the lower of two."""
    return sorted(figures)[(len(figures) - 1) // 2] if figures else 0


def _count(count: int, most: int, alike: str) -> str:
    if count >= most:
        return f"The last {count:,} closed cases {alike}"
    return f"{count:,} closed case{'' if count == 1 else 's'} {alike}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _percent(share: Fraction) -> str:
    return f"{round(share * 100)} %"


def _days(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"
