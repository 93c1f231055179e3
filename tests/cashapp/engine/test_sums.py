"""Sums are found where payers pay first, and the odds of a coincidence are what counting says they are."""

from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp.engine.sums import NEAR_MAX, expected, expected_density, search

VALUES = [104_17, 99_03, 250_88, 73_51, 180_20, 66_67, 412_99, 58_13]


def sums(values: list[int], target: int, **more: object) -> list[tuple[int, ...]]:
    return [h.chosen for h in search(values, target, **({"whole": 24, "size": 8} | more))]  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-9_000, 90_000).filter(bool), min_size=2, max_size=9), st.data())
def test_whatever_is_found_adds_up_and_what_adds_up_is_found(values: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1, max_size=8))
    target = sum(values[n] for n in chosen)
    runs = [n for n, v in enumerate(values) if v > 0]
    for whole in (24, 1):
        found = search(values, target, near=runs, runs=runs, whole=whole, size=8) if target > 0 else []
        assert all(sum(values[n] for n in h.chosen) == target for h in found)
    if target > 0:
        assert search(values, target, whole=24, size=8)


def test_the_expected_number_of_coincidences_is_about_what_counting_finds() -> None:
    rng = Random(5)
    values = [rng.randrange(10_000, 300_000) for _ in range(18)]
    target = 600_000
    counted = sum(abs(sum(c) - target) <= 50_000 for k in range(1, 5) for c in combinations(values, k)) / 100_001
    assert 0.8 * counted < expected_density(values, target, 4) < 1.25 * counted


def test_round_amounts_prove_less() -> None:
    round_ones = [50_000, 100_000, 150_000, 250_000, 300_000, 450_000]
    assert expected(round_ones, 400_000, (1, 4)) > 1000 * expected([v + 1_237 for v in round_ones], 402_474, (1, 4))


def test_a_credit_takes_part_in_the_density() -> None:
    assert expected_density([*VALUES, -40_00], 300_00, 3) > expected_density(VALUES, 300_00, 3)


def test_in_a_long_backlog_runs_of_neighbours_are_found_and_far_apart_fours_are_not() -> None:
    rng = Random(3)
    values = [rng.randrange(10_000, 9_000_000) for _ in range(120)]
    runs = list(range(120))
    run, apart = (50, 51, 53, 56), (3, 40, 77, 110)
    assert sums(values, sum(values[n] for n in run), runs=runs) == [run]
    assert apart not in sums(values, sum(values[n] for n in apart), runs=runs)
    tail = (117, 118, 119)
    assert tail in sums(values, sum(values[n] for n in tail), runs=runs)


def test_what_follows_on_a_list_is_far_less_likely_a_coincidence() -> None:
    rng = Random(4)
    values = [rng.randrange(10_000, 900_000) for _ in range(60)]
    rest = (30, 31, 33, 34, 35)
    near = list(range(30, 60))
    (hit, *_) = search(values, sum(values[n] for n in rest), near=near, runs=list(range(60)), whole=24, size=8)
    (far, *_) = search(values, sum(values[n] for n in rest), runs=list(range(60)), whole=24, size=8)
    assert hit.chosen == far.chosen == rest and hit.odds < 0.01 and hit.odds < far.odds
    beyond = near[NEAR_MAX]
    assert (beyond,) in sums(values, values[beyond], near=near)


def test_twins_are_two_answers_of_equal_odds() -> None:
    found = search([500_11, 500_11, 77_70], 577_81, near=[0, 1, 2], whole=24, size=8)
    assert {h.chosen for h in found} == {(0, 2), (1, 2)} and found[0].odds == found[1].odds
