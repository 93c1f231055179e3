"""Colleagues are told of their cases by mail, each thing once, and nobody of what they don't see."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from disputes.services import assign_dispute, close_dispute, open_dispute, watch_dispute
from messaging.models import Message
from messaging.services import queue_notices
from org.models import Department
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.services.tasks import answer_task, open_task

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 15)  # a Tuesday


@pytest.fixture
def world():
    company = make_company("NEWS")
    return company, make_user("senior", company), make_user("specialist", company)


def case_of(company, by, **fields):
    item = issue(make_customer(company, "Nordia\nBcc: x"), 500_00, day=DAY - timedelta(days=20))
    return open_dispute(actor=by, open_item=item, amount=100_00, reason="price", today=DAY, source=f"t:{item.pk}", **fields)


def told(day=DAY):
    """What is queued at a look, as (verb, to); a second look must add nothing."""
    before = set(Message.objects.values_list("pk", flat=True))
    queue_notices(now=timezone.now(), today=day)
    assert queue_notices(now=timezone.now(), today=day) == 0
    fresh = Message.objects.exclude(pk__in=before).order_by("pk")
    assert all(m.state == "pending" and "\n" not in m.subject for m in fresh)
    return sorted((m.subject.partition(":")[0], *m.recipients) for m in fresh if "DSP-" in m.subject)


def test_who_is_given_a_case_by_another_is_told_once(world):
    company, sam, ana = world
    case = case_of(company, sam, owner=sam)
    assert told() == []
    assign_dispute(actor=sam, dispute=case, owner=ana, version=case.version)
    assert told() == [("Yours now", ana.email)]
    assign_dispute(actor=ana, dispute=case, owner=sam, version=case.version)
    assert told() == [("Yours now", sam.email)]
    assert case_of(company, SYSTEM, owner=ana) and told() == [("Yours now", ana.email)]


def test_owner_and_watchers_hear_that_a_case_is_about_to_be_late_and_that_it_is(world):
    company, sam, ana = world
    case = case_of(company, sam, owner=sam)
    watch_dispute(actor=ana, dispute=case, user=ana)
    both = sorted([sam.email, ana.email])
    assert told() == []
    assert told(case.due_date - timedelta(days=1)) == [("Due soon", *both)]
    assert told(case.due_date) == []
    assert told(case.due_date + timedelta(days=1)) == [("Late", *both)]
    assert told(case.due_date + timedelta(days=30)) == []


def test_answers_reach_owner_and_watchers_and_the_end_its_watchers(world):
    company, sam, ana = world
    case = case_of(company, sam, owner=sam)
    watch_dispute(actor=ana, dispute=case, user=ana)
    service = Department.objects.create(company=company, code="service", name="Service")
    worker = make_user("collaborator", company)
    worker.memberships.update(department=service)
    task = open_task(
        actor=sam, company=company, kind="question", title="Was it done?", due_date=DAY + timedelta(days=3), subject=case,
        dedupe_key="t", department="service", customer_id=case.customer_id, today=DAY,
    )  # fmt: skip
    assert told() == []
    answer_task(actor=worker, task=task, body="Four hours, signed.", today=DAY, version=task.version)
    assert told() == [("Answered", ana.email)]
    assert "Four hours, signed." in Message.objects.filter(subject__startswith="Answered: DSP").get().body
    close_dispute(actor=sam, dispute=case, resolution="credited", agreed=0, today=DAY)
    assert told() == [("Closed", ana.email)]


def test_nobody_hears_of_a_case_that_is_out_of_sight(world):
    company, sam, _ = world
    case = case_of(company, sam, owner=sam)
    outsider = make_user("specialist", company, scope="portfolio")
    case.watchers.create(user=outsider)
    sam.preferences["notices"] = False
    sam.save(update_fields=["preferences"])
    assert told(case.due_date) == []
