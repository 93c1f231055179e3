"""How likely a debt is to be paid within so many days, from what was known on a day and nothing that came after it. Pure, whole numbers.

    odds of payment = odds of debts of its age and standing × the customer's own multiplier

Age is days past due; standing is what was known of the debt: contested, promised, promised and not kept, or neither. Both factors are found
in turn from the same cases, each so that as many cases are expected to be paid as were, and each held to what is usual while its own cases
are few (credibility: H. Bühlmann, "Experience rating and credibility", ASTIN Bulletin 4 (1967), 199-207). A customer's record only counts
beyond what the ages of its debts explain. A debt is a case once for each week in which it was open and whose days were over on the day; so
a debt that waits long is seen to wait long.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

WHOLE = 10_000
"""Chances are whole numbers of ten-thousandths."""
AGES = (-10_000, -29, -13, -6, 1, 8, 16, 31, 61, 91, 121)
"""Days past due from which an age holds; below 1 it isn't due yet."""
WEEKS = 26
"""Weeks looked back at."""
KIND_WEIGHT, OWN_WEIGHT = 20, 2
"""Usual cases that weigh as much as those of a standing; even chances that weigh as much as a customer's own cases."""
ROUNDS = 3
"""How often the two factors are found in turn."""
ONE = 1 << 16
"""A multiplier of odds of one."""
QUARTERS = (65_536, 77_936, 92_682, 110_218)
"""ONE times 2 to the power of so many quarters."""
STEPS = 24
"""Multipliers go from 1/64 to 64, by so many quarters of a power of two either way."""
FEW, FEW_OF_EACH = 100, 20
"""Cases looked back at, below which the chances are hardly more than the rate of all; how many of them must have been paid, and how many
not."""
DISPUTED, PROMISED, BROKEN, PLAIN = "disputed", "promised", "broken", "plain"
BROKEN_COUNTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Move:
    """What changed the balance of a debt on a day: minor units (negative: less is owed), and whether a receipt did it."""

    day: date
    amount: int
    is_cash: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A promise about a debt: given, for which day, when it was decided or replaced (None: it stands), and whether it was broken."""

    given: date
    due: date
    ended: date | None = None
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice with all that ever happened to it; what counts on a day is asked for with that day. `amount` and the moves are minor
    units of its currency, `base` is the amount in the company's; `contested` are days and by how much more (or less) was in dispute."""

    id: int
    customer: int
    currency: str
    amount: int
    base: int
    issued: date
    due: date
    moves: tuple[Move, ...] = ()
    contested: tuple[tuple[date, int], ...] = ()
    words: tuple[Word, ...] = ()

    def left(self, day: date) -> int:
        """What was open at the end of a day; nothing before it was issued."""
        return self.amount + sum(m.amount for m in self.moves if m.day <= day) if self.issued <= day else 0

    def cash(self, after: date, upto: date) -> int:
        """What receipts paid of it after a day up to another, taken back payments taken off."""
        return -sum(m.amount for m in self.moves if m.is_cash and after < m.day <= upto)

    def standing(self, day: date) -> str:
        """What was known of it on a day."""
        if sum(amount for on, amount in self.contested if on <= day) > 0:
            return DISPUTED
        known = [w for w in self.words if w.given <= day]
        if any(w.ended is None or w.ended > day for w in known):
            return PROMISED
        return BROKEN if any(w.is_broken and w.due >= day - BROKEN_COUNTS for w in known) else PLAIN

    def broken(self, day: date) -> int:
        """How many promises about it were known on a day to be broken in the 90 days before."""
        return sum(w.is_broken and w.ended is not None and w.ended <= day and w.due >= day - BROKEN_COUNTS for w in self.words)


@dataclass(frozen=True, slots=True)
class Case:
    """A debt that was open on a day: what was left of it, its age and standing, and what came of it within the days after."""

    debt: Debt
    day: date
    left: int
    age: int
    standing: str
    is_paid: bool
    cash: int
    is_gone: bool

    @property
    def base_left(self) -> int:
        """What was left in the company's currency, by the rate of the document."""
        return self.left * self.debt.base // self.debt.amount

    @property
    def base_cash(self) -> int:
        """What came of it in the company's currency, by the rate of the document."""
        return self.cash * self.debt.base // self.debt.amount


def age_of(days: int) -> int:
    """The first day past due of the age that so many fall into."""
    return max(first for first in AGES if first <= max(days, AGES[0]))


def cases_on(debts: Iterable[Debt], day: date, horizon: int) -> Iterator[Case]:
    """The debts open on a day. One is paid when cash came within the horizon (days) and nothing was left at its end; one that is only
    credited, written off or moved to instalments is gone, not paid."""
    end = day + timedelta(days=horizon)
    for debt in debts:
        if debt.issued <= day and (left := debt.left(day)) > 0:
            cash, later = min(max(debt.cash(day, end), 0), left), debt.left(end)
            gone = later <= 0
            yield Case(debt, day, left, (day - debt.due).days, debt.standing(day), gone and cash > 0, cash, gone and not cash)


@dataclass(frozen=True, slots=True)
class Chances:
    """What was learned up to a day, of so many cases: rates by age; chances of a usual customer by age and standing; the multiplier of each
    customer's odds (of `ONE`)."""

    horizon: int
    cases: int = 0
    paid: int = 0
    by_age: Mapping[int, int] = field(default_factory=dict)
    by_kind: Mapping[tuple[int, str], int] = field(default_factory=dict)
    own: Mapping[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> int:
        """The rate of all cases; a half where there were none."""
        return _within(self.paid * WHOLE // self.cases) if self.cases else WHOLE // 2

    def of_age(self, days: int) -> int:
        """The rate of an age alone."""
        return self.by_age.get(age_of(days), self.rate)

    @property
    def is_enough(self) -> bool:
        """Whether there were enough cases to reckon with."""
        return self.cases >= FEW and min(self.paid, self.cases - self.paid) >= FEW_OF_EACH

    def of(self, case: Case) -> int:
        """The chance of a case, in ten-thousandths, never nothing and never certain."""
        return self.chance(case.age, case.standing, self.own.get(case.debt.customer, ONE))

    def chance(self, days: int, standing: str, own: int = ONE) -> int:
        """The chance of a debt so many days past due, of a customer with that multiplier; never nothing and never certain."""
        age = age_of(days)
        return raised(self.by_kind.get((age, standing)) or self.by_kind.get((age, PLAIN)) or self.of_age(days), own)


@dataclass(slots=True)
class Counts:
    """How many cases, and how many of them were paid."""

    cases: int = 0
    paid: int = 0

    def add(self, cases: int, paid: int) -> None:
        """More of them."""
        self.cases += cases
        self.paid += paid


Kind = tuple[int, str]
"""Age and standing."""
Cells = Mapping[tuple[int, Kind], Counts]
"""The cases of each customer by age and standing."""

Past = Mapping[date, Sequence[Case]]
"""The cases of days, one a week."""


def past_cases(debts: Sequence[Debt], last: date, horizon: int, weeks: int = WEEKS) -> Past:
    """The cases of the weeks up to the last whose horizon was over on a day. Each looks at nothing after its own horizon, so that those of
    several days to learn for may be found at once."""
    return {on: list(cases_on(debts, on, horizon)) for on in window_days(last, horizon, weeks)}


def known_by(past: Past, day: date, horizon: int, weeks: int = WEEKS) -> Iterator[Case]:
    """Those of the last so many weeks whose horizon was over on a day: what could be known then."""
    first, last = day - timedelta(days=horizon + 7 * weeks), day - timedelta(days=horizon)
    return (case for on, cases in past.items() if first < on <= last for case in cases)


def learn(debts: Sequence[Debt], day: date, horizon: int) -> Chances:
    """Learn from the debts themselves (see `learned_from`)."""
    return learned_from(known_by(past_cases(debts, day, horizon), day, horizon), horizon)


def learned_from(known: Iterable[Case], horizon: int) -> Chances:
    """Count the cases of what was known."""
    cells: dict[tuple[int, Kind], Counts] = defaultdict(Counts)
    for case in known:
        cells[case.debt.customer, (age_of(case.age), case.standing)].add(1, case.is_paid)
    return learned_of(cells, horizon)


def learned_of(cells: Cells, horizon: int) -> Chances:
    """Learn from cases that are counted already."""
    ages: dict[int, Counts] = defaultdict(Counts)
    for (_, (age, _)), counts in cells.items():
        ages[age].add(counts.cases, counts.paid)
    cases, paid = sum(c.cases for c in ages.values()), sum(c.paid for c in ages.values())
    mean = paid * WHOLE // cases if cases else 0
    by_age = {age: _within(_towards(c, mean)) for age, c in ages.items()}
    by_kind, own = _fit(cells, by_age)
    return Chances(horizon, cases, paid, by_age, by_kind, own)


def _fit(cells: Cells, by_age: Mapping[int, int]) -> tuple[dict[Kind, int], dict[int, int]]:
    """Chances of a usual customer by age and standing, and the multiplier of each customer: found in turn."""
    of_customer: dict[int, list[tuple[Kind, Counts]]] = defaultdict(list)
    of_kind: dict[Kind, list[tuple[int, Counts]]] = defaultdict(list)
    for (customer, kind), counts in cells.items():
        of_customer[customer].append((kind, counts))
        of_kind[kind].append((customer, counts))
    chances = {kind: by_age[kind[0]] for kind in of_kind}
    own: dict[int, int] = {}
    for _ in range(ROUNDS):
        own = {c: _multiplier([(chances[k], n) for k, n in rows], WHOLE // 2, OWN_WEIGHT) for c, rows in of_customer.items()}
        for kind, rows in of_kind.items():
            start = by_age[kind[0]]
            chances[kind] = raised(start, _multiplier([(raised(start, own[c]), n) for c, n in rows], start, KIND_WEIGHT))
    return chances, own


def _multiplier(rows: Sequence[tuple[int, Counts]], usual: int, weight: int) -> int:
    """The multiplier of odds with which as many of the cases (each with its chance) are expected to be paid as were; `weight` cases of the
    usual chance that came out as usual hold it to one."""
    came = sum(n.paid for _, n in rows) * WHOLE + weight * usual
    low, high = -STEPS, STEPS
    while low < high:
        middle = (low + high) // 2
        factor = power(middle)
        if sum(n.cases * raised(chance, factor) for chance, n in rows) + weight * raised(usual, factor) < came:
            low = middle + 1
        else:
            high = middle
    return power(low)


def power(quarters: int) -> int:
    """2 to the power of so many quarters, times `ONE`."""
    whole, rest = divmod(quarters, 4)
    return QUARTERS[rest] << whole if whole >= 0 else QUARTERS[rest] >> -whole


def quarters_of(factor: int) -> int:
    """The quarters of a multiplier that `power` made."""
    return next(q for q in range(-STEPS, STEPS + 1) if power(q) == factor)


@lru_cache(maxsize=1 << 16)
def raised(chance: int, factor: int) -> int:
    """A chance whose odds are multiplied by a factor (of `ONE`). The same few chances and factors come again and again."""
    return _within(WHOLE * chance * factor // (chance * factor + (WHOLE - chance) * ONE))


def window_days(day: date, horizon: int, weeks: int = WEEKS) -> list[date]:
    """The days whose horizon was over on the day, one a week, the latest first."""
    return [day - timedelta(days=horizon + 7 * week) for week in range(weeks)]


def last_before(days: Sequence[date], day: date) -> date | None:
    """The latest of ascending days that is not after a day."""
    at = bisect_left(days, day + timedelta(days=1))
    return days[at - 1] if at else None


def _towards(count: Counts, rate: int) -> int:
    """A rate that is held to `rate` while cases are few."""
    return (count.paid * WHOLE + KIND_WEIGHT * rate) // (count.cases + KIND_WEIGHT)


def _within(chance: int) -> int:
    return max(1, min(WHOLE - 1, chance))
