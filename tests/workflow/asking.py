"""Asking for things and allowing them, for tests."""

from datetime import date, datetime
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, connections

from arops.lib.refusal import Refused
from tests.factories import make_company, make_user
from workflow.models import AuthorityLimit, Event
from workflow.services.approvals import approve, ask
from workflow.services.authority import KINDS, register_approval

TODAY = date(2026, 9, 20)


NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")


KIND = "test_thing"


DONE: list[int] = []


COUNT = iter(range(10**9))


def wish(actor, company, amount, *, customer=7, today=TODAY, now=NOW, token=None, **fields):
    given = {"payload": {"n": 1}, "title": "a thing", "reason": "because", "currency": "USD"} | fields
    return ask(
        actor=actor, company=company, kind=KIND, amount=amount, customer_id=customer, token=token or f"t{next(COUNT)}", today=today,
        now=now, **given,
    )  # fmt: skip


def allow(actor, approval, today=TODAY, now=NOW):
    return approve(actor=actor, approval=approval, now=now, today=today)


def at_once(*works):
    """What each answers or is refused, begun together, each with a connection of its own."""
    barrier, said = Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            said.append(work())
        except (Refused, IntegrityError) as error:
            said.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.ensure_connection()
    return said


@pytest.fixture(autouse=True)
def kind():
    """A kind whose handler notes what it did, and refuses what says so."""
    DONE.clear()

    @register_approval(KIND, label="Thing", request="memos.request", approve="memos.approve")
    def handle(approval, actor):
        if approval.payload.get("fail"):
            Event.objects.create(type="test.half", actor=actor.label)
            raise Refused("the period of that day is closed")
        DONE.append(approval.pk)
        return approval.company

    yield
    del KINDS[KIND]


@pytest.fixture
def company(db):
    made = make_company("LIM")
    for role, alone, may in (("specialist", 100_00, 0), ("supervisor", 500_00, 1_000_00), ("controller", 0, 5_000_00)):
        AuthorityLimit.objects.create(company=made, role=role, kind=KIND, currency="USD", alone=alone, approve=may, changed_by="test")
    return made


@pytest.fixture
def ana(company):
    return make_user("specialist", company)


@pytest.fixture
def sue(company):
    return make_user("supervisor", company)


@pytest.fixture
def carl(company):
    return make_user("controller", company)
