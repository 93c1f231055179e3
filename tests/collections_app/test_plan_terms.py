"""The arithmetic of payment plans: schedules sum to the debt, interest is what it says, nothing is lost when a plan ends."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.policy.plans import (
    MOST,
    RHYTHMS,
    Due,
    Held,
    PlanTermsError,
    Standing,
    Terms,
    by_week,
    day_of,
    interest,
    returning,
    schedule,
    settled_early,
    spread,
    verdict,
    waived_of,
)  # fmt: skip

START = date(2026, 9, 15)
terms = st.builds(
    Terms, start=st.just(START), first=st.dates(START, date(2027, 3, 1)), rhythm=st.sampled_from(sorted(RHYTHMS)),
    number=st.integers(2, 24), down=st.integers(0, 500), rate=st.decimals(0, 20, places=3),
)  # fmt: skip


@given(st.integers(1_000, 10**11), terms)
def test_a_schedule_sums_to_the_debt_in_equal_parts_on_rising_days(total: int, given: Terms) -> None:
    dues = schedule(total, given)
    assert sum(due.amount for due in dues) == total and len(dues) == given.number
    shares = [due.amount for due in dues][1 if given.down else 0 :]
    assert max(shares) - min(shares) <= 1 and shares == sorted(shares, reverse=True)
    assert [due.due_on for due in dues] == sorted({due.due_on for due in dues}) and all(due.interest >= 0 for due in dues)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_so_much_each_time_leaves_the_rest_to_the_last(total: int, each: int) -> None:
    try:
        dues = schedule(total, Terms(START, START, each=each))
    except PlanTermsError:
        assert total / each > MOST
        return
    assert sum(due.amount for due in dues) == total
    assert {due.amount for due in dues[:-1]} <= {each} and 0 < dues[-1].amount <= each


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.data())
def test_every_item_is_covered_once_and_what_is_not_paid_goes_back_where_it_came_from(amounts: list[int], data: st.DataObject) -> None:
    items = [(n, amount) for n, amount in enumerate(amounts, 1)]
    number = data.draw(st.integers(1, min(12, sum(amounts))))
    dues = schedule(sum(amounts), Terms(START, START, number=number))
    shares = spread(items, [due.amount for due in dues])
    assert [sum(a for _, a in share) for share in shares] == [due.amount for due in dues]
    back: dict[int, int] = {}
    for share in shares:
        for item, amount in share:
            back[item] = back.get(item, 0) + amount
    assert back == dict(items)
    held = [Held(item, amount, amount * 2) for item, amount in shares[0]]
    open_now = data.draw(st.integers(1, dues[0].amount))
    gone = returning(held, open_now)
    assert sum(part.amount for part in gone) == open_now and sum(part.base_amount for part in gone) == open_now * 2


def test_months_end_where_they_end() -> None:
    assert [day_of(date(2027, 1, 31), "monthly", n) for n in (1, 2, 11, 12)] == [
        date(2027, 2, 28), date(2027, 3, 31), date(2027, 12, 31), date(2028, 1, 31),
    ]  # fmt: skip
    assert day_of(date(2026, 11, 30), "quarterly", 1) == date(2027, 2, 28) and day_of(START, "fortnightly", 2) == START + timedelta(days=28)


def test_interest_is_on_what_is_left_by_days_of_a_year_of_365() -> None:
    """12,000.00 at 9 %: 30 days cost 88.77, and what is left then costs less."""
    assert interest(12_000_00, Decimal(9), 30) == 88_77 and interest(100, Decimal(9), -3) == 0
    dues = schedule(12_000_00, Terms(START, START + timedelta(days=30), "fortnightly", number=2, rate=Decimal(9)))
    assert dues == (Due(date(2026, 10, 15), 6_000_00, 88_77), Due(date(2026, 10, 29), 6_000_00, 20_71)) and dues[0].total == 6_088_77
    assert settled_early(dues[1:], Decimal(9), dues[0].due_on, date(2026, 10, 22)) == (6_000_00, 10_36)


def test_a_plan_is_kept_running_or_in_default() -> None:
    paid, late = Standing(START, 0), Standing(START, 1)
    assert verdict([paid, paid], 7, START) == "kept"
    assert verdict([paid, late], 7, START + timedelta(days=7)) == "active"
    assert verdict([paid, late], 7, START + timedelta(days=8)) == "defaulted"


def test_money_by_week_beside_what_would_come_anyway() -> None:
    weeks = by_week([(START, 5), (START + timedelta(days=7), 5)], [(START - timedelta(days=40), 4), (START + timedelta(days=8), 6)], START)
    assert [(w.first, w.planned, w.otherwise, w.planned_sum, w.otherwise_sum) for w in weeks] == [
        (date(2026, 9, 14), 5, 4, 5, 4), (date(2026, 9, 21), 5, 6, 10, 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "given", "words"),
    [
        (0, Terms(START, START, number=2), "covers"), (100, Terms(START, START), "how many"),
        (100, Terms(START, START, number=2, each=3), "how many"), (100, Terms(START, START - timedelta(days=1), number=2), "before"),
        (100, Terms(START, START, number=2, down=100), "down payment"), (100, Terms(START, START, number=1, down=10), "besides"),
        (3, Terms(START, START, number=5), "coin"), (100, Terms(START, START, "daily", number=2), "how often"),
        (100, Terms(START, START, number=2, rate=Decimal(-1)), "zero or more"), (10**6, Terms(START, START, number=500), "500"),
    ],
)  # fmt: skip
def test_terms_that_make_no_plan_say_why(total: int, given: Terms, words: str) -> None:
    with pytest.raises(PlanTermsError, match=words):
        schedule(total, given)


def test_a_settlement_gives_something_up_and_gets_something() -> None:
    assert waived_of(100, 60) == 40
    for pays in (0, 100, 120):
        with pytest.raises(PlanTermsError):
            waived_of(100, pays)
