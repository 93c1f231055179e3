"""The page of a case: its clock, thread and facts, what is done from it, and what a reader is spared."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from disputes.models import Cause, Dispute, DisputeNote, DisputeWatcher
from disputes.policy.track import moves, stages
from disputes.selectors.beside import alike, clock_of
from disputes.selectors.levels import policy_of
from disputes.selectors.thread import thread_of
from disputes.services import NEXT, note_dispute, open_dispute
from org.models import Department
from tests.factories import issue, make_company, make_customer, make_user
from workflow.services.tasks import answer_task, open_task

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def world():
    company = make_company()
    sam = make_user("senior", company)
    item = issue(make_customer(company, "Alpha"), 500_00, day=DAY - timedelta(days=60))
    case = open_dispute(
        actor=sam, open_item=item, amount=100_00, reason="price", today=DAY - timedelta(days=10), source="t:1", owner=sam,
        customer_words="12.00 <b>billed</b>",
    )  # fmt: skip
    return company, sam, case


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def url(case, name="detail"):
    return reverse(f"disputes:{name}", args=[case.pk])


def test_a_case_is_worked_on_its_page(world):
    _, sam, case = world
    client = enter(sam)
    assert "&lt;b&gt;billed" in client.get(url(case)).content.decode()
    client.post(url(case, "note"), {"body": "They are right"})
    assert list(DisputeNote.objects.values_list("body", "is_internal")) == [("They are right", True)]
    client.post(url(case, "move"), {"to": "decision", "version": 0})
    stale = client.post(url(case, "move"), {"to": "investigating", "version": 0}, follow=True)
    assert Dispute.objects.get(pk=case.pk).state == "decision" and b"someone changed this dispute" in stale.content
    client.post(url(case, "move"), {"to": "waiting:customer", "version": 1})
    case.refresh_from_db()
    assert (case.state, case.waiting_on, case.paused_on) == ("waiting", "customer", DAY)
    assert "stands still since 30 Sep" in client.get(url(case)).content.decode()


def test_waiting_for_a_department_names_it(world):
    company, sam, case = world
    service = Department.objects.create(company=company, code="service", name="Service")
    client = enter(sam)
    assert b"choose the department" in client.post(url(case, "move"), {"to": "waiting:department", "version": 0}, follow=True).content
    client.post(url(case, "move"), {"to": "waiting:department", "version": 0, "department": service.pk})
    case.refresh_from_db()
    assert (case.waiting_on, case.department) == ("department", service)
    foreign = Department.objects.create(company=make_company(), code="x", name="X")
    client.post(url(case, "hand-over"), {"department": foreign.pk, "version": case.version})
    assert Dispute.objects.get(pk=case.pk).department == service
    client.post(url(case, "hand-over"), {"department": "", "version": case.version})
    assert Dispute.objects.get(pk=case.pk).department is None


def test_an_empty_note_is_sent_back_with_the_reason(world):
    answer = enter(world[1]).post(url(world[2], "note"), {"body": ""})
    assert answer.status_code == 422 and b"Write something" in answer.content


def test_watching_is_for_oneself_or_a_colleague_who_sees_it(world):
    company, sam, case = world
    client, ben = enter(sam), make_user("specialist", company)
    client.post(url(case, "watch"), {"on": "1"})
    client.post(url(case, "watch"), {"on": "1", "user": ben.pk})
    assert set(DisputeWatcher.objects.values_list("user", flat=True)) == {sam.pk, ben.pk}
    blind = make_user("specialist", company, scope="portfolio")
    assert b"see this case" in client.post(url(case, "watch"), {"on": "1", "user": blind.pk}, follow=True).content
    client.post(url(case, "watch"), {})
    assert list(DisputeWatcher.objects.values_list("user", flat=True)) == [ben.pk]


def test_the_thread_tells_what_the_customer_sees_apart_and_folds_what_happened(world):
    company, sam, case = world
    note_dispute(actor=sam, dispute=case, body="between us")
    note_dispute(actor=sam, dispute=case, body="dear customer", is_internal=False)
    Department.objects.create(company=company, code="service", name="Service")
    task = open_task(
        actor=sam, company=company, kind="question", title="Signed?", question="Was it signed?", due_date=DAY, subject=case,
        dedupe_key="t", department="service", customer_id=case.customer_id, today=DAY,
    )  # fmt: skip
    answer_task(actor=make_user("senior", company), task=task, body="yes, by Eva", version=task.version, today=DAY)
    said = [(e.kind, e.words, e.is_outside) for e in thread_of(sam, case).entries if e.kind != "events"]
    assert said == [
        ("claim", "12.00 <b>billed</b>", True), ("note", "between us", False), ("told", "dear customer", True),
        ("asked", "Was it signed?", False), ("answer", "yes, by Eva", False),
    ]  # fmt: skip
    folded = [e for e in thread_of(sam, case).entries if e.kind == "events"]
    assert folded[-1].last == "Now investigating"
    assert [e.kind for e in thread_of(sam, case, "customer").entries] == ["claim", "told"]
    assert [e.kind for e in thread_of(sam, case, "internal").entries] == ["note", "asked", "answer"]
    sales = make_user("sales", company)
    assert "asked" not in {e.kind for e in thread_of(sales, case).entries}, "questions are for those who see tasks"


def test_delay_costs_from_the_day_the_money_was_due(world):
    company, _, case = world
    clock = clock_of(case, policy_of(company.pk), DAY)
    assert clock.costs_since == DAY - timedelta(days=10), "later than the document's due day"
    assert clock.cost == round(100_00 * 0.08 * 10 / 365)
    assert clock.left == -3, "opened on a Sunday, due five working days after: on Friday the 25th; three more have passed"


def test_cases_alike_are_counted_with_their_money(world):
    company, sam, case = world
    cause = Cause.objects.create(company=company, code="c", name="Old price list", stage="pricing_setup")
    for n in range(2):
        item = issue(case.customer, 300_00, day=DAY - timedelta(days=40))
        open_dispute(actor=sam, open_item=item, amount=50_00, reason="price", today=DAY - timedelta(days=100 * n), source=f"o:{n}")
    Dispute.objects.update(cause=cause)
    case.refresh_from_db()
    found = alike(sam, case, policy_of(company.pk), DAY)
    assert [(a.title, a.count, a.amount) for a in found] == [
        ("Same cause: Old price list", 1, 50_00), ("Same customer, same reason: price", 1, 50_00),
    ]  # fmt: skip
    assert alike(make_user("specialist", company, scope="portfolio"), case, policy_of(company.pk), DAY) == []


def test_steps_that_change_nothing_are_one_stage():
    days = [DAY + timedelta(days=n) for n in range(10)]
    steps = [
        ("open", "", "", days[0], "a"), ("waiting", "customer", "", days[1], "a"), ("waiting", "customer", "", days[3], "b"),
        ("resolved", "", "", days[6], "a"),
    ]  # fmt: skip
    found = stages(steps, days[9])
    assert [(s.state, s.days, s.worked, s.until) for s in found] == [
        ("open", 1, 1, days[1]), ("waiting", 5, 3, days[6]), ("resolved", 0, 0, None),
    ]  # fmt: skip


@pytest.mark.parametrize("state", Dispute.State.values)
def test_every_step_is_allowed_or_says_why_not(state):
    offered = moves(state, "customer" if state == "waiting" else "", NEXT, departments=True)
    assert {m.code.partition(":")[0] for m in offered if not m.why} >= NEXT[state]
    assert all(m.why or m.code.partition(":")[0] in NEXT[state] or m.code == "waiting:department" for m in offered)


def test_the_page_costs_a_bounded_number_of_queries(world, django_assert_max_num_queries):
    client = enter(world[1])
    client.get(url(world[2]))
    with django_assert_max_num_queries(40):
        client.get(url(world[2]))


def test_a_reader_sees_the_case_and_no_way_to_change_it(world):
    body = enter(make_user("auditor", world[0])).get(url(world[2])).content.decode()
    assert world[2].number in body
    assert "Internal note" not in body and "Transition" not in body.replace("data-command", "") and "assign" not in body


def test_a_foreign_case_is_not_there(world):
    client = enter(make_user("senior", make_company()))
    assert client.get(url(world[2])).status_code == 404
    for name in ("note", "move", "assign", "hand-over", "watch"):
        assert client.post(url(world[2], name), {}).status_code == 404
