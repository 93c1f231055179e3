"""DSO and its kin from the journal: by hand on small books, and consistent from day to day."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from arops.lib.months import months_before
from ledger import posting
from ledger.asof import Scope, aging
from ledger.drafts import EntryDraft, LineDraft, NewItem
from ledger.models import Entry, FxRate
from ledger.selectors import item_state
from ledger.services import reverse_entries
from org.actors import Reach
from reports.selectors.customer import overview
from reports.selectors.equivalent import equivalent
from reports.selectors.figures import History, month_ends
from reports.selectors.movements import movements, past_due_at
from reports.selectors.overview import days_late
from reports.selectors.question import Question
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, rate, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
ALL = Reach(everything=True)


def ask(day=DAY):
    return Question(day, Scope(ALL))


def history(company, points=(), day=DAY, period=30):
    return History(ask(day), points, equivalent([company], day), period)


def test_dso_is_45_and_best_possible_12_on_the_published_numbers():
    """Sales of 10,000 in September, 5,000 left of before; 11,000 past due."""
    company = make_company()
    customer = make_customer(company)
    issue(customer, 11_000_00, day=date(2026, 6, 1), due=date(2026, 7, 1))
    issue(customer, 10_000_00, day=date(2026, 9, 1), due=date(2026, 10, 1))
    cash = receive(customer, 6_000_00, day=date(2026, 9, 2))
    apply(cash, (customer.open_items.get(amount=10_000_00), 6_000_00), day=date(2026, 9, 2))
    found = history(company).measures(DAY)
    assert found["dso"].value == 45
    assert found["best_possible"].value == 12
    assert found["add"].value == 33
    assert found["overdue"].value == Fraction(11_000 * 100, 15_000)


def test_credit_memos_lower_sales_and_a_reversed_invoice_takes_them_back():
    company = make_company()
    customer = make_customer(company)
    issue(customer, 900_00, day=date(2026, 9, 1))
    issue(customer, -200_00, kind="credit_memo", day=date(2026, 9, 3))
    wrong = issue(customer, 5_000_00, day=date(2026, 9, 4))
    reverse_entries(entries=[wrong.opened_by], day=date(2026, 9, 5), actor=SYSTEM, reason="wrong customer")
    books = history(company)
    assert books.sales(date(2026, 8, 31), DAY) == 700_00
    assert books.sales(date(2026, 8, 31), date(2026, 9, 4)) == 5_700_00


def test_count_back_uses_whole_months_then_a_share():
    company = make_company()
    customer = make_customer(company)
    for day, amount in ((date(2026, 9, 10), 400_00), (date(2026, 8, 10), 620_00), (date(2026, 7, 10), 999_00)):
        issue(customer, amount, day=day)
    cash = receive(customer, 999_00, day=date(2026, 9, 12))
    apply(cash, (customer.open_items.get(amount=999_00), 999_00), day=date(2026, 9, 12))
    receive(customer, 310_00, day=date(2026, 9, 20))
    assert history(company).measures(DAY)["countback"].value == 30 + Fraction(310 * 31, 620)


def test_receivables_and_past_due_of_any_day_agree_with_ageing_as_of_that_day():
    company = make_company()
    customer = make_customer(company)
    items = [issue(customer, 100_00 * n, day=date(2026, 3, 1) + timedelta(days=17 * n)) for n in range(1, 12)]
    cash = receive(customer, 900_00, day=date(2026, 8, 1))
    entry = apply(cash, (items[0], 100_00), (items[4], 250_00), day=date(2026, 8, 3))
    reverse_entries(entries=[Entry.objects.get(pk=entry)], day=date(2026, 8, 20), actor=SYSTEM, reason="bounced")
    points = [*month_ends(DAY, 6), date(2026, 8, 3), date(2026, 8, 19), date(2026, 8, 20)]
    books = history(company, points)
    for day in books.points:
        rows = aging(day, Scope(ALL), by=("kind",))
        assert books.receivables(day) == sum(row.base_total for row in rows)
        assert books.past_due(day) == sum(sum(row.base_buckets[1:]) for row in rows if row.keys["kind"] == "invoice")


def test_the_movements_behind_sales_sum_to_them():
    company = make_company()
    customer = make_customer(company)
    for n in range(5):
        issue(customer, 100_00 + n, day=date(2026, 9, 1 + n))
    receive(customer, 100_00, day=date(2026, 9, 9))
    rows, count, total = movements(ask(), date(2026, 9, 2), "sales", limit=2)
    assert (len(rows), count, total) == (2, 4, 400_00 + 10)
    assert movements(ask(), date(2026, 9, 1), "collected")[2] == -100_00
    assert movements(ask(), date(2026, 9, 20), "")[1:] == (0, 0)
    with pytest.raises(ValueError):
        movements(ask(), DAY, "nonsense")


def test_companies_in_two_currencies_are_added_at_the_rate_of_the_day():
    rate("EUR", "USD", "1.20")
    us, de = make_company(currency="USD"), make_company(currency="EUR")
    issue(make_customer(us), 100_00, day=date(2026, 9, 1))
    issue(make_customer(de), 100_00, day=date(2026, 9, 1))
    both = History(ask(), (), equivalent([us, de], DAY, "USD"))
    assert both.receivables(DAY) == 220_00
    assert both.sales(date(2026, 8, 31), DAY) == 220_00


def test_a_company_without_a_rate_is_left_out_by_name():
    us, jp = make_company(currency="USD"), make_company(currency="JPY")
    issue(make_customer(us), 100_00)
    issue(make_customer(jp), 5000)
    money = equivalent([us, jp], DAY, "USD")
    assert money.left_out == (jp,)
    assert History(ask(), (), money).receivables(DAY) == 100_00


def test_without_books_nothing_is_divided_by_nothing():
    company = make_company()
    found = history(company).measures(DAY)
    assert found["dso"].value is None
    assert found["countback"].value == 0
    assert past_due_at(ask(), [DAY]) == {}


def test_months_before_keeps_to_the_end_of_short_months():
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)
    assert month_ends(date(2026, 3, 15), 2) == [date(2026, 1, 31), date(2026, 2, 28)]


def test_days_late_weighs_companies_in_one_currency():
    """100 dollars paid 10 days late and 10,000 yen (100 dollars) on the day: 5 days, not the 0.1 that yen for dollars would make."""
    rate("JPY", "USD", "0.01")
    us, jp = make_company(currency="USD"), make_company(currency="JPY")
    for company, amount, days in ((us, 100_00, 10), (jp, 10_000, 0)):
        customer = make_customer(company)
        invoice = issue(customer, amount, day=date(2026, 8, 1), due=date(2026, 8, 31))
        paid = date(2026, 8, 31) + timedelta(days=days)
        apply(receive(customer, amount, day=paid), (invoice, amount), day=paid)
    found = days_late(ask(), date(2026, 1, 1), equivalent([us, jp], DAY, "USD"))
    assert found.value == 5
    assert [part.value for part in found.inputs] == [200_00, 1000_00]


def test_days_late_leaves_out_what_was_not_known_yet():
    company = make_company()
    customer = make_customer(company)
    invoice = issue(customer, 100_00, day=date(2026, 8, 1), due=date(2026, 8, 31))
    before = Entry.objects.latest("posted_at").posted_at
    apply(receive(customer, 100_00), (invoice, 100_00))
    known = Question(DAY, Scope(ALL), before)
    assert days_late(known, date(2026, 1, 1), equivalent([company], DAY)).value is None


def test_a_part_split_off_unidentified_cash_is_collected():
    company = make_company()
    acme = make_customer(company)
    found = item_state(receive(None, 100_00, company=company))
    part = NewItem(acme.pk, "receipt", "RC-1-2", date(2026, 9, 16), date(2026, 9, 16), -40_00, -40_00)
    lines = (LineDraft(found.account_id, 40_00, 40_00, found), LineDraft("receivable", -40_00, -40_00, part))
    posting.post_one(EntryDraft(company.pk, "transfer", "USD", date(2026, 9, 16), "split:1", lines, opens=part), actor=SYSTEM)
    assert movements(ask(), date(2026, 9, 1), "collected")[2] == -40_00
    assert movements(ask(), date(2026, 9, 1), "other")[2] == 0


def test_parts_in_another_currency_sum_to_the_whole_whatever_is_rounded():
    rate("EUR", "USD", "1.37")
    de = make_company(currency="EUR")
    money = equivalent([de], DAY, "USD")
    parts = money.parts(de.pk, [1, 1, 1, 100, -1])
    assert sum(parts) == money.of(de.pk, 102) == 140
    assert [money.of(de.pk, n) for n in (1, 1, 1, 100, -1)] == [1, 1, 1, 137, -1]
    assert parts == [1, 1, 1, 138, -1]


def test_exposure_names_the_currencies_it_has_no_rate_of_and_tells_the_rates_of_the_others():
    rate("JPY", "USD", "0.01")
    company = make_company()
    rate("GBP", "EUR", "1.2")
    rate("EUR", "USD", "1.1", day=date(2026, 9, 1))
    customer = make_customer(company, credit_limit=500_00)
    issue(customer, 100_00)
    issue(customer, 10_000, currency="JPY")
    issue(customer, 10_00, currency="EUR")
    FxRate.objects.filter(currency="EUR", base="USD").delete()
    found = overview(customer, DAY).exposure
    assert (found.total, found.foreign, found.left_out) == (200_00, 100_00, ["EUR"])
    assert found.rates == {"JPY": Decimal("0.01"), "EUR": None}
