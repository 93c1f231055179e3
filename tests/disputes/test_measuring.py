"""The statistics against published values and against brute force; the verdicts of measurements; the windows."""

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disputes.policy.measuring import NO_DIFFERENCE, TOO_FEW, WORKED, WORSE, Side, lag_of, measure, windows
from disputes.policy.statistics import Z95, difference, fisher_fewer, fisher_more, needed, per_thousand, rounded, saved_per_thousand, wilson


@pytest.mark.parametrize(
    ("cases", "of", "low", "high"),
    [(81, 263, "0.2553", "0.3662"), (15, 148, "0.0624", "0.1605"), (0, 20, "0.0000", "0.1611"), (1, 29, "0.0061", "0.1718")],
)
def test_wilson_as_published(cases: int, of: int, low: str, high: str) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    found = wilson(cases, of)
    assert (rounded(found.low, 4), rounded(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        ((56, 70, 48, 80), "0.0524", "0.3339"), ((9, 10, 3, 10), "0.1705", "0.8090"), ((6, 7, 2, 7), "0.0582", "0.8062"),
        ((5, 56, 0, 29), "-0.0381", "0.1926"), ((0, 10, 0, 20), "-0.1611", "0.2775"), ((0, 10, 0, 10), "-0.2775", "0.2775"),
        ((10, 10, 0, 20), "0.6791", "1.0000"), ((10, 10, 0, 10), "0.6075", "1.0000"),
    ],
)  # fmt: skip
def test_the_difference_as_published(table: tuple[int, int, int, int], low: str, high: str) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10."""
    found = difference(*table)
    assert (rounded(found.low, 4), rounded(found.high, 4)) == (low, high)


def test_fishers_own_examples() -> None:
    """The lady who tastes tea: three of four right, 17 in 70. Criminals with a convicted twin: 10 of 13 alike, 2 of 17 not: 0.00046518."""
    assert fisher_more(1, 4, 3, 4) == Fraction(17, 70)
    assert rounded(fisher_fewer(10, 13, 2, 17), 8) == "0.00046518"


def test_how_many_are_needed_as_in_the_textbook() -> None:
    """Half against a quarter, 80 % power, 5 % on both sides: 58 in each group (Fleiss, without continuity correction)."""
    assert needed(Fraction(1, 2)) == 58
    assert needed(Fraction(1, 100)) > needed(Fraction(1, 10)) > 300


TABLES = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


@given(TABLES)
def test_fisher_is_what_counting_every_assignment_gives(table: tuple[int, int, int, int]) -> None:
    """All ways to say which invoices were disputed, counted one by one."""
    a, n1, b, n2 = table
    ways = [sum(i >= n1 for i in chosen) for chosen in combinations(range(n1 + n2), a + b)]
    assert fisher_fewer(*table) == Fraction(sum(w <= b for w in ways), len(ways))
    assert fisher_more(*table) == Fraction(sum(w >= b for w in ways), len(ways))
    assert fisher_fewer(*table) + fisher_more(*table) == 1 + Fraction(comb(n1, a) * comb(n2, b), comb(n1 + n2, a + b))


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_bounds_are_the_rates_that_a_score_test_just_refuses(pair: tuple[int, int]) -> None:
    """|p̂ - p| = z √(p (1 - p) / n) at either bound, unless it is 0 or 1."""
    cases, of = pair
    found = wilson(cases, of)
    assert 0 <= found.low <= found.value <= found.high <= 1
    with localcontext() as context:
        context.prec = 50
        for bound in (found.low, found.high):
            if 0 < bound < 1:
                assert abs(abs(found.value - bound) - Z95 * (bound * (1 - bound) / of).sqrt()) < Decimal("1e-40")


@given(TABLES)
def test_the_difference_turned_round_is_its_mirror(table: tuple[int, int, int, int]) -> None:
    here, there = difference(*table), difference(table[2], table[3], table[0], table[1])
    assert (here.low, here.high) == (there.high.copy_negate(), there.low.copy_negate())
    assert here.low <= here.value <= here.high


def test_money_per_thousand_invoices() -> None:
    """Four cases of 100.00 on 200 invoices: 2,000.00 per 1,000, ± 1.96 × 1,000/200 × √(4 × 10,000²)."""
    found = per_thousand(4_00_00, 4 * 100_00**2, 200)
    assert (rounded(found.value, 0), rounded(found.low, 0), rounded(found.high, 0)) == ("200000", "4004", "395996")
    nothing = per_thousand(0, 0, 200, typical=Fraction(100_00))
    assert (nothing.low, rounded(nothing.high, 0)) == (0, "184444")  # 3.69 cases of 100.00 on 200 invoices
    saved = saved_per_thousand(4_00_00, 4 * 100_00**2, 200, 0, 0, 100)
    assert saved.value == 200_000 and rounded(saved.low, 0) == "4004"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (Side(300, 30, 3000, 300_000), Side(310, 6, 600, 60_000), WORKED),
        (Side(300, 6, 600, 60_000), Side(300, 30, 3000, 300_000), WORSE),
        (Side(2000, 100, 1, 1), Side(2000, 96, 1, 1), NO_DIFFERENCE),
        (Side(60, 9, 900, 90_000), Side(20, 1, 100, 10_000), TOO_FEW),
        (Side(60, 0), Side(60, 0), TOO_FEW),
        (Side(60, 9, 900, 90_000), Side(0, 0), TOO_FEW),
    ],
)  # fmt: skip
def test_verdicts(before: Side, after: Side, verdict: str) -> None:
    assert measure(before, after).verdict == verdict


def test_too_few_says_how_many_are_needed() -> None:
    found = measure(Side(60, 9, 900, 90_000), Side(20, 1, 100, 10_000))
    assert found.figures["needed"] == needed(Fraction(9, 60))
    assert f"{found.figures['needed']:,} invoices on either side" in found.words


def test_cases_without_a_finding_are_not_taken_for_a_fix() -> None:
    before, after = Side(300, 30, 1, 1), Side(300, 8, 1, 1)
    assert measure(before, after, unfound=2).verdict == WORKED
    waits = measure(before, after, unfound=15)
    assert waits.verdict == TOO_FEW and "15 more of these invoices are disputed" in waits.words


def test_several_looks_are_told() -> None:
    """What one look shows, five looks need to show more clearly."""
    before, after = Side(300, 20, 1, 1), Side(300, 8, 1, 1)
    assert "look" not in measure(before, after).words
    assert "does not hold yet" in measure(before, after, looks=5).words
    assert "it holds" in measure(Side(300, 40, 1, 1), after, looks=5).words


def test_both_windows_are_equal_and_see_the_same_ages() -> None:
    """An invoice n days into the after window has had as long to be disputed as one n days into the before window."""
    found = windows(acted_on=date(2026, 9, 1), today=date(2026, 11, 29), lag=12)
    assert found.days == 78
    assert (found.before_to - found.before_from) == (found.after_to - found.after_from)
    assert found.before_seen - found.before_from == found.after_seen - found.after_from
    assert found.before_seen - found.before_to == found.after_seen - found.after_to == timedelta(days=12)
    assert found.before_seen < found.after_from
    assert windows(acted_on=date(2026, 9, 1), today=date(2026, 9, 5), lag=12).days == 0
    assert lag_of([3, 9, 40]) == 9 and lag_of([]) == 14


def test_a_verdict_of_great_numbers_takes_no_time() -> None:
    assert measure(Side(500_000, 6_000, 1, 1), Side(480_000, 3_000, 1, 1)).verdict == WORKED
