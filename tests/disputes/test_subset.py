"""Which findings come to a claim: exact, bounded, the same every time."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from disputes.policy.subset import MOST, SUMS, Sums

few = st.lists(st.integers(-500, 2_000).filter(bool), max_size=9)


@given(few, st.integers(1, 6_000), st.sets(st.integers(0, 8)))
def test_what_is_chosen_comes_to_the_sum_and_is_found_whenever_there_is_one(amounts: list[int], target: int, strangers: set[int]) -> None:
    chosen = Sums(amounts, strangers).exact(target)
    every = [c for n in range(1, len(amounts) + 1) for c in combinations(range(len(amounts)), n) if sum(amounts[i] for i in c) == target]
    if not every:
        assert chosen is None
        return
    assert chosen == min(every, key=lambda c: (len(strangers & set(c)), len(c), c)), "no stranger without need, few, the first"
    assert chosen == Sums(amounts, strangers).exact(target)


@given(st.lists(st.integers(1, 900), max_size=9), st.integers(1, 3_000))
def test_the_nearest_from_below_is_never_more_and_never_beaten(amounts: list[int], limit: int) -> None:
    chosen = Sums(amounts).within(limit)
    total = sum(amounts[i] for i in chosen)
    every = [sum(c) for n in range(len(amounts) + 1) for c in combinations(amounts, n)]
    assert total == max(x for x in every if x <= limit)


def test_a_document_with_very_many_differences_is_answered_in_bounds() -> None:
    amounts = [2**n + 7 for n in range(200)]
    assert Sums(amounts).exact(sum(amounts[:3])) == (0, 1, 2)
    assert Sums(amounts).exact(amounts[MOST + 1]) is None, "what stands far behind isn't looked at"
    assert SUMS >= 2**12
