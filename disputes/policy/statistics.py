"""Statistics of rates and amounts, exact: Fractions and Decimals of 50 digits, no floating point anywhere.

Sources, in the order of use below:
- E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American Statistical Association
  22 (1927), 209-212: the score interval of a proportion.
- R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven methods", Statistics in
  Medicine 17 (1998), 873-890: method 10, the hybrid score interval, made of two Wilson intervals.
- R. A. Fisher, "Statistical Methods for Research Workers", 5th edition (1934), section 21.02: the exact test of a fourfold table.
- C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26 (1934),
  404-413: the exact binomial tail.
- J. L. Fleiss, "Statistical Methods for Rates and Proportions", 2nd edition (1981), section 3.2: how many cases a comparison needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import wraps
from math import comb
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Z95 = Decimal("1.95996398454005423552459443052055152795555007786954")
"""The 97.5 % quantile of the normal distribution: leaves 2.5 % on either side."""
Z80 = Decimal("0.84162123357291420517810105640613103480302166372222")
"""Its 80 % quantile."""
NONE_SEEN = Decimal("3.68887945411393630285245569895282")
"""-ln 0.025: where none was seen, a Poisson mean above this would have shown at least one with more than 97.5 % probability."""
DIGITS = 50


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between its 95 % bounds."""

    value: Decimal
    low: Decimal
    high: Decimal


def _exactly(function: Callable[P, R]) -> Callable[P, R]:
    """Reckon with 50 digits, whatever the thread's own precision is."""

    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext() as context:
            context.prec = DIGITS
            return function(*args, **kwargs)

    return inner


@_exactly
def wilson(cases: int, of: int) -> Interval:
    """The 95 % score interval of a rate (Wilson 1927): (2x + z² ± z √(z² + 4x(n - x)/n)) / 2(n + z²). Unlike x/n ± z·se it never
    leaves 0 to 1 and says something where no case was seen."""
    _check(cases, of)
    n, x = Decimal(of), Decimal(cases)
    square = Z95 * Z95
    half = Z95 * (square + 4 * x * (n - x) / n).sqrt()
    middle, below = 2 * x + square, 2 * (n + square)
    low = Decimal(0) if cases == 0 else (middle - half) / below
    high = Decimal(1) if cases == of else (middle + half) / below
    return Interval(x / n, low, high)


@_exactly
def difference(cases_1: int, of_1: int, cases_2: int, of_2: int) -> Interval:
    """The first rate less the second with its 95 % hybrid score interval (Newcombe 1998, method 10): with p, l, u of both Wilson
    intervals, from d - √((p1 - l1)² + (u2 - p2)²) to d + √((u1 - p1)² + (p2 - l2)²)."""
    one, two = wilson(cases_1, of_1), wilson(cases_2, of_2)
    d = one.value - two.value
    low = d - ((one.value - one.low) ** 2 + (two.high - two.value) ** 2).sqrt()
    high = d + ((one.high - one.value) ** 2 + (two.value - two.low) ** 2).sqrt()
    return Interval(d, max(Decimal(-1), low), min(Decimal(1), high))


def fisher_fewer(cases_1: int, of_1: int, cases_2: int, of_2: int) -> Fraction:
    """Fisher's exact test, one side: how likely so few of all cases, or fewer, fall on the second group when both have the same rate.

    Given the totals the number in the second group is hypergeometric: C(n2, x) C(n1, k - x) / C(n1 + n2, k), summed over x ≤ cases_2.
    """
    _check(cases_1, of_1)
    _check(cases_2, of_2)
    k = cases_1 + cases_2
    return Fraction(_tail(of_2, of_1, k, max(0, k - of_1), cases_2), comb(of_1 + of_2, k))


def fisher_more(cases_1: int, of_1: int, cases_2: int, of_2: int) -> Fraction:
    """The other side: how likely so many of all cases, or more, fall on the second group when both have the same rate."""
    _check(cases_1, of_1)
    _check(cases_2, of_2)
    k = cases_1 + cases_2
    return Fraction(_tail(of_2, of_1, k, cases_2, min(k, of_2)), comb(of_1 + of_2, k))


def _tail(drawn_from: int, others: int, k: int, first: int, last: int) -> int:
    """Σ C(drawn_from, x) C(others, k - x) for x from first to last; each term from the one before, whose ratio is a whole-number one."""
    if first > last:
        return 0
    term = comb(drawn_from, first) * comb(others, k - first)
    total = term
    for x in range(first, last):
        term = term * (drawn_from - x) * (k - x) // ((x + 1) * (others - k + x + 1))
        total += term
    return total


@_exactly
def binomial_more(cases: int, of: int, rate: Decimal) -> Decimal:
    """The exact binomial test, one side: how likely so many cases, or more, are where each of `of` is one with probability `rate`
    (1 less the sum of C(n, x) p^x (1-p)^(n-x) for x < cases; each term from the one before, with 50 digits)."""
    _check(cases, of)
    if not 0 < rate < 1:
        raise ValueError("a rate between 0 and 1")
    term, below = (1 - rate) ** of, Decimal(0)
    for x in range(cases):
        below += term
        term = term * (of - x) * rate / ((x + 1) * (1 - rate))
    return max(Decimal(0), 1 - below)


@_exactly
def binomial_alarm(of: int, rate: Decimal, level: Decimal) -> int:
    """The fewest cases among `of` that chance brings with probability `level` at most; of + 1 where even all of them would not be rare."""
    _check(0, of)
    term, below = (1 - rate) ** of, Decimal(0)
    for cases in range(of + 1):
        if 1 - below <= level:
            return cases
        below += term
        term = term * (of - cases) * rate / ((cases + 1) * (1 - rate))
    return of + 1


@_exactly
def per_thousand(amounts_sum: int, squares_sum: int, of: int, typical: Fraction | None = None) -> Interval:
    """Money contested per 1,000 invoices (minor units) with its 95 % interval, as a compound Poisson sum: cases come by chance, each with
    an amount of its own. The variance of such a sum is estimated by Σ amount²; bounds are 1000/n (Σ amount ± z √Σ amount²), 0 at least.

    Where nothing was contested Σ amount² says nothing: then the upper bound is 3.69 cases (the exact Poisson one for none seen) of the
    `typical` amount, where one is given."""
    if of <= 0:
        raise ValueError("a rate needs invoices")
    scale = Decimal(1000) / Decimal(of)
    total, spread = Decimal(amounts_sum), Z95 * Decimal(squares_sum).sqrt()
    high = total + spread
    if not squares_sum and typical:
        high = NONE_SEEN * Decimal(typical.numerator) / Decimal(typical.denominator)
    return Interval(scale * total, max(Decimal(0), scale * (total - spread)), scale * high)


@_exactly
def saved_per_thousand(sum_1: int, squares_1: int, of_1: int, sum_2: int, squares_2: int, of_2: int) -> Interval:
    """Money per 1,000 invoices of the first group less that of the second, with the 95 % interval of two independent compound Poisson
    sums: the variances of both add up."""
    if of_1 <= 0 or of_2 <= 0:
        raise ValueError("a rate needs invoices")
    thousand, n1, n2 = Decimal(1000), Decimal(of_1), Decimal(of_2)
    d = Decimal(sum_1) / n1 - Decimal(sum_2) / n2
    spread = Z95 * (Decimal(squares_1) / n1**2 + Decimal(squares_2) / n2**2).sqrt()
    return Interval(thousand * d, thousand * (d - spread), thousand * (d + spread))


@_exactly
def needed(rate: Fraction, part: Fraction = Fraction(1, 2)) -> int:
    """How many invoices on either side a comparison needs to show, with 80 % probability, that a rate fell to `part` of what it was, when
    2.5 % are risked of calling chance an effect (Fleiss 1981, 3.13 without continuity correction):
    n = (z₁ √(2 p̄ q̄) + z₂ √(p1 q1 + p2 q2))² / (p1 - p2)²."""
    if not 0 < rate <= 1 or not 0 <= part < 1:
        raise ValueError("a rate above 0 that falls")
    p1, p2 = _decimal(rate), _decimal(rate * part)
    mean = (p1 + p2) / 2
    root = Z95 * (2 * mean * (1 - mean)).sqrt() + Z80 * (p1 * (1 - p1) + p2 * (1 - p2)).sqrt()
    return int((root**2 / (p1 - p2) ** 2).to_integral_value(rounding="ROUND_CEILING"))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _check(cases: int, of: int) -> None:
    if of <= 0 or not 0 <= cases <= of:
        raise ValueError(f"{cases} of {of} is no rate")


def rounded(value: Any, places: int = 6) -> str:
    """A Decimal or Fraction as text with so many decimals, to be kept and shown."""
    with localcontext() as context:
        context.prec = DIGITS
        exact = _decimal(value) if isinstance(value, Fraction) else Decimal(value)
        return str(exact.quantize(Decimal(1).scaleb(-places)))
