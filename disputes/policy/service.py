"""What service was given: how many cases were settled in time, how long they took, what waits too long. Pure.

Days are working days on the clock of `disputes.policy.clock`: those that it stood still are told apart.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from disputes.policy.clock import working_days

FIGURES = ("closed", "in_time", "not_in_time", "open", "late")
"""Sets of cases that a figure counts."""


@dataclass(frozen=True, slots=True)
class Served:
    """A case as service is measured: its days on the clock (`worked`) and off it (`paused`), amounts in minor units of the company.

    `closed_on` is empty where it was open at the end of the period; `late` is by how many working days it is late today, 0 where it
    isn't, or is closed.
    """

    pk: int
    reason: str
    department: int | None
    owner: int | None
    opened_on: date
    due_date: date
    closed_on: date | None
    worked: int
    paused: int
    late: int
    amount: int
    cost: int

    @property
    def is_in_time(self) -> bool:
        """Whether it was closed by its day."""
        return self.closed_on is not None and self.closed_on <= self.due_date


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a group of cases. Rates and quantiles are None where nothing was closed."""

    closed: int
    in_time: int
    rate: Decimal | None
    median: Decimal | None
    ninetieth: int | None
    paused: int
    open: int
    late: int
    late_amount: int
    cost: int


def belongs(case: Served, figure: str) -> bool:
    """Whether a figure counts the case."""
    if figure == "open":
        return case.closed_on is None
    if figure == "late":
        return case.late > 0
    if figure == "in_time":
        return case.is_in_time
    return case.closed_on is not None and (figure == "closed" or not case.is_in_time)


def figures(cases: Collection[Served]) -> Figures:
    """The figures of a group: each is of the cases that `belongs` says."""
    closed = [c for c in cases if belongs(c, "closed")]
    days, late = sorted(c.worked for c in closed), [c for c in cases if belongs(c, "late")]
    timely = sum(c.is_in_time for c in closed)
    return Figures(
        len(closed), timely, share(timely, len(closed)), median(days), percentile(days, 90), sum(c.paused for c in closed),
        sum(belongs(c, "open") for c in cases), len(late), sum(c.amount for c in late), sum(c.cost for c in cases),
    )  # fmt: skip


def grouped(cases: Iterable[Served], by: Callable[[Served], Hashable]) -> list[tuple[Hashable, Figures]]:
    """Figures by group, the most cases first."""
    groups: dict[Hashable, list[Served]] = {}
    for case in cases:
        groups.setdefault(by(case), []).append(case)
    return [(key, figures(group)) for key, group in sorted(groups.items(), key=lambda g: (-len(g[1]), str(g[0])))]


def share(part: int, whole: int) -> Decimal | None:
    """Per cent, to a tenth; None of nothing."""
    return (Decimal(100) * part / whole).quantize(Decimal("0.1")) if whole else None


def median(ordered: Sequence[int]) -> Decimal | None:
    """The middle of ordered values, or half-way between the two in the middle."""
    if not ordered:
        return None
    half, odd = divmod(len(ordered), 2)
    return Decimal(ordered[half]) if odd else Decimal(ordered[half - 1] + ordered[half]) / 2


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The smallest of the ordered values that so many per cent don't exceed (nearest rank)."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


@dataclass(frozen=True, slots=True)
class Stage:
    """The time that closed cases spent somewhere: stays, working days in all, for each closed case, for each stay."""

    state: str
    waiting_on: str
    is_paused: bool
    stays: int
    days: int
    each: Decimal | None
    median: Decimal | None
    ninetieth: int | None

    @property
    def code(self) -> str:
        """Its name in an address."""
        return f"{self.state}-{self.waiting_on}" if self.waiting_on else self.state


ORDER = ("open", "investigating", "waiting", "decision", "settling")


def stages(stays: Mapping[tuple[str, str, date, date], int], closed: int, stops: Callable[[str, str], bool]) -> list[Stage]:
    """Cycle time by stage from stays: (state, waiting on, from, until) → how many such there were."""
    spans: dict[tuple[str, str], Counter[int]] = {}
    for (state, waiting_on, begun, ended), count in stays.items():
        spans.setdefault((state, waiting_on), Counter())[_days(begun, ended)] += count
    ranked = sorted(spans, key=lambda s: (ORDER.index(s[0]) if s[0] in ORDER else len(ORDER), s[1]))
    return [_stage(state, on, stops(state, on), spans[state, on], closed) for state, on in ranked]


def _stage(state: str, waiting_on: str, is_paused: bool, spans: Counter[int], closed: int) -> Stage:
    ordered = sorted(spans.elements())
    days = sum(ordered)
    each = (Decimal(days) / closed).quantize(Decimal("0.1")) if closed else None
    return Stage(state, waiting_on, is_paused, len(ordered), days, each, median(ordered), percentile(ordered, 90))


@lru_cache(maxsize=65536)
def _days(begun: date, ended: date) -> int:
    return working_days(begun, ended)
