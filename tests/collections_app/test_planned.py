"""Steps that people take: planned at night, once, between the letters; closed by what is done."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from arops.lib import clock, pdf
from collections_app.models import PlannedStep
from collections_app.policy.strategy import StepDraft
from collections_app.services.activities import log_activity
from collections_app.services.dunning import run_dunning
from collections_app.services.planned import close_step, plan_steps
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact
from tests.collections_app.desk import WORDS, put_in_force
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
STEPS = [
    StepDraft("email", -5, "Upcoming", WORDS), StepDraft("email", 5, "First", WORDS), StepDraft("call", 12, "Call", minutes=8),
    StepDraft("letter", 20, "Second", WORDS), StepDraft("task", 30, "Look into it"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())
    monkeypatch.setattr(pdf, "is_available", lambda: True)


@pytest.fixture
def acme():
    company = make_company()
    create_standard_strategy(actor=SYSTEM, company=company)
    put_in_force(company, STEPS)
    customer = make_customer(company, "Acme")
    Contact.objects.create(customer=customer, name="Eva", email="ap@acme.example")
    return customer


def night(customer, after=0):
    """A night's planning and dunning; what came of it: (level, days of the steps planned that night)."""
    day = DAY + timedelta(days=after)
    plan_steps(company=customer.company, day=day, actor=SYSTEM)
    run_dunning(company=customer.company, day=day, actor=SYSTEM, now=clock.now())
    letters = customer.dunning_letters.filter(run__day=day, reason="")
    return [(x.level, x.level_name) for x in letters] + [p.step.name for p in customer.planned_steps.filter(due_on=day)]


def test_a_strategy_from_before_the_due_date_to_a_task(acme):
    item = issue(acme, 100_00, day=DAY - timedelta(days=20), due=DAY + timedelta(days=5))
    story = {n: told for n in range(45) if (told := night(acme, n))}
    assert story == {0: [(0, "Upcoming")], 10: [(1, "First")], 17: ["Call"], 25: [(2, "Second")], 35: ["Look into it"]}
    assert acme.dunning_letters.get(level=0, reason="").items[0]["id"] == item.pk


def test_a_call_that_is_planned_keeps_the_letter_back_and_one_that_is_made_closes_it(acme):
    item = issue(acme, 100_00, day=DAY - timedelta(days=330), due=DAY - timedelta(days=300))
    assert [night(acme, n) for n in (0, 6, 7)] == [[(1, "First")], [], ["Call"]]
    assert acme.dunning_letters.get(run__day=DAY + timedelta(days=7)).left_out_because.startswith("a call planned on 7 Oct")
    log_activity(actor=SYSTEM, customer=acme, kind="call", outcome="no_answer", today=DAY + timedelta(days=8))
    step = acme.planned_steps.get()
    assert (step.state, step.closed_on, step.closed_by, step.amount) == ("done", DAY + timedelta(days=8), SYSTEM.label, 100_00)
    assert [night(acme, n) for n in (14, 15, 16)] == [[], [(2, "Second")], ["Look into it"]]
    apply(receive(acme, 100_00, day=DAY + timedelta(days=17)), (item, 100_00), day=DAY + timedelta(days=17))
    assert night(acme, 18) == [] and acme.planned_steps.get(step__name="Look into it").state == "dropped"


def test_planned_again_the_same_night_it_is_planned_once(acme):
    issue(acme, 100_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30))
    night(acme)
    day = DAY + timedelta(days=7)
    assert [plan_steps(company=acme.company, day=day, actor=SYSTEM)["planned"] for _ in range(3)] == [1, 0, 0]
    put_in_force(acme.company, [*STEPS[:2], StepDraft("call", 11, "Another call")], since=DAY)
    assert plan_steps(company=acme.company, day=day, actor=SYSTEM) == {"planned": 0, "dropped": 0}


def test_a_task_is_done_by_hand_once(acme):
    issue(acme, 100_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30))
    put_in_force(acme.company, [StepDraft("task", 3, "Look")])
    plan_steps(company=acme.company, day=DAY, actor=SYSTEM)
    step, ana = PlannedStep.objects.get(), make_user("specialist", acme.company)
    assert close_step(actor=ana, step=step, day=DAY, note="looked").state == "done"
    assert close_step(actor=SYSTEM, step=step, day=DAY, needed=False).closed_by == ana.label


def test_open_steps_that_a_newer_version_no_longer_has_are_closed_with_the_reason_and_its_own_are_planned(acme, client, monkeypatch):
    """Of a call and a task that wait, the call moved and stays; the task is gone, and an earlier one is planned later on."""
    issue(acme, 100_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30))
    call, task = StepDraft("call", 3, "Call", minutes=8), StepDraft("task", 20, "Look into it")
    old = put_in_force(acme.company, [call, task])
    for n in range(2):
        plan_steps(company=acme.company, day=DAY + timedelta(days=n), actor=SYSTEM)
    assert sorted(acme.planned_steps.values_list("step__name", flat=True)) == ["Call", "Look into it"]
    day = DAY + timedelta(days=3)
    new = put_in_force(acme.company, [StepDraft("call", 4, "Call", minutes=8)], since=day)
    monkeypatch.setattr(clock, "today", lambda: DAY + timedelta(days=2))
    client.force_login(make_user("collections_manager", acme.company))
    page = client.get(reverse("collections:strategy-changes", args=[new.pk]), {"against": old.pk}).content.decode()
    assert "1 open step in your sight" in page
    assert plan_steps(company=acme.company, day=day - timedelta(days=1), actor=SYSTEM)["dropped"] == 0, "it holds from its day on"
    assert [plan_steps(company=acme.company, day=day, actor=SYSTEM) for _ in range(2)] == [
        {"planned": 0, "dropped": 1},
        {"planned": 0, "dropped": 0},
    ]
    told = acme.planned_steps.get(step__name="Look into it")
    assert (told.state, told.closed_on, told.note) == ("dropped", day, PlannedStep.SUPERSEDED)
    assert acme.planned_steps.get(step__name="Call").state == "open"
    put_in_force(acme.company, [call, StepDraft("task", 5, "Ask sales")], since=day)
    assert plan_steps(company=acme.company, day=day, actor=SYSTEM) == {"planned": 1, "dropped": 0}
