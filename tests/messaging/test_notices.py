"""Mail to colleagues about tasks: to those who are asked, to who asked, once each, and to nobody who doesn't want it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from messaging.models import Message
from messaging.services import queue_notices
from org.models import Department, Membership, User
from org.services.people import save_preferences
from tests.factories import PASSWORD, SYSTEM, make_company, make_user
from workflow.models import Task
from workflow.services.tasks import answer_task, note_task, open_task, reopen_task

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)


@pytest.fixture
def world(settings):
    settings.SITE_URL = "https://ar.example"
    company = make_company("US01")
    service = Department.objects.create(company=company, code="service", name="Service")
    people = [User.objects.create_user(f"{name}@test.example", PASSWORD, name=name) for name in ("sam", "sue", "old")]
    for person in people:
        Membership.objects.create(user=person, company=company, role="collaborator", department=service)
    User.objects.filter(email="old@test.example").update(is_active=False)
    return company, make_user("specialist", company, email="asker@test.example"), people


def told():
    made = queue_notices(now=timezone.now(), today=TODAY)
    return made, [(m.subject, m.recipients, m.state) for m in Message.objects.order_by("-pk")[:made]][::-1]


def ask(company, asker, key="k", **fields):
    fields = {"department": "service", "due_date": TODAY + timedelta(days=3), "question": "Page 3, please."} | fields
    return open_task(actor=asker, company=company, kind="q", title="Copy of the contract?", dedupe_key=key, today=TODAY, **fields)


def test_asked_answered_asked_again(world):
    company, asker, (sam, sue, _) = world
    task = ask(company, asker)
    both = ["sam@test.example", "sue@test.example"]
    assert told() == (1, [("Asked: Copy of the contract?", both, "pending")]) and told() == (0, [])
    body = Message.objects.get().body
    assert "Page 3, please." in body and f"https://ar.example/tasks/{task.pk}/" in body
    note_task(actor=sam, task=task, body="looking")
    assert told()[0] == 0, "a note tells nobody"
    answer_task(actor=sam, task=task, today=TODAY, body="Here it is.")
    assert told() == (1, [("Answered: Copy of the contract?", ["asker@test.example"], "pending")])
    save_preferences(user=sue, chosen={"notices": False})
    reopen_task(actor=asker, task=task, today=TODAY, reason="And page 4?")
    assert told() == (1, [("Asked again: Copy of the contract?", ["sam@test.example"], "pending")])
    assert "And page 4?" in Message.objects.latest("pk").body


def test_who_lost_the_role_or_moved_to_another_company_is_told_no_more(world):
    company, asker, (sam, *_) = world
    task, named = ask(company, asker), ask(company, asker, "named", department="", assignee=sam)
    assert told()[0] == 2
    answer_task(actor=sam, task=task, today=TODAY, body="The price is secret.")
    Membership.objects.filter(user__in=[asker, sam]).update(company=make_company("XX01"))
    reopen_task(actor=SYSTEM, task=task, today=TODAY, reason="And page 4?")
    assert told()[1] == [("Asked again: Copy of the contract?", ["sue@test.example"], "pending")]
    Task.objects.filter(pk=named.pk).update(due_date=TODAY - timedelta(days=1))
    assert told() == (0, []) and not Message.objects.filter(subject__startswith="Answered").exists()


def test_late_once_and_nothing_of_long_ago(world):
    company, asker, (sam, *_) = world
    late = ask(company, asker, "late", due_date=TODAY - timedelta(days=1), assignee=sam)
    old = ask(company, SYSTEM, "old", due_date=TODAY - timedelta(days=90))
    Task.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=30))
    assert told() == (
        2,
        [
            ("Asked: Copy of the contract?", ["sam@test.example"], "pending"),
            ("Late: Copy of the contract?", ["sam@test.example"], "pending"),
        ],
    )
    Task.objects.filter(pk=late.pk).update(updated_at=timezone.now() - timedelta(days=30))
    assert told() == (0, [])
