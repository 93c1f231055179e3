"""The measures against worked examples: published ones, our own by hand, and the published one that does not foot."""

from decimal import Decimal
from fractions import Fraction

import pytest

from reports import metrics
from reports.metrics import MonthSales

ORACLE = [
    MonthSales(*row)
    for row in (("Nov", 2500, 30), ("Oct", 1750, 31), ("Sep", 2250, 30), ("Aug", 2500, 31), ("Jul", 2000, 31), ("Jun", 2250, 30))
]


def test_dso_of_15000_on_10000_in_30_days_is_45():
    assert metrics.dso(15_000_00, 10_000_00, 30).value == 45


def test_what_is_in_dispute_is_a_part_of_dso():
    assert metrics.dso_in_dispute(500_00, 10_000_00, 30).value == Fraction(3, 2)


def test_best_possible_dso_of_4000_current_is_12_and_33_days_are_delinquent():
    assert metrics.best_possible_dso(4_000_00, 10_000_00, 30).value == 12
    assert metrics.average_days_delinquent(15_000_00, 4_000_00, 10_000_00, 30).value == 33


def test_countback_leaves_1000_of_the_sixth_month_so_166_3_days_and_not_the_published_179_7():
    measure = metrics.countback_dso(12_000, ORACLE)
    assert measure.rounded() == Decimal("166.3")
    assert measure.value == 153 + Fraction(1000 * 30, 2250)
    assert measure.inputs[-1].value == 1000


@pytest.mark.parametrize("sales", [0, -300])
def test_countback_stops_at_a_month_without_sales_and_says_what_is_left(sales):
    months = [MonthSales("Nov", 100, 30), MonthSales("Oct", sales, 31), MonthSales("Sep", 900, 30)]
    measure = metrics.countback_dso(400, months)
    assert measure.value == 30
    assert "Oct" in measure.note
    assert measure.inputs[-1].value == 300


def test_countback_says_when_the_sales_on_record_run_out():
    measure = metrics.countback_dso(500, [MonthSales("Nov", 100, 30)])
    assert (measure.value, measure.inputs[-1].value) == (30, 400)
    assert measure.note


def test_countback_of_a_credit_balance_is_no_days():
    assert metrics.countback_dso(-500, ORACLE).value == 0


def test_collection_effectiveness_of_the_published_example_is_98_per_cent():
    assert metrics.collection_effectiveness(100_000, 1_000_000, 120_000, 100_000).value == 98


def test_collection_effectiveness_over_three_months_takes_a_third_of_their_sales():
    assert metrics.collection_effectiveness(100, 300, 150, 100, periods=3).value == 50


def test_days_late_are_weighted_by_what_was_paid_and_early_days_count_back():
    assert metrics.average_days_late(100 * 10 - 300 * 2, 400).value == 1


def test_true_dso_counts_each_item_from_its_own_day_and_names_months_without_sales():
    measure = metrics.true_dso([("Nov", 10 * 50, 100), ("Oct", 40 * 20, 200), ("Sep", 70 * 5, 0)])
    assert measure.value == 5 + 4
    assert "Sep" in measure.note


def test_turnover_divides_by_the_average():
    assert metrics.turnover(1200, 100, 300).value == 6


def test_shares_are_per_cent():
    assert metrics.overdue_share(204, 1000).rounded() == Decimal("20.4")
    assert metrics.broken_promise_rate(1, 4, partly=2).value == 25
    assert metrics.match_rate(9, 10).value == 90


@pytest.mark.parametrize(
    "measure",
    [
        metrics.dso(100, 0, 30), metrics.best_possible_dso(100, -5, 30), metrics.average_days_delinquent(1, 1, 0, 30),
        metrics.collection_effectiveness(0, 0, 0, 0), metrics.turnover(10, 0, 0), metrics.overdue_share(0, 0),
        metrics.broken_promise_rate(0, 0), metrics.match_rate(0, 0), metrics.average_days_late(0, 0),
        metrics.true_dso([]), metrics.dso_in_dispute(5, 0, 30),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_has_no_value_and_says_why(measure):
    assert measure.value is None
    assert measure.rounded() is None
    assert measure.note


def test_every_measure_has_a_definition_with_formula_and_unit():
    assert all(d.formula and d.meaning and d.unit in ("days", "%", "times") for d in metrics.DEFINITIONS.values())


def test_rounding_is_half_to_even_and_only_at_the_end():
    assert metrics.to_decimal(Fraction(1, 4), 1) == Decimal("0.2")
    assert metrics.to_decimal(Fraction(3, 4), 1) == Decimal("0.8")
    assert metrics.to_decimal(Fraction(-1, 3), 2) == Decimal("-0.33")
