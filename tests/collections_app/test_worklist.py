"""The work list: derived from the books, ranked with reasons, put off and taken back."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_app.policy.worklist import Account, tasks_of, uplift
from collections_app.selectors.worklist import cash_left, work_list
from collections_app.services.activities import ActivityError, log_activity, mark_done, put_off, take_back
from collections_app.services.promises import decide_promises, give_promise
from disputes.services import open_dispute
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
OLD = date(2026, 6, 1)


@pytest.fixture
def world():
    company = make_company()
    ana = make_user("specialist", company)
    return company, ana, make_customer(company, "Nordia", collector=ana)


def keys(ana, today=DAY, **filters):
    return [item.task.key.split(":")[0] for item in work_list(user=ana, today=today, **filters) if not item.waits_until]


def test_an_overdue_account_is_to_be_called_and_a_paid_one_is_gone(world):
    _, ana, nordia = world
    invoice = issue(nordia, 500_00, day=OLD)
    (item,) = work_list(user=ana, today=DAY)
    assert (item.task.title, item.task.amount, item.task.next_action) == ("Call", 500_00, "Call, ask for a date")
    assert "oldest 76 days past due" in item.task.reasons
    apply(receive(nordia, 500_00), (invoice, 500_00))
    assert work_list(user=ana, today=DAY) == []


def test_disputed_and_promised_amounts_are_left_out_of_the_call(world):
    _, ana, nordia = world
    first, second = issue(nordia, 100_00, day=OLD), issue(nordia, 80_00, day=OLD)
    open_dispute(actor=ana, open_item=first, amount=30_00, reason="price", today=DAY, source="a")
    give_promise(actor=ana, customer=nordia, items=[second], amount=80_00, due_on=date(2026, 9, 20), today=DAY)
    call = next(i.task for i in work_list(user=ana, today=DAY) if i.task.kind == "call")
    assert call.amount == 70_00
    assert cash_left(work_list(user=ana, today=DAY)) == {"USD": 70_00}


def test_what_is_contested_of_an_invoice_not_due_keeps_no_other_from_being_asked_for(world):
    _, ana, nordia = world
    late, later = issue(nordia, 100_00, day=OLD), issue(nordia, 500_00, day=DAY)
    open_dispute(actor=ana, open_item=later, amount=500_00, reason="price", today=DAY, source="a")
    give_promise(actor=ana, customer=nordia, items=[late], amount=60_00, due_on=date(2026, 9, 20), today=DAY)
    apply(receive(nordia, 60_00), (late, 60_00))
    tasks = {i.task.kind: i.task.amount for i in work_list(user=ana, today=DAY)}
    assert tasks == {"call": 40_00, "dispute": 500_00}


def test_of_a_part_paid_invoice_no_more_is_contested_than_is_open(world):
    _, ana, nordia = world
    invoice = issue(nordia, 100_00, day=OLD)
    open_dispute(actor=ana, open_item=invoice, amount=90_00, reason="price", today=DAY, source="a")
    apply(receive(nordia, 70_00), (invoice, 70_00))
    issue(nordia, 50_00, day=OLD)
    tasks = {i.task.kind: i.task.amount for i in work_list(user=ana, today=DAY)}
    assert tasks == {"call": 50_00, "dispute": 30_00}


def test_a_broken_promise_comes_first_and_says_so(world):
    company, ana, nordia = world
    other = make_customer(company, "Zeta", collector=ana)
    issue(other, 100_00, day=OLD)
    invoice = issue(nordia, 100_00, day=OLD)
    give_promise(actor=ana, customer=nordia, items=[invoice], amount=100_00, due_on=date(2026, 9, 16), today=DAY)
    decide_promises(company=company, today=date(2026, 9, 18), actor=SYSTEM)
    first = work_list(user=ana, today=date(2026, 9, 18))[0]
    assert (first.task.kind, first.customer.name) == ("broken_promise", "Nordia")
    assert first.task.reasons[0] == "promised 100.00 for 16 Sep, not received"


def test_unapplied_cash_is_our_fault_before_it_is_the_customers(world):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    receive(nordia, 100_00)
    assert [(i.task.kind, i.task.bucket) for i in work_list(user=ana, today=DAY)] == [("apply_credit", "our fault")]


def test_holds_portfolios_and_companies_bound_the_list(world):
    company, ana, nordia = world
    issue(make_customer(company, "Someone else's"), 100_00, day=OLD)
    issue(make_customer(make_company(), "Foreign"), 100_00, day=OLD)
    issue(nordia, 100_00, day=OLD)
    assert len(work_list(user=ana, today=DAY)) == 1
    assert len(work_list(user=ana, today=DAY, mine=False)) == 2
    nordia.dunning_hold, nordia.dunning_hold_until = True, DAY
    nordia.save()
    assert work_list(user=ana, today=DAY) == []
    assert len(work_list(user=ana, today=DAY + timedelta(days=1))) == 1


def test_put_off_done_and_taken_back(world):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    key = work_list(user=ana, today=DAY)[0].task.key
    put_off(user=ana, customer=nordia, task_key=key, until=date(2026, 9, 20), today=DAY)
    assert work_list(user=ana, today=DAY)[0].waits_until == date(2026, 9, 20)
    assert keys(ana) == []
    assert keys(ana, today=date(2026, 9, 20)) == ["call"]
    take_back(user=ana, task_key=key)
    assert keys(ana) == ["call"]
    mark_done(user=ana, customer=nordia, task_key=key, today=DAY)
    assert keys(ana) == []
    with pytest.raises(ActivityError, match="ahead"):
        put_off(user=ana, customer=nordia, task_key=key, until=DAY, today=DAY)


def test_a_call_yesterday_lowers_the_rank_today(world):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    before = work_list(user=ana, today=DAY)[0].task.score
    log_activity(actor=ana, customer=nordia, kind="call", outcome="no_answer", today=DAY - timedelta(days=1))
    assert work_list(user=ana, today=DAY)[0].task.score < before
    with pytest.raises(ActivityError):
        log_activity(actor=ana, customer=nordia, kind="note", today=DAY)


def test_the_list_takes_a_handful_of_queries_whatever_its_length(world):
    company, ana, _ = world
    for n in range(30):
        issue(make_customer(company, f"Many {n}", collector=ana), 10_00, day=OLD)
    with CaptureQueriesContext(connection) as queries:
        assert len(work_list(user=ana, today=DAY)) == 30
    assert len(queries) <= 9


def test_acting_counts_most_between_one_and_four_months():
    curve = [uplift(days, 0, None, "B") for days in (0, 10, 60, 120, 200, 400)]
    assert max(curve) == curve[2] == curve[3]
    assert curve[0] < curve[1] < curve[2] and curve[3] > curve[4] > curve[5]
    assert tasks_of(Account(1, "USD", 0, 0, 0, 0, None), DAY) == []
