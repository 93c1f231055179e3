"""Whether ranks and chances of a past day were borne out by what came after it. Pure, exact: whole numbers, Fractions, Decimals.

- Calibration: cases in ten equal parts by their chance; of each the share expected and the share paid with its interval (E. B. Wilson 1927,
  see `disputes.policy.statistics`). Debts of one customer are paid together, so that these intervals are rather too narrow.
- Brier score: the mean square of chance less outcome; 0 is perfect, less is better (G. W. Brier, "Verification of forecasts expressed in
  terms of probability", Monthly Weather Review 78 (1950), 1-3). Beside it the scores of two simple guesses: one rate for all, and the
  rate of the age alone.
- Gain: of the cash that came, the share that stood in the first tenth, fifth and half of a list, for the list's own order and for others.
  The difference to the order by amount has the interval of a ratio whose customers are drawn whole (W. G. Cochran, "Sampling Techniques",
  3rd edition (1977), section 6.6).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from collections_app.policy.chances import FEW, WHOLE, Case, Chances
from collections_app.policy.effect import Touch, of_debt
from collections_app.policy.likelihood import STANDARD, Odds
from disputes.policy.statistics import Z95, Interval, wilson

PARTS = 10
ENOUGH, ENOUGH_OF_EACH = 200, 20
"""Cases from which anything is said, and how many of them must have been paid, and how many not."""
TOPS = (10, 20, 50)
JUDGED_AT = 20
"""Per cent of the list at which orders are held against one another."""
OFF = Fraction(5, 100)
"""By how much a tenth may be off beyond its interval's edge before the chances are called wrong."""
ORDERS = {
    "effect": "the list: amount × change by acting", "expected": "amount × chance", "chance": "chance alone", "amount": "amount",
    "age": "age, the oldest first", "random": "at random",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tested:
    """A case with what was said of it on its day: the chance, those of the two simple guesses (ten-thousandths), and the effect that acting
    was expected to have (minor units of the company's currency)."""

    case: Case
    chance: int
    flat: int
    aged: int
    effect: int


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of the cases by chance, 1 the least likely: how many, how many were paid, expected and observed, money by currency
    (left, expected, came)."""

    number: int
    cases: int
    paid: int
    lowest: int
    highest: int
    expected: Fraction
    observed: Interval
    money: tuple[tuple[str, int, int, int], ...]

    @property
    def is_borne_out(self) -> bool:
        """Whether what was expected lies within the interval of what was observed."""
        return self.observed.low <= _decimal(self.expected) <= self.observed.high

    @property
    def is_off(self) -> bool:
        """Whether it lies far outside."""
        expected = _decimal(self.expected)
        return not self.observed.low - _decimal(OFF) <= expected <= self.observed.high + _decimal(OFF)


@dataclass(frozen=True, slots=True)
class Gain:
    """An order, and of the cash that came the share that stood in the first so many per cent of it (None: no cash came)."""

    code: str
    label: str
    shares: tuple[Fraction | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What the test says: the tenths, scores, gains, and sentences about them."""

    cases: int
    paid: int
    gone: int
    learned: int
    tenths: tuple[Tenth, ...]
    brier: tuple[tuple[str, Fraction], ...]
    gains: tuple[Gain, ...]
    against_amount: tuple[tuple[str, Interval], ...]
    is_enough: bool
    words: tuple[str, ...]


def try_out(cases: Sequence[Case], chances: Chances, change: Callable[[Case], int]) -> list[Tested]:
    """What would have been said of each case on its day; `change` is by how many ten-thousandths acting was reckoned to raise it."""
    return [Tested(c, chances.of(c), chances.rate, chances.of_age(c.age), c.base_left * change(c) // WHOLE) for c in cases]


def change_of(case: Case, contacted_days_ago: int | None, chances: Chances, odds: Odds = STANDARD) -> int:
    """Ten-thousandths that the list reckons with. The risk class isn't kept by day: all count as B."""
    return of_debt(case.age, chances.of(case), Touch(case.debt.broken(case.day), contacted_days_ago), odds, chances)


def judge(tested: Sequence[Tested], learned: int) -> Report:
    """Hold what was said against what came; `learned` is of how many cases the chances were learned."""
    paid = sum(t.case.is_paid for t in tested)
    enough = len(tested) >= ENOUGH and min(paid, len(tested) - paid) >= ENOUGH_OF_EACH
    tenths, brier = tuple(tenths_of(tested)), tuple(_scores(tested)) if tested else ()
    gains = tuple(_gains(tested)) if tested else ()
    differences = tuple((code, d) for code in ("effect", "expected") if (d := _against(tested, code)))
    words = (
        (_calibrated(tenths), _scored(brier), *(_ranked(code, d) for code, d in differences)) if enough else (_too_few(len(tested), paid),)
    )
    if learned < FEW:
        words = (f"Only {learned} past cases were there to learn from: the chances are hardly more than one rate for all.", *words)
    return Report(len(tested), paid, sum(t.case.is_gone for t in tested), learned, tenths, brier, gains, differences, enough, words)


def part_of(place: int, of: int) -> int:
    """Which tenth a place (0 first) of so many falls into, from 1; the parts differ by one at most."""
    return place * PARTS // of + 1


def by_chance(tested: Sequence[Tested]) -> list[Tested]:
    """From the least likely to the most; equals by day and key, so that the parts are the same each time."""
    return sorted(tested, key=lambda t: (t.chance, t.case.day, t.case.debt.id))


def tenths_of(tested: Sequence[Tested]) -> list[Tenth]:
    """The ten parts; fewer than ten cases make fewer parts."""
    parts: dict[int, list[Tested]] = defaultdict(list)
    for place, one in enumerate(by_chance(tested)):
        parts[part_of(place, len(tested))].append(one)
    return [_tenth(number, part) for number, part in sorted(parts.items())]


def _tenth(number: int, part: Sequence[Tested]) -> Tenth:
    paid = sum(t.case.is_paid for t in part)
    money: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for t in part:
        row = money[t.case.debt.currency]
        row[0] += t.case.left
        row[1] += t.case.left * t.chance
        row[2] += t.case.cash
    sums = tuple((currency, left, expected // WHOLE, came) for currency, (left, expected, came) in sorted(money.items()))
    expected = Fraction(sum(t.chance for t in part), len(part) * WHOLE)
    return Tenth(number, len(part), paid, part[0].chance, part[-1].chance, expected, wilson(paid, len(part)), sums)


def _scores(tested: Sequence[Tested]) -> list[tuple[str, Fraction]]:
    ways: dict[str, Callable[[Tested], int]] = {
        "our chances": lambda t: t.chance, "by age alone": lambda t: t.aged, "one rate for all": lambda t: t.flat,
    }  # fmt: skip
    return [(name, brier((way(t), t.case.is_paid) for t in tested)) for name, way in ways.items()]


def brier(said: Iterable[tuple[int, bool]]) -> Fraction:
    """The score of (chance in ten-thousandths, whether it came) pairs; raises ZeroDivisionError where there are none."""
    rows = list(said)
    return Fraction(sum((chance - WHOLE * came) ** 2 for chance, came in rows), len(rows) * WHOLE * WHOLE)


_KEYS: dict[str, Callable[[Tested], int]] = {
    "effect": lambda t: t.effect, "expected": lambda t: t.case.base_left * t.chance, "chance": lambda t: t.chance,
    "amount": lambda t: t.case.base_left, "age": lambda t: t.case.age,
}  # fmt: skip


def _first(tested: Sequence[Tested], code: str, percent: int) -> list[Tested]:
    """The first so many per cent of an order, of each day its own list; equals by key."""
    key, days = _KEYS[code], defaultdict(list)
    for t in tested:
        days[t.case.day].append(t)
    return [
        t for rows in days.values()
        for t in sorted(rows, key=lambda t: (-key(t), t.case.debt.id))[: -(-len(rows) * percent // 100)]
    ]  # fmt: skip


def _gains(tested: Sequence[Tested]) -> list[Gain]:
    came = sum(t.case.base_cash for t in tested)
    found = []
    for code, label in ORDERS.items():
        if code == "random":
            shares: list[Fraction | None] = [Fraction(top, 100) for top in TOPS]
        else:
            shares = [Fraction(sum(t.case.base_cash for t in _first(tested, code, top)), came) if came else None for top in TOPS]
        found.append(Gain(code, label, tuple(shares)))
    return found


def _against(tested: Sequence[Tested], code: str) -> Interval | None:
    """By how much more of the cash stood in the first fifth than by amount; None without cash or with one customer only."""
    ours, theirs = ({id(t) for t in _first(tested, c, JUDGED_AT)} for c in (code, "amount"))
    cash: dict[int, int] = defaultdict(int)
    gained: dict[int, int] = defaultdict(int)
    for t in tested:
        cash[t.case.debt.customer] += t.case.base_cash
        gained[t.case.debt.customer] += t.case.base_cash * ((id(t) in ours) - (id(t) in theirs))
    total, n = sum(cash.values()), len(cash)
    if not total or n < 2:
        return None
    share = Fraction(sum(gained.values()), total)
    up, down = share.numerator, share.denominator
    squares = Fraction(sum((gained[c] * down - up * cash[c]) ** 2 for c in cash), down * down * total * total) * Fraction(n, n - 1)
    with localcontext() as context:
        context.prec = 30
        half = Z95 * _decimal(squares).sqrt()
        value = _decimal(share)
        return Interval(value, value - half, value + half)


def _too_few(cases: int, paid: int) -> str:
    return (
        f"Too few cases to say anything: {cases} debts, {paid} of them paid; it takes {ENOUGH}, and among them {ENOUGH_OF_EACH} at least"
        " that were paid and as many that weren’t."
    )


def _calibrated(tenths: Sequence[Tenth]) -> str:
    """Whether the chances were right, in a sentence."""
    held, off = sum(t.is_borne_out for t in tenths), [t for t in tenths if t.is_off]
    said = f"In {held} of {len(tenths)} tenths what was expected lies within the interval of what came"
    if not off:
        return f"{said}; none is far off."
    more = sum(_decimal(t.expected) > t.observed.value for t in off)
    way = "more was expected than came" if more * 2 > len(off) else "less was expected than came"
    return f"{said}; {len(off)} {'is' if len(off) == 1 else 'are'} off by more than 5 points beyond it: {way}. Don’t read them as chances."


def _scored(brier: Sequence[tuple[str, Fraction]]) -> str:
    (_, ours), *others = brier
    better = [name for name, score in others if ours < score]
    if len(better) == len(others):
        return "The chances tell more than one rate for all, and more than the age alone."
    worse = " and ".join(name for name, score in others if ours >= score)
    return f"The chances tell no more than {worse} does."


def _ranked(code: str, gain: Interval) -> str:
    """Whether an order brought more of the cash to the front than the order by amount."""
    points = f"{abs(gain.value) * 100:.1f} points"
    if code == "effect":
        more = "as much of it as" if gain.low <= 0 <= gain.high else f"{points} {'more' if gain.low > 0 else 'less'} of it than"
        return (
            f"Where the cash stood: the list’s first fifth held {more} the order by amount. That is no verdict on the list, which puts"
            " those last who pay anyway; what acting changed can’t be read from what came, only from two ways drawn by lot."
        )
    name = "Amount × chance"
    if gain.low > 0:
        return f"{name} has {points} more of the cash in its first fifth than the order by amount."
    if gain.high < 0:
        return f"{name} has {points} less of the cash in its first fifth than the order by amount: it is no better than by amount at this."
    return f"{name} is no better than by amount at this: the difference of {points} is noise."


def _decimal(share: Fraction) -> Decimal:
    return Decimal(share.numerator) / Decimal(share.denominator)
