"""The dashboard's blocks agree with each other, cost few queries, and stay within the viewer's sight."""

from datetime import date, timedelta

import pytest

from arops.lib import clock
from arops.lib.months import months_before
from cashapp.services import name_payer
from collections_app.models import Promise
from collections_app.services.judging import decide_promises
from collections_app.services.promises import give_promise
from ledger.aging import Buckets
from ledger.asof import Scope
from ledger.services import reverse_entries
from reports.selectors.dashboard import dashboard
from reports.selectors.equivalent import equivalent
from reports.selectors.overview import top_customers
from reports.selectors.question import Question, companies_in
from tests.cashapp.worlds import make_bank, money_in
from tests.factories import SYSTEM, apply, contest, issue, make_company, make_customer, make_user, rate, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
SINCE = DAY - timedelta(days=7)


def show(actor=SYSTEM, day=DAY, currency=""):
    reach = actor.reach("reports.view")
    return dashboard(actor, Question(day, Scope(reach)), companies_in(reach), months_before(day, 1), day - timedelta(days=7), currency)


@pytest.fixture
def world():
    rate("EUR", "USD", "1.10")
    us, de = make_company(currency="USD"), make_company(currency="EUR")
    kestrel, bolt = make_customer(us, "Kestrel"), make_customer(de, "Bolt")
    for n in range(12):
        issue(kestrel, 100_00 * (n + 1), day=DAY - timedelta(days=30 * n + 5))
        issue(bolt, 50_00, day=DAY - timedelta(days=30 * n + 5))
    crossed = issue(kestrel, 770_00, day=DAY - timedelta(days=125), due=DAY - timedelta(days=95))
    paid = receive(bolt, 40_00, day=DAY - timedelta(days=2))
    apply(paid, (bolt.open_items.filter(kind="invoice").order_by("due_date").first(), 40_00), day=DAY - timedelta(days=1))
    receive(None, 15_00, company=us, day=DAY - timedelta(days=20))
    receive(kestrel, 25_00, day=DAY - timedelta(days=40))
    contest(
        company=us, customer=kestrel, open_item=crossed, number="D-1", reason="freight", amount=60_00, currency="USD",
        due_date=DAY, opened_on=DAY, opened_by="user:1", source="t:1",
    )  # fmt: skip
    Promise.objects.create(
        company=de, customer=bolt, amount=50_00, currency="EUR", given_on=DAY - timedelta(days=20), due_on=DAY - timedelta(days=5),
        state="broken", decided_on=DAY - timedelta(days=4), received=0, taken_by="user:1",
    )  # fmt: skip
    return us, de, kestrel, bolt


def test_group_total_roll_forward_trend_and_top_customers_tell_one_balance(world):
    found = show(currency="USD")
    assert found.equivalent.currency == "USD"
    assert found.group.total == found.roll_forward.end == found.trend[-1].receivables == found.top_whole
    assert found.roll_forward.begin + sum(amount for _, _, amount in found.roll_forward.causes) == found.roll_forward.end
    assert found.ageing.ties_all
    assert sum(row.total for row in found.top) == found.top_whole


def test_the_measures_use_the_same_receivables(world):
    found = show(currency="USD")
    dso = found.figures[0].measure
    assert dso.inputs[0].value == found.group.total
    overdue = next(f.measure for f in found.figures if f.measure.code == "overdue")
    assert overdue.inputs[0].value == found.group.past_due
    assert len(found.figures[0].trend) == 7
    in_dispute = next(m for m in found.more if m.code == "in_dispute")
    assert in_dispute.inputs[0].value == found.group.disputed


def test_rounded_conversions_still_foot_to_the_minor_unit():
    """Cells of odd cents at an odd rate: ageing of the group, measures, roll-forward and largest accounts tell one balance."""
    rate("EUR", "USD", "1.0812")
    rate("GBP", "EUR", "1.1734")
    us, de = make_company(currency="USD"), make_company(currency="EUR")
    issue(make_customer(us), 333_33, day=DAY)
    for n in range(12):
        customer = make_customer(de)
        for currency in ("EUR", "GBP"):
            day = DAY - timedelta(days=11 * n)
            invoice = issue(customer, 17_37 + 7 * n, day=day, due=day + timedelta(days=20), currency=currency)
            apply(receive(customer, 3_01 + n, day=DAY, currency=currency), (invoice, 2_03), day=DAY)
    found = show(currency="USD")
    assert found.group.total == found.roll_forward.end == found.trend[-1].receivables == found.top_whole
    assert found.group.past_due == found.trend[-1].past_due
    assert found.roll_forward.begin + sum(amount for _, _, amount in found.roll_forward.causes) == found.roll_forward.end


def test_past_due_of_the_largest_accounts_is_by_due_date_whatever_the_buckets(world):
    question = Question(DAY, Scope(SYSTEM.reach("reports.view")), None, "document", Buckets((15, 45)))
    rows, _ = top_customers(question, equivalent(companies_in(SYSTEM.reach("reports.view")), DAY, "USD"))
    assert [(r.name, r.past_due) for r in rows] == [(r.name, r.past_due) for r in show(currency="USD").top]


def test_a_returned_receipt_is_not_among_what_was_paid(world):
    *_, bolt = world
    bounced = receive(bolt, 99_00, day=DAY - timedelta(days=3))
    reverse_entries(entries=[bounced.opened_by], day=DAY - timedelta(days=1), actor=SYSTEM, reason="no funds")
    assert [m.amount for m in show(currency="USD").movers if m.kind == "paid"] == [44_00]


def test_what_changed_names_the_crossing_the_payment_the_dispute_and_the_broken_promise(world):
    found = {(m.kind, m.who): m.amount for m in show(currency="USD").movers}
    assert found[("crossed", "Kestrel")] == 770_00 + 500_00
    assert found[("paid", "Bolt")] == 44_00
    assert found[("dispute", "Disputes: freight or fees")] == 60_00
    assert found[("broken", "Bolt")] == 55_00


def test_money_whose_payer_was_found_is_the_payers_alone():
    bank = make_bank(currency="USD")
    acme = make_customer(bank.company, "ACME")
    named, stranger = money_in(bank, 900_00, day=DAY - timedelta(days=3)), money_in(bank, 300_00, day=DAY - timedelta(days=2))
    name_payer(actor=SYSTEM, receipt=named, customer=acme, version=named.version, today=DAY, now=clock.now())
    assert [(m.who, m.amount) for m in show(currency="USD").movers if m.kind == "paid"] == [("ACME", 900_00), ("Unidentified", 300_00)]
    assert stranger.customer is None


def test_idle_cash_is_aged_from_the_day_it_came_with_the_unidentified(world):
    cash = show(currency="USD").cash_total
    assert cash.buckets == [0, -15_00, -25_00, 0]


def test_matched_by_rules_counts_what_the_system_applied(world):
    rate_ = next(m for m in show().more if m.code == "match_rate")
    assert rate_.value == 100


def test_a_promise_put_off_is_judged_on_the_day_it_named_itself():
    """The first is paid before its day though a second took its place; the third is put off and not paid by its day."""
    company = make_company()
    given, due = DAY - timedelta(days=30), DAY - timedelta(days=20)
    for paid_on in (due, due + timedelta(days=5)):
        customer = make_customer(company)
        invoice = issue(customer, 100_00, day=given - timedelta(days=40), due=given - timedelta(days=10))
        for day in (due, DAY - timedelta(days=1)):
            give_promise(actor=SYSTEM, customer=customer, items=[invoice], amount=100_00, due_on=day, today=given)
        apply(receive(customer, 100_00, day=paid_on), (invoice, 100_00), day=paid_on)
    decide_promises(company=company, today=DAY, actor=SYSTEM)
    rate_ = next(m for m in show().more if m.code == "broken_promises")
    assert [(part.label, part.value) for part in rate_.inputs] == [("Broken", 1), ("Partly kept", 0), ("Came due", 4)]
    assert rate_.value == 25


def test_the_dashboard_costs_a_fixed_number_of_queries(world, django_assert_max_num_queries):
    show(currency="USD")
    with django_assert_max_num_queries(60):
        show(currency="USD")


def test_a_portfolio_shows_its_own_customers_alone(world):
    us, _, _, _ = world
    keller = make_user("specialist", us, scope="portfolio")
    issue(make_customer(us, "Mine", collector=keller), 123_00, day=SINCE)
    found = show(keller)
    assert [row.name for row in found.top] == ["Mine"]
    assert found.group.total == 123_00
    assert found.movers == []
    assert found.cash_total.total == 0


def test_an_empty_company_has_a_dashboard():
    make_company()
    found = show()
    assert found.figures[0].measure.value is None
    assert found.group.total == 0
