"""Reminders of questions: before the day, on it, then every so many days; whoever asked hears of it when that doesn't help; each once."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from org.models import Department
from tests.factories import make_company, make_user
from tests.workflow.test_tasks import collaborator
from workflow.models import Task
from workflow.services.links import create_link, revoke_link
from workflow.services.notices import notices_due
from workflow.services.reminding import GIVES_UP, reminder_on
from workflow.services.tasks import answer_task, open_task, reopen_task

pytestmark = pytest.mark.django_db
DUE = date(2026, 9, 21)  # a Monday
LATER = timezone.now() + timedelta(days=1)


def test_a_reminder_stands_until_the_next_takes_its_place(settings):
    settings.TASK_REMIND_DAYS = 3
    said = [(n, reminder_on(DUE, DUE + timedelta(days=n))) for n in range(-5, 9)]
    assert [(n, r.code, r.escalates) for n, r in said if r] == [
        (-3, "soon", False), (-2, "soon", False), (-1, "soon", False), (0, "due", False), (1, "late", False), (2, "late", False),
        (3, "late", False), (4, "late1", True), (5, "late1", True), (6, "late1", True), (7, "late2", True), (8, "late2", True),
    ]  # fmt: skip
    assert reminder_on(DUE, DUE + timedelta(days=GIVES_UP)) and not reminder_on(DUE, DUE + timedelta(days=GIVES_UP + 1))


@pytest.fixture
def world(settings):
    settings.SITE_URL = "https://ar.example"
    company = make_company("US01")
    service = Department.objects.create(company=company, code="service", name="Service")
    asker = make_user("specialist", company, email="asker@test.example")
    task = open_task(
        actor=asker, company=company, kind="q", title="Was it signed?", question="Page 3?", due_date=DUE, dedupe_key="k",
        department="service", today=DUE,
    )  # fmt: skip
    return {"asker": asker, "sam": collaborator(service, "sam@test.example"), "task": task}


def told(known, now, day):
    """What is told anew on a day, as key's end → to whom."""
    fresh = {n.key: n for n in notices_due(now, day) if n.key not in known}
    known.update(fresh)
    return {key.partition(":")[2].partition(":")[2]: (n.subject.partition(":")[0], *n.recipients) for key, n in fresh.items()}


def test_through_the_days(world):
    known, sam, asker = set(), "sam@test.example", "asker@test.example"
    assert told(known, timezone.now(), DUE - timedelta(days=3)) == {"asked:0": ("Asked", sam)}, "nobody is reminded of what they just heard"
    assert told(known, LATER, DUE - timedelta(days=4)) == {}
    assert told(known, LATER, DUE - timedelta(days=3)) == {f"soon:{DUE}": ("Due on 2026-09-21", sam)}
    assert told(known, LATER, DUE - timedelta(days=1)) == {}
    assert told(known, LATER, DUE) == {f"due:{DUE}": ("Due today", sam)}
    assert told(known, LATER, DUE + timedelta(days=2)) == {f"late:{DUE}": ("Late", sam)}
    assert told(known, LATER, DUE + timedelta(days=4)) == {
        f"late1:{DUE}": ("Late", sam), f"escalated:{DUE}:late1": ("Not answered", asker),
    }  # fmt: skip
    assert told(known, LATER, DUE + timedelta(days=7)).keys() == {f"late2:{DUE}", f"escalated:{DUE}:late2"}
    answer_task(actor=world["sam"], task=world["task"], body="Yes.", today=DUE + timedelta(days=8))
    (answered,) = told(known, LATER, DUE + timedelta(days=10)).values()
    assert answered == ("Answered", asker)
    assert told(known, LATER, DUE + timedelta(days=13)) == {}, "what is answered is nobody's to remind of"


def test_asked_again_with_another_day_is_reminded_of_anew(world):
    known, later = set(), DUE + timedelta(days=10)
    told(known, LATER, DUE + timedelta(days=2))
    answer_task(actor=world["sam"], task=world["task"], body="Yes.", today=DUE)
    reopen_task(actor=world["asker"], task=world["task"], reason="By whom?", due_date=later, today=DUE)
    told(known, LATER, DUE)
    assert told(known, LATER, later) == {f"due:{later}": ("Due today", "sam@test.example")}


def test_the_holder_of_a_link_is_told_and_reminded_without_the_link(world):
    known, now = set(), timezone.now()
    task, pat = world["task"], "pat@outside.example"
    link = create_link(actor=world["asker"], task=task, email=pat, now=now, today=DUE - timedelta(days=3))
    told_of = lambda now, day: {k: v for k, v in told(known, now, day).items() if pat in v}  # noqa: E731
    assert told_of(now, DUE) == {"asked": ("A question", pat)}
    assert told_of(LATER, DUE) == {f"due:{DUE}": ("Due today", pat)}
    assert told_of(LATER, DUE + timedelta(days=4)) == {f"late1:{DUE}": ("Late", pat)}
    for notice in notices_due(LATER, DUE):
        assert link.nonce not in notice.body and "answer/#" not in notice.body
    answer_task(actor=world["sam"], task=task, body="Yes.", today=DUE)
    note = reopen_task(actor=world["asker"], task=task, reason="By whom?", today=DUE).notes.last()
    assert told_of(timezone.now(), DUE) == {f"again:{note.pk}": ("Asked again", pat)}
    revoke_link(actor=world["asker"], link=link, now=LATER)
    assert told_of(LATER, DUE + timedelta(days=7)) == {}
    assert Task.objects.get().state == "open"
