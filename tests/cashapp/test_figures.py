"""How cash application does: each figure is the count of rows that stand behind it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from cashapp.models import Match, MatchPolicy
from cashapp.selectors.figures import Asked, Figures, behind, cost, figures
from cashapp.services import match_receipts, return_receipt, reverse_match
from tests.cashapp.worlds import TODAY, make_bank, money_in
from tests.factories import SYSTEM, issue, make_customer, make_user

from .desk import NOW, balance, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    """Six receipts: two posted alone (one wrongly), one confirmed, one by hand, one that came back, one that waits."""
    bank = make_bank()
    acme, senior = make_customer(bank.company, "ACME GmbH"), make_user("senior", bank.company)
    items = [issue(acme, n * 100_00, number=f"INV-{n}000") for n in range(1, 6)]
    paid = [money_in(bank, n * 100_00, acme, text=f"INV-{n}000") for n in range(1, 6)]
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, receipts=paid[:2])
    match_receipts(company=bank.company, actor=senior, today=TODAY, receipts=paid[2:3], post=True)
    work(senior, paid[3], (items[3], 400_00))
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, receipts=paid[4:5])
    return_receipt(actor=senior, receipt=paid[4], reason="no funds", today=TODAY, now=NOW)
    reverse_match(actor=senior, match=Match.objects.get(receipt=paid[1]), reason="another customer's", today=TODAY, now=NOW)
    work(senior, paid[1], (items[1], 200_00))
    money_in(bank, 7_00, text="hello")
    assert [balance(i) for i in items] == [0, 0, 0, 0, 500_00]
    return bank, senior, paid


def asked(bank):
    return Asked(bank.company, TODAY - timedelta(days=60), TODAY)


def whole(bank, actor) -> Figures:
    (found,) = figures(actor, asked(bank))
    return found


def test_receipts_count_once_under_what_became_of_them(desk):
    bank, senior, _ = desk
    found = whole(bank, senior)
    counts = (found.receipts, found.alone, found.confirmed, found.hand, found.account, found.part, found.waiting, found.returned)
    assert counts == (6, 1, 1, 2, 0, 0, 1, 1)
    assert found.by_receipt == Decimal("20.0"), "one of the five that stayed"
    assert (found.lines, found.lines_alone) == (4, 1)
    assert (found.value, found.value_alone) == (1507_00, 100_00)


def test_wrong_is_what_people_took_back_of_the_engines_not_what_the_bank_did(desk):
    bank, senior, _ = desk
    found = whole(bank, senior)
    assert (found.tried, found.wrong, found.wrong_rate) == (3, 1, Decimal("333.33"))
    assert (found.posted, found.taken_back, found.reversal_rate) == (6, 2, Decimal("33.3"))


@pytest.mark.parametrize("by", ["rule", "customer", "bank", "person", "month"])
def test_rows_sum_to_the_whole_and_open_into_their_receipts(desk, by):
    bank, senior, _ = desk
    rows, all_of_it = figures(senior, asked(bank), by), whole(bank, senior)
    for name in ("receipts", "alone", "confirmed", "hand", "wrong", "lines", "value", "value_alone"):
        assert sum(getattr(r, name) for r in rows) == getattr(all_of_it, name), name
    for row in rows:
        for figure, n in (("all", row.receipts), ("alone", row.alone), ("hand", row.hand)):
            assert len(behind(senior, asked(bank), figure, by, row.key)) == n, (row.key, figure)


def test_a_portfolio_counts_its_own(desk):
    bank, _, _ = desk
    person = make_user("specialist", bank.company, scope="portfolio")
    assert whole(bank, person).receipts == 1, "only money of nobody knows whom"


@pytest.mark.django_db(transaction=True)
def test_an_exception_costs_the_time_between_two_postings(desk, owner_conn):
    """A person posts at 9:00, 9:06 and 11:00: one gap is work on the next."""
    bank, *_ = desk
    mine = Match.objects.filter(alone=False).order_by("pk").values_list("pk", flat=True)
    with owner_conn, owner_conn.cursor() as cursor:
        for pk, minutes in zip(mine, (0, 6, 120), strict=True):
            cursor.execute("UPDATE cashapp_match SET at = %s WHERE id = %s", [NOW + timedelta(minutes=minutes), pk])
    assert cost(asked(bank), 3).minutes == Decimal("6.0")
    assert (cost(asked(bank), 3).each, cost(asked(bank), 3).rate) == (None, None)
    MatchPolicy.objects.create(company=bank.company, exception_cost={"EUR": 50_00})
    found = cost(asked(bank), 3)
    assert (found.each, found.total) == (5_00, 15_00)


def test_the_page_shows_figures_that_lead_to_their_receipts(desk, settings):
    _, senior, paid = desk
    settings.BUSINESS_DATE = TODAY
    client = Client()
    client.force_login(senior)
    body = client.get(reverse("cashapp:figures"), {"by": "person"}).content.decode()
    assert "20.0 %" in body and "the engine" in body
    listed = client.get(reverse("cashapp:figures-receipts"), {"figure": "wrong"}).content.decode()
    assert paid[1].number in listed and paid[0].number not in listed
    assert client.get(reverse("cashapp:figures"), {"format": "csv"})["Content-Type"].startswith("text/csv")
    empty = client.get(reverse("cashapp:figures"), {"first": "2020-01-01", "last": "2020-01-31"}).content.decode()
    assert "No receipt came in on these days." in empty
