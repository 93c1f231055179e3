"""Whole accounts are reported from the sums of each day; the same questions asked of the lines give the same answers."""

from datetime import date, timedelta

import pytest

from customers.models import Customer
from ledger import daybook
from ledger.asof import Scope
from ledger.models import DayTotal, Entry, OpenItem
from ledger.services import reverse_entries
from ledger.verify import verify_books
from org.actors import Reach
from reports.selectors.ageing import journal_totals
from reports.selectors.equivalent import equivalent
from reports.selectors.movements import balances_now, daily, past_due_at
from reports.selectors.overview import days_late
from reports.selectors.question import Question
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, rate, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
POINTS = [date(2026, 7, 31), date(2026, 8, 15), date(2026, 8, 31), DAY]
ALL = Reach(everything=True)


@pytest.fixture
def world():
    """Two currencies, memos, part payments, an application undone, one undone after the day."""
    company = make_company(currency="USD")
    rate("EUR", "USD", "1.1")
    for number, currency in enumerate(("USD", "EUR")):
        customer = make_customer(company, currency=currency)
        first, second, third = (issue(customer, 100_00 * n, day=date(2026, 6, n), currency=currency) for n in (1, 2, 3))
        issue(customer, -40_00, day=date(2026, 8, 20), kind="credit_memo", currency=currency)
        paid = receive(customer, 350_00, day=date(2026, 7, 20), currency=currency)
        undone = apply(paid, (first, 100_00), day=date(2026, 7, 20))
        apply(paid, (second, 50_00), (third, 70_00), day=date(2026, 8, 10))
        later = apply(paid, (third, 30_00), day=date(2026, 8, 12))
        reverse_entries(entries=[Entry.objects.get(pk=undone)], day=date(2026, 8, 14 + number), actor=SYSTEM, reason="wrong item")
        reverse_entries(entries=[Entry.objects.get(pk=later)], day=date(2026, 10, 2), actor=SYSTEM, reason="wrong item")
    return company


def both(**scope):
    """The same question of whole accounts, and of all customers one by one."""
    whole = Question(DAY, Scope(ALL, **scope))
    return whole, whole.within(customer_ids=list(Customer.objects.values_list("pk", flat=True)))


@pytest.mark.parametrize("scope", [{}, {"currency": "EUR"}, {"kinds": ("invoice",)}, {"dates": ("due", date(2026, 7, 2), None)}])
@pytest.mark.parametrize("back", [0, 20, 46, 47, 60, 90])
def test_day_totals_answer_as_the_lines_do(world, scope, back):
    whole, single = (question.on(DAY - timedelta(days=back)) for question in both(**scope))
    assert daybook.covers(whole.scope) and not daybook.covers(single.scope)
    assert journal_totals(whole) == journal_totals(single)
    assert balances_now(whole) == balances_now(single)
    assert past_due_at(whole, [p for p in POINTS if p <= whole.as_of] or [whole.as_of]) == past_due_at(
        single, [p for p in POINTS if p <= whole.as_of] or [whole.as_of]
    )
    money = equivalent([world], DAY)
    assert days_late(whole, date(2026, 7, 1), money).value == days_late(single, date(2026, 7, 1), money).value
    spans = [(a, b) for a in POINTS for b in POINTS if a < b]
    for company, causes in daily(single, date(2026, 1, 1)).items():
        for cause, series in causes.items():
            ours = daily(whole, date(2026, 1, 1))[company][cause]
            assert [ours.between(*span) for span in spans] == [series.between(*span) for span in spans]


def test_a_new_due_date_moves_what_was_summed_under_the_old(world):
    item = OpenItem.objects.filter(kind="invoice").exclude(balance=0).first()
    OpenItem.objects.filter(pk=item.pk).update(due_date=date(2026, 12, 1))
    whole, single = both()
    assert past_due_at(whole, POINTS) == past_due_at(single, POINTS)
    assert verify_books(DAY) == []


def test_day_totals_are_written_by_the_ledger_alone_and_never_changed(world):
    with pytest.raises(Exception, match=r"permission denied|rows are only added"):
        DayTotal.objects.update(amount=0)


def test_what_is_known_when_is_asked_of_the_lines(world):
    assert not daybook.covers(Scope(ALL), known_at=Entry.objects.latest("posted_at").posted_at)
    assert not daybook.covers(Scope(ALL, dates=("document", None, DAY)))
    assert not daybook.covers(Scope(Reach(portfolios=frozenset({world.pk}), person_id=1)))
