"""Whoever moves the day on which before and after meet is told how often they looked."""

from datetime import date, timedelta

import pytest

from disputes.services.measuring import measure_problem
from disputes.services.problems import raise_problem, start_acting, start_measuring
from tests.disputes.shop_of_causes import Shop, every
from tests.disputes.test_problems import ACTED, mended

pytestmark = pytest.mark.django_db


def test_another_day_to_measure_from_is_another_look():
    shop = Shop()
    shop.bill(shop.acme, every(1, ACTED - timedelta(days=40), 80))
    for invoice in shop.bill(shop.acme, every(8, ACTED - timedelta(days=40), 5)):
        shop.dispute(invoice, cause=shop.cause())
    today = date(2026, 10, 20)
    problem = mended(
        shop,
        raise_problem(actor=shop.senior, company=shop.company, cause=shop.cause(), today=ACTED, dimension="product", source="FLT-20"),
        today=today,
    )
    words = []
    for back in range(4):
        words.append(measure_problem(actor=shop.senior, problem=problem, today=today).result["looks"])
        problem.refresh_from_db()
        problem = start_acting(actor=shop.senior, problem=problem, version=problem.version)
        other = ACTED + timedelta(days=back + 1)
        problem = start_measuring(actor=shop.senior, problem=problem, version=problem.version, acted_on=other, today=today)
    assert words == [1, 2, 3, 4], "each day that was tried counts, though each was looked at but once"
