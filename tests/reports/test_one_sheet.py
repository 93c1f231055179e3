"""A page that asks one day many questions reads the balances from one sheet; the answers are those without it."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ledger import asof
from ledger.asof import Scope
from org.actors import Reach
from reports.selectors import customer_list
from reports.selectors.customer_list import Filters, customer_page
from tests.factories import apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
ALL = Reach(everything=True)


@pytest.fixture
def company():
    company = make_company("US01")
    for n in range(5):
        customer = make_customer(company, f"C{n}", segment="retail" if n % 2 else "")
        items = [issue(customer, 100_00 * (n + 1), day=DAY - timedelta(days=20 * k + 40)) for k in range(3)]
        apply(receive(customer, 150_00, day=DAY - timedelta(days=n)), (items[0], 60_00), day=DAY - timedelta(days=n))
    return company


@pytest.mark.parametrize("back", [0, 3, 30])
def test_within_a_sheet_every_question_has_the_same_answer(company, back, django_assert_num_queries):
    day, some = DAY - timedelta(days=back), set(company.customers.values_list("pk", flat=True)[:2])
    questions = [
        lambda: asof.aging(day, Scope(ALL), by=("company", "customer", "kind")),
        lambda: asof.aging(day, Scope(ALL, kinds=("receipt",)), basis="document"),
        lambda: asof.item_balances(day, Scope(ALL, customer_ids=some)),
        lambda: asof.largest(day, Scope(ALL, dates=("due", None, DAY)), 2),
        lambda: asof.aging(day - timedelta(days=9), Scope(ALL)),
    ]
    plain = [ask() for ask in questions]
    with asof.laid_out(day, Scope(ALL)):
        assert [ask() for ask in questions] == plain
        with django_assert_num_queries(1):
            questions[0]()


def test_customers_are_ordered_and_summed_by_the_database_and_read_a_page_at_a_time(company, settings):
    settings.BUSINESS_DATE = DAY
    user = make_user("controller", company)
    whole = customer_page(user, Filters(), DAY)
    assert [row.customer.name for row in whole.rows] == ["C4", "C3", "C2", "C1", "C0"]
    total = whole.totals[0]
    assert (total.customers, total.balance) == (5, sum(row.amounts.total for row in whole.rows))
    assert (total.past_due, total.over_90) == tuple(
        sum(amounts) for amounts in zip(*((r.amounts.past_due, r.amounts.buckets[-1]) for r in whole.rows), strict=True)
    )
    some = customer_page(user, Filters(sort="name"), DAY, 2, 2)
    assert [row.customer.name for row in some.rows] == ["C2", "C3"] and some.totals == whole.totals
    retail = customer_page(user, Filters(segment="retail", sort="-overdue"), DAY)
    assert [row.customer.name for row in retail.rows] == ["C3", "C1"] and retail.count == 2


def test_a_page_beyond_the_last_is_the_last(company, settings, monkeypatch):
    settings.BUSINESS_DATE = DAY
    monkeypatch.setattr("reports.views.customers.PER_PAGE", 2)
    monkeypatch.setattr(customer_list, "MANY", 2)  # order and totals are kept; what customers owe is read all the same
    client = Client()
    client.force_login(make_user("controller", company))
    body = client.get(reverse("customers:list"), {"page": "99"}).content.decode()
    assert "C0" in body and "C4" not in body and "5–5 of 5" in body
