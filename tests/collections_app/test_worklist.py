"""The work list: ranked from the books with reasons, caught up by what happened, put off and taken back."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arops.lib import clock
from collections_app.models import Inquiry, Ranking, Snooze, WorkTask
from collections_app.selectors.worklist import Asked, WorkList
from collections_app.services.activities import ActivityError, log_activity, mark_done, put_off, take_back
from collections_app.services.judging import decide_promises
from collections_app.services.leases import give_back, take_lease
from collections_app.services.promises import give_promise
from collections_app.services.ranking import catch_up, rank
from customers.models import CustomerDocument
from disputes.services import open_dispute
from org.models import Department
from tests.collections_app.work import amounts, listed
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
OLD = date(2026, 6, 1)


@pytest.fixture
def world():
    company = make_company()
    ana = make_user("specialist", company)
    nordia = make_customer(company, "Nordia", collector=ana)
    nordia.contacts.create(name="Eva Lund", phone="+46 8 123", email="eva@nordia.example")
    return company, ana, nordia


def kinds(ana, today=DAY, **asked):
    return [item.task.kind for item in listed(ana, today, **asked) if not item.waits_until]


def test_an_overdue_account_is_to_be_called_and_a_paid_one_is_gone(world):
    _, ana, nordia = world
    invoice = issue(nordia, 500_00, day=OLD)
    (item,) = listed(ana)
    assert (item.task.title, item.task.amount, item.task.next_action) == ("Call", 500_00, "Call, ask for a date")
    assert "oldest 76 days past due" in item.task.reasons and item.task.owner == ana
    assert item.task.why.startswith("Oldest 76 days past due, never contacted: acting today can be expected to move 180.00 of 500.00 USD")
    apply(receive(nordia, 500_00), (invoice, 500_00))
    assert listed(ana) == []


def test_disputed_and_promised_amounts_are_left_out_of_the_call(world):
    _, ana, nordia = world
    first, second = issue(nordia, 100_00, day=OLD), issue(nordia, 80_00, day=OLD)
    open_dispute(actor=ana, open_item=first, amount=30_00, reason="price", today=DAY, source="a")
    give_promise(actor=ana, customer=nordia, items=[second], amount=80_00, due_on=date(2026, 9, 20), today=DAY)
    assert amounts(ana) == {"dispute": 30_00, "call": 70_00}
    assert WorkList(ana, DAY, Asked()).at_stake() == {"USD": 70_00}
    assert [g.sums for g in WorkList(ana, DAY, Asked()).groups(5) if g.count] == [{"USD": 70_00}]
    assert [g.sums for g in WorkList(ana, DAY, Asked(kind="dispute")).groups(5) if g.count] == [{"USD": 30_00}]
    for item in listed(ana):
        put_off(user=ana, customer=nordia, task_key=item.task.key, until=date(2026, 9, 18), today=DAY)
    assert [g.sums for g in WorkList(ana, DAY, Asked()).groups(5) if g.count] == [{"USD": 70_00}]


def test_what_is_contested_of_an_invoice_not_due_keeps_no_other_from_being_asked_for(world):
    _, ana, nordia = world
    late, later = issue(nordia, 100_00, day=OLD), issue(nordia, 500_00, day=DAY)
    open_dispute(actor=ana, open_item=later, amount=500_00, reason="price", today=DAY, source="a")
    give_promise(actor=ana, customer=nordia, items=[late], amount=60_00, due_on=date(2026, 9, 20), today=DAY)
    apply(receive(nordia, 60_00), (late, 60_00))
    assert amounts(ana) == {"call": 40_00, "dispute": 500_00}


def test_of_a_part_paid_invoice_no_more_is_contested_than_is_open(world):
    _, ana, nordia = world
    invoice = issue(nordia, 100_00, day=OLD)
    open_dispute(actor=ana, open_item=invoice, amount=90_00, reason="price", today=DAY, source="a")
    apply(receive(nordia, 70_00), (invoice, 70_00))
    issue(nordia, 50_00, day=OLD)
    assert amounts(ana) == {"call": 50_00, "dispute": 30_00}


def test_a_promise_is_followed_up_the_day_after_and_comes_first_once_it_is_broken(world):
    company, ana, nordia = world
    other = make_customer(company, "Zeta", collector=ana)
    other.contacts.create(name="Zoe", phone="1")
    issue(other, 100_00, day=OLD)
    invoice = issue(nordia, 100_00, day=OLD)
    promise = give_promise(actor=ana, customer=nordia, items=[invoice], amount=100_00, due_on=date(2026, 9, 16), today=DAY)
    assert kinds(ana) == ["call"]
    assert "follow_up" in kinds(ana, date(2026, 9, 17))
    type(promise).objects.filter(pk=promise.pk).update(tolerance_days=0)
    decide_promises(company=company, today=date(2026, 9, 18), actor=SYSTEM)
    first = listed(ana, date(2026, 9, 18))[0]
    assert (first.task.kind, first.customer.name, first.task.bucket) == ("broken_promise", "Nordia", "at_risk")
    assert first.task.reasons[0] == "promised 100.00 for 16 Sep, not received"


def test_unapplied_cash_is_our_fault_before_it_is_the_customers(world):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    receive(nordia, 100_00)
    assert [(i.task.kind, i.task.bucket) for i in listed(ana)] == [("apply_credit", "our_fault")]


def test_what_a_department_can_fix_goes_to_its_people(world):
    company, ana, nordia = world
    logistics = Department.objects.create(company=company, code="logistics", name="Logistics")
    nils = make_user("specialist", company)
    nils.memberships.update(department=logistics)
    item = issue(nordia, 100_00, day=OLD)
    case = open_dispute(actor=ana, open_item=item, amount=100_00, reason="damaged", today=DAY, source="a")
    type(case).objects.filter(pk=case.pk).update(department=logistics, waiting_on="department")
    CustomerDocument.objects.create(
        company=company, customer=nordia, kind="w9", waits_for="logistics", invoice_number=item.number, created_by="x"
    )
    assert sorted(kinds(nils, scope="ours")) == ["dispute", "document"]
    assert {i.task.amount for i in listed(nils, scope="ours")} == {100_00}
    assert kinds(ana, bucket="our_fault", kind="dispute") == ["dispute"]
    type(case).objects.filter(pk=case.pk).update(waiting_on="customer")
    rank(company=company, day=DAY, now=clock.now())
    assert (kinds(nils, scope="ours"), kinds(ana, bucket="routine")) == (["document"], ["dispute"])


def test_a_question_waits_for_whoever_has_it_and_a_customer_nobody_can_reach_for_a_contact(world):
    company, ana, nordia = world
    sam = make_user("specialist", company)
    Inquiry.objects.create(
        company=company, number="INQ-1", customer=nordia, subject="?", asked_on=DAY, owner=sam, kind="copy", opened_by="x",
        answer_by=datetime.fromisoformat("2026-09-16T09:00+00:00"),
    )  # fmt: skip
    silent = make_customer(company, "Silent", collector=ana)
    issue(silent, 10_00, day=OLD)
    assert (kinds(ana), kinds(sam)) == (["contact"], ["inquiry"])
    log_activity(actor=ana, customer=nordia, kind="call", outcome="wrong_contact", today=DAY)
    issue(nordia, 10_00, day=OLD)
    assert [(i.task.kind, i.task.amount, i.task.reasons[0]) for i in listed(ana, text="nordia")] == [
        ("contact", 10_00, "the last call reached a wrong contact")
    ]


def test_holds_portfolios_and_companies_bound_the_list(world):
    company, ana, nordia = world
    issue(make_customer(company, "Someone else's"), 100_00, day=OLD)
    issue(make_customer(make_company(), "Foreign"), 100_00, day=OLD)
    issue(nordia, 100_00, day=OLD)
    assert kinds(ana) == ["call"]
    assert sorted(kinds(ana, scope="all")) == ["call", "contact"]
    ana.memberships.update(scope="portfolio")
    assert kinds(type(ana).objects.get(pk=ana.pk), scope="all") == ["call"]
    nordia.dunning_hold, nordia.dunning_hold_until = True, DAY
    nordia.save()
    rank(company=company, day=DAY, now=clock.now())
    assert listed(ana) == []
    assert kinds(ana, DAY + timedelta(days=1)) == ["call"]


def test_put_off_done_and_taken_back(world):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    key = listed(ana)[0].task.key
    put_off(user=ana, customer=nordia, task_key=key, until=date(2026, 9, 20), today=DAY)
    assert listed(ana)[0].waits_until == date(2026, 9, 21), "the 20th is a Sunday"
    assert kinds(ana) == []
    assert kinds(ana, date(2026, 9, 21)) == ["call"]
    take_back(user=ana, task_key=key)
    assert kinds(ana) == ["call"]
    mark_done(user=ana, customer=nordia, task_key=key, today=DAY)
    assert kinds(ana) == []
    with pytest.raises(ActivityError, match="ahead"):
        put_off(user=ana, customer=nordia, task_key=key, until=DAY, today=DAY)
    with pytest.raises(ActivityError, match="waits for"):
        put_off(user=ana, customer=nordia, task_key=key, until=date(2026, 9, 20), today=DAY, event="rain")


@pytest.mark.parametrize(("event", "lacks"), [("dispute", "open dispute"), ("promise", "open promise"), ("document", "document")])
def test_nothing_waits_for_what_cannot_come(world, client, event, lacks):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    key = listed(ana)[0].task.key
    with pytest.raises(ActivityError, match=f"has no {lacks}"):
        put_off(user=ana, customer=nordia, task_key=key, until=date(2026, 9, 20), today=DAY, event=event)
    client.force_login(ana)
    posts: list[tuple[str, dict[str, object]]] = [
        (f"/queue/task/{key}/snooze/", {"event": event}), ("/queue/bulk/", {"keys": [key], "do": f"snooze:{event}"}),
    ]  # fmt: skip
    for address, data in posts:
        answer = client.post(address, data, headers={"HX-Request": "true"})
        assert answer.status_code == 422 and f"has no {lacks}" in answer.headers["HX-Trigger"]
    assert kinds(ana) == ["call"]


def test_a_task_that_waits_for_an_event_comes_back_with_it_and_not_before(world):
    _, ana, nordia = world
    item = issue(nordia, 100_00, day=OLD)
    case = open_dispute(actor=ana, open_item=issue(nordia, 5_00, day=OLD), amount=5_00, reason="price", today=DAY, source="a")
    call = next(i.task for i in listed(ana) if i.task.kind == "call")
    put_off(user=ana, customer=nordia, task_key=call.key, until=date(2026, 11, 1), today=DAY, event="payment")
    log_activity(actor=ana, customer=nordia, kind="email", today=DAY)
    assert case and kinds(ana) == ["dispute"]
    receive(nordia, 30_00)
    back = next(i for i in listed(ana) if i.task.kind == "call")
    assert (back.waits_until, back.woken_by, back.task.amount) == (None, "payment", 70_00)
    assert Snooze.objects.get().until == DAY and item.balance == 100_00


def test_a_call_yesterday_lowers_the_rank_today(world):
    _, ana, nordia = world
    issue(nordia, 100_00, day=OLD)
    before = listed(ana)[0].task.score
    log_activity(actor=ana, customer=nordia, kind="call", outcome="no_answer", today=DAY - timedelta(days=1))
    assert listed(ana)[0].task.score < before
    with pytest.raises(ActivityError):
        log_activity(actor=ana, customer=nordia, kind="note", today=DAY)


def test_only_those_something_happened_to_are_ranked_again_in_few_statements(world):
    company, ana, nordia = world
    for n in range(30):
        issue(make_customer(company, f"Many {n}", collector=ana), 10_00, day=OLD)
    assert rank(company=company, day=DAY, now=clock.now()) == 30
    with CaptureQueriesContext(connection) as queries:
        assert len(listed(ana)) == 30
    assert len(queries) <= 20
    untouched = set(WorkTask.objects.values_list("pk", flat=True))
    issue(nordia, 100_00, day=OLD)
    assert catch_up(company=company, day=DAY, now=clock.now()) == 1
    assert catch_up(company=company, day=DAY, now=clock.now()) == 0
    assert set(WorkTask.objects.values_list("pk", flat=True)) > untouched


def test_much_at_once_is_left_to_the_background(world):
    company, _, nordia = world
    rank(company=company, day=DAY, now=clock.now())
    for customer in (nordia, make_customer(company)):
        issue(customer, 10_00, day=OLD)
    assert catch_up(company=company, day=DAY, now=clock.now(), at_once=1) is None
    assert not WorkTask.objects.exists()
    assert catch_up(company=company, day=DAY, now=clock.now(), at_once=None) == 2
    assert catch_up(company=company, day=DAY + timedelta(days=1), now=clock.now(), at_once=1) is None
    assert Ranking.objects.get(company=company).day == DAY


def test_an_account_is_worked_by_one_person_until_the_lease_runs_out_or_is_taken_over(world):
    company, ana, nordia = world
    sam, now = make_user("specialist", company), clock.now()
    assert take_lease(user=ana, customer=nordia, now=now) and take_lease(user=ana, customer=nordia, now=now)
    assert not take_lease(user=sam, customer=nordia, now=now + timedelta(minutes=9))
    assert take_lease(user=sam, customer=nordia, now=now + timedelta(minutes=11))
    assert take_lease(user=ana, customer=nordia, now=now + timedelta(minutes=12), takes_over=True)
    give_back(user=sam, customer=nordia)
    assert not take_lease(user=sam, customer=nordia, now=now + timedelta(minutes=13))
    give_back(user=ana, customer=nordia)
    assert take_lease(user=sam, customer=nordia, now=now)
