"""Who asks what changed misses nothing: neither what commits late, nor a change of what is told with a record."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection

from arops.lib import clock
from collections_app.models import Charge, ChargeRun, DunningLetter, DunningRun, Promise, SentStatement, StatementSchedule
from collections_app.services.promises import Instalment, give_promise
from ledger.models import OpenItem
from messaging.models import Message
from tests.api.conftest import caller
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, receive

LISTS = (
    "promises", "payment-plans", "late-charges", "escalations", "dunning-letters", "sent-statements", "statement-schedules", "inquiries",
    "open-items", "customers", "disputes",
)  # fmt: skip


def promised(company, **fields):
    customer = make_customer(company)
    issue(customer, 100_00, day=DAY)
    (item,) = OpenItem.objects.filter(customer=customer)
    today = clock.today()
    due = today + timedelta(days=5)
    return give_promise(actor=SYSTEM, customer=customer, items=[item], amount=100_00, due_on=due, today=today, **fields)


def since(key, name, moment):
    answer = key.get(f"/{name}?updated_since={quote(moment if isinstance(moment, str) else moment.isoformat())}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["data"]]


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_is_given_to_who_asks_from_until():
    company = make_company()
    promise, other_promise = promised(company), promised(company)
    key = caller("collections:read", companies=[company])
    late = connection.copy()
    try:
        late.set_autocommit(False)
        with late.cursor() as cursor:
            cursor.execute("UPDATE collections_app_promise SET note = 'late' WHERE id = %s RETURNING updated_at", [promise.pk])
            (stamp,) = cursor.fetchone()
        Promise.objects.filter(pk=other_promise.pk).update(note="meanwhile")
        first = key.get("/promises?limit=1").json()
        assert first["until"] < stamp.isoformat(), "somebody writes yet"
        late.commit()
    finally:
        late.close()
    second = key.get(f"/promises?limit=1&cursor={first['next']}").json()
    assert second["until"] == first["until"], "the pages of one walk begin at one moment"
    assert f"prm_{promise.pk}" in since(key, "promises", first["until"])


@pytest.mark.django_db
def test_a_change_is_stamped_by_the_database_and_no_change_isn_t():
    promise = promised(make_company())
    before = Promise.objects.get(pk=promise.pk).updated_at
    Promise.objects.filter(pk=promise.pk).update(note=promise.note)
    assert Promise.objects.get(pk=promise.pk).updated_at == before
    Promise.objects.filter(pk=promise.pk).update(note="new", updated_at=before - timedelta(days=9))
    assert Promise.objects.get(pk=promise.pk).updated_at > before


@pytest.mark.django_db
def test_what_is_told_with_a_record_counts_as_a_change_of_it():
    company, today = make_company(), clock.today()
    parts = [Instalment(today + timedelta(days=n), 50_00) for n in (1, 5)]
    promise = promised(company, instalments=parts)
    customer = promise.customer
    (item,) = OpenItem.objects.filter(customer=customer)
    message = Message.objects.create(
        company=company, customer=customer, kind="dunning", dedupe_key="x", subject="s", body="b", created_by="s"
    )
    run = DunningRun.objects.create(company=company, day=today, actor="system")
    letter = DunningLetter.objects.create(run=run, company=company, customer=customer, currency="USD", cycle="1", message=message)
    months = ChargeRun.objects.create(company=company, period_from=DAY, period_to=DAY, actor="system")
    charge = Charge.objects.create(run=months, company=company, customer=customer, currency="USD", amount=1, open_item=item)
    schedule = StatementSchedule.objects.create(company=company, name="All", starts_on=DAY, made_by="system")
    key = caller("collections:read", companies=[company])

    def at() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return str(cursor.fetchone()[0].isoformat())

    now = at()
    assert since(key, "promises", now) == [] == since(key, "dunning-letters", now) == since(key, "late-charges", now)
    Message.objects.filter(pk=message.pk).update(state="sent")
    assert since(key, "dunning-letters", now) == [f"dun_{letter.pk}"]
    promise.instalments.filter(ordinal=1).update(received=1)
    assert since(key, "promises", now) == [f"prm_{promise.pk}"]
    receipt = receive(customer, 100_00)
    apply(receipt, (item, 40_00))
    assert since(key, "late-charges", now) == [f"chg_{charge.pk}"], "what is open of it"
    SentStatement.objects.create(schedule=schedule, company=company, customer=customer, as_of=today, made_by="system")
    assert since(key, "statement-schedules", now) == [f"sch_{schedule.pk}"], "when it sent last"


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_each_list_tells_where_to_go_on(name):
    page = caller(companies=[make_company()]).get(f"/{name}?updated_since=2026-01-01T00:00:00Z").json()
    assert page["data"] == [] and page["until"]
