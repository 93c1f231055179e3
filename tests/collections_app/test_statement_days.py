"""When schedules of statements fall."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collections_app.policy.statement_days import due_day, next_day

DAYS = st.dates(date(2024, 1, 1), date(2029, 12, 31))


def test_day_31_is_the_last_of_any_month_and_months_between_are_left_out():
    found = [next_day(31, 2, date(2026, 1, 15), day) for day in (date(2026, 1, 16), date(2026, 2, 1), date(2026, 4, 1))]
    assert found == [date(2026, 1, 31), date(2026, 3, 31), date(2026, 5, 31)]


def test_nothing_falls_before_it_starts_and_a_missed_night_is_made_good_for_some_days():
    start = date(2026, 1, 15)
    assert due_day(1, 1, start, date(2026, 1, 20)) is None
    assert due_day(1, 1, start, date(2026, 2, 1)) == date(2026, 2, 1)
    assert due_day(1, 1, start, date(2026, 2, 11)) == date(2026, 2, 1)
    assert due_day(1, 1, start, date(2026, 2, 12)) is None
    assert due_day(28, 1, start, date(2026, 3, 2)) == date(2026, 2, 28)


@given(st.integers(1, 31), st.integers(1, 12), DAYS, DAYS)
def test_the_next_day_is_due_on_that_day_and_none_is_due_before_it(day, every, starts_on, today):
    found = next_day(day, every, starts_on, today)
    assert found >= max(today, starts_on)
    assert due_day(day, every, starts_on, found) == found
    earlier = due_day(day, every, starts_on, found - timedelta(days=1))
    assert earlier is None or earlier < max(today, starts_on)
