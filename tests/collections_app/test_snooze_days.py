"""The days that a task may be put off to at one key."""

from datetime import date

from collections_app.views.panel import _snoozes

FRIDAY = date(2026, 11, 27)


def test_no_day_is_offered_twice_over_a_weekend() -> None:
    assert _snoozes(FRIDAY, []) == [(date(2026, 11, 30), "In 3 days"), (date(2026, 12, 11), "In two weeks")]


def test_each_word_says_how_far_its_day_is_holidays_included() -> None:
    monday, holiday = date(2026, 11, 23), date(2026, 11, 24)
    assert _snoozes(monday, []) == [
        (date(2026, 11, 24), "Tomorrow"),
        (date(2026, 11, 26), "In 3 days"),
        (date(2026, 12, 7), "In two weeks"),
    ]
    assert [label for _, label in _snoozes(monday, [holiday])] == ["In 2 days", "In 3 days", "In two weeks"]
