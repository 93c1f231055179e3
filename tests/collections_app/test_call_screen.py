"""Before a call: what to say, whether it is a time to call, how often it was tried; and steps that are planned."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from collections_app.models import PlannedStep, WorkTask
from collections_app.policy.effect import Touch, uplift
from collections_app.policy.hours import local_time
from collections_app.policy.likelihood import BANDS, Cases, Odds
from collections_app.policy.strategy import StepDraft
from collections_app.policy.worklist import Account, Lead, call_window, tasks_of
from collections_app.selectors.calling import before_call, rows_of
from collections_app.selectors.likelihood import bands_of
from collections_app.services.activities import log_activity
from collections_app.services.finishing import finish_task
from collections_app.services.likelihood import measure_likelihood
from disputes.services import open_dispute
from tests.collections_app.desk import put_in_force
from tests.collections_app.work import listed
from tests.factories import DAY, apply, issue, make_company, make_customer, make_user, receive

OLD = date(2026, 6, 1)
MONDAY = datetime(2026, 9, 14, 15, 30, tzinfo=UTC)


def test_acting_counts_most_between_one_and_four_months():
    curve = [uplift(days, Touch()) for days in (0, 10, 60, 120, 200, 400)]
    assert max(curve) == curve[2] == curve[3]
    assert curve[0] < curve[1] < curve[2] and curve[3] > curve[4] > curve[5]
    assert tasks_of(Account(1, "USD", 0, 0, 0, 0, None), DAY) == []


def test_what_the_books_say_stands_where_there_are_enough_cases_and_within_bounds():
    odds = Odds({31: Cases(200, 100, 400, 80), 61: Cases(99, 99, 400, 0), 91: Cases(100, 0, 100, 90), 121: Cases(100, 100, 100, 0)})
    assert [odds.change(day) for day in (45, 75, 100, 200)] == [300, 360, 10, 400]
    assert [odds.cases(day) is not None for day in (45, 75, 0)] == [True, False, False]
    (task,) = tasks_of(Account(1, "USD", 100_00, 0, 0, 0, DAY - timedelta(days=45)), DAY, odds)
    assert task.effect == 30_00 and task.why.endswith("30.00 of 100.00 USD (600 like cases in our books).")


def test_nobody_is_asked_for_money_who_is_with_an_agency_but_our_own_faults_stay():
    lead = Lead("plan", 7, 50_00, OLD, "Missed instalment", "", "Call")
    account = Account(1, "USD", 100_00, 20_00, 0, 0, OLD, is_placed=True, leads=(lead,))
    assert [task.kind for task in tasks_of(account, DAY)] == ["dispute"]


def test_it_is_a_time_to_call_when_it_is_one_everywhere_there():
    assert local_time(["SE"], MONDAY) and local_time(["SE"], MONDAY).text == "17:30" and local_time(["SE"], MONDAY).is_open
    assert (local_time(["US-TX", "US"], MONDAY).text, local_time(["US"], MONDAY).text) == ("10:30", "08:30 to 11:30")
    assert not local_time(["JP"], MONDAY).is_open and not local_time(["SE"], MONDAY - timedelta(days=1)).is_open
    assert local_time(["XX"], MONDAY) is None and local_time([], MONDAY) is None


def test_so_many_calls_a_week_and_no_more():
    calls = [DAY - timedelta(days=n) for n in (9, 6, 2, 0)]
    assert call_window(calls, DAY, 4) == (3, None)
    assert call_window(calls, DAY, 3) == (3, DAY + timedelta(days=1))
    assert call_window(calls, DAY, 1) == (3, DAY + timedelta(days=7))


@pytest.fixture
def world(db):
    company = make_company()
    ana = make_user("specialist", company)
    nordia = make_customer(company, "Nordia", collector=ana, country="SE")
    nordia.contacts.create(name="Eva Lund", phone="+46 8 123")
    return company, ana, nordia


def planned(company, customer, item, channel="call"):
    words = {"en": ("Call", "{total} for {oldest}, {days} days late, {customer}?")}
    version = put_in_force(company, [StepDraft(channel=channel, days=10, name="First call", texts=words)])
    return PlannedStep.objects.create(
        company=company, customer=customer, currency="USD", step=version.steps.get(), cycle=f"{item.number}#{item.pk}", due_on=DAY,
        amount=500_00,
    )  # fmt: skip


def test_a_planned_call_brings_its_script_and_is_gone_once_it_is_made(world):
    company, ana, nordia = world
    item = issue(nordia, 100_00, day=OLD, number="INV-9")
    planned(company, nordia, item)
    (found,) = listed(ana)
    assert (found.task.kind, found.task.title, found.task.amount) == ("planned", "First call", 100_00)
    script = before_call(nordia, [item], DAY, MONDAY).script
    assert script and script.text == "100.00 USD for INV-9, 76 days late, Nordia?"
    log_activity(actor=ana, customer=nordia, kind="call", outcome="no_answer", today=DAY)
    assert [i.task.kind for i in listed(ana)] == ["call"]


def test_a_planned_task_that_is_done_is_closed(world):
    company, ana, nordia = world
    step = planned(company, nordia, issue(nordia, 100_00, day=OLD), channel="task")
    task = next(i.task for i in listed(ana) if i.task.kind == "planned")
    assert not finish_task(user=ana, task=task, today=DAY)
    step.refresh_from_db()
    assert step.state == "done"
    assert finish_task(user=ana, task=WorkTask.objects.get(kind="call"), today=DAY)


def test_the_call_knows_what_was_said_and_what_is_disputed(world):
    _, ana, nordia = world
    item = issue(nordia, 100_00, day=OLD, number="INV-7")
    open_dispute(actor=ana, open_item=item, amount=30_00, reason="price", today=DAY, source="a")
    for _ in range(3):
        log_activity(actor=ana, customer=nordia, kind="call", outcome="no_answer", today=DAY)
    ahead = before_call(nordia, [item], DAY, MONDAY)
    assert "INV-7: it was due 76 days ago" in ahead.opening and "22 Sep" in ahead.goal
    assert (ahead.calls, ahead.wait_until) == (3, DAY + timedelta(days=7)) and ahead.time_there.text == "17:30"
    assert [(row.disputed, row.promised) for row in rows_of(nordia, [item])] == [(30_00, 0)]


def test_likelihood_is_counted_from_the_books_once_a_week(world):
    company, ana, nordia = world
    paid = issue(nordia, 100_00, day=date(2026, 6, 1), due=date(2026, 7, 1))
    issue(nordia, 50_00, day=date(2026, 6, 1), due=date(2026, 7, 1))
    apply(receive(nordia, 100_00, day=date(2026, 8, 20)), (paid, 100_00), day=date(2026, 8, 20))
    log_activity(actor=ana, customer=nordia, kind="call", outcome="promise", today=date(2026, 8, 19))
    assert measure_likelihood(company=company, day=DAY) > 0
    assert measure_likelihood(company=company, day=DAY + timedelta(days=6)) == 0
    bands = {band.first: band.cases for band in bands_of(company)}
    assert tuple(bands) == BANDS
    # On 4, 11, 18 and 25 August they were 31 to 60 days late; the call was in the week from the 18th, the money came on the 20th.
    assert bands[31] == Cases(acted=2, acted_paid=1, left=5, left_paid=1)


def test_who_asked_not_to_be_called_is_written_to_instead(world, client):
    _, ana, nordia = world
    nordia.contacts.update(takes_calls=False)
    client.force_login(ana)
    shown = client.get(reverse("collections:call", args=[nordia.pk])).content.decode()
    assert "Don’t call:" in shown and "tel:" not in shown
    nordia.contacts.create(name="Ola", phone="+46 8 456")
    shown = client.get(reverse("collections:call", args=[nordia.pk])).content.decode()
    assert "Don’t call:" not in shown and "tel:+468456" in shown, "somebody else may be called"
