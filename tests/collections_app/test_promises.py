"""Promises: the first date stays, the ledger decides, a bounced receipt takes the verdict back."""

from datetime import date

import pytest
from django.db import connection
from django.db.utils import ProgrammingError
from hypothesis import given
from hypothesis import strategies as st

from collections_app.models import Promise
from collections_app.policy.promises import verdict
from collections_app.services.promises import PromiseError, cancel_promise, decide_promises, give_promise, promised_by_item
from ledger.models import Entry
from ledger.services import reverse_entries
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
DUE = date(2026, 9, 20)


@pytest.fixture
def world():
    company = make_company()
    customer = make_customer(company)
    return company, customer, issue(customer, 100_00), make_user("specialist", company)


def promise(world, amount=100_00, items=None, due_on=DUE, **fields):
    _, customer, invoice, ana = world
    return give_promise(actor=ana, customer=customer, items=items or [invoice], amount=amount, due_on=due_on, today=DAY, **fields)


def decide(world, today):
    return decide_promises(company=world[0], today=today, actor=SYSTEM)


def test_kept_as_soon_as_it_is_paid(world):
    given_promise = promise(world)
    apply(receive(world[1], 100_00, day=date(2026, 9, 18)), (world[2], 100_00), day=date(2026, 9, 18))
    assert decide(world, date(2026, 9, 18)) == {"kept": 1}
    given_promise.refresh_from_db()
    assert (given_promise.state, given_promise.received, given_promise.decided_on) == ("kept", 100_00, date(2026, 9, 18))


@pytest.mark.parametrize(("paid", "state"), [(0, "broken"), (40_00, "partly")])
def test_broken_or_partly_kept_the_day_after(world, paid, state):
    promise(world)
    if paid:
        apply(receive(world[1], paid), (world[2], paid))
    assert decide(world, DUE) == {}
    assert decide(world, date(2026, 9, 21)) == {state: 1}
    assert decide(world, date(2026, 9, 22)) == {}, "a verdict is given once"


def test_what_was_paid_before_the_promise_does_not_count(world):
    apply(receive(world[1], 60_00, day=date(2026, 9, 14)), (world[2], 60_00), day=date(2026, 9, 14))
    world[2].refresh_from_db()
    promise(world, 40_00)
    assert decide(world, date(2026, 9, 21)) == {"broken": 1}


def test_money_that_was_there_in_time_and_told_late_takes_the_verdict_back(world):
    given_promise = promise(world)
    assert decide(world, date(2026, 9, 21)) == {"broken": 1}
    apply(receive(world[1], 100_00, day=date(2026, 9, 19)), (world[2], 100_00), day=date(2026, 9, 19))
    assert decide(world, date(2026, 9, 22)) == {"kept": 1}
    given_promise.refresh_from_db()
    assert (given_promise.state, given_promise.received) == ("kept", 100_00)
    assert decide(world, date(2026, 9, 23)) == {}


@pytest.mark.parametrize(("paid", "state"), [(0, "broken"), (40_00, "partly")])
def test_money_that_came_after_the_verdict_does_not_change_it(world, paid, state):
    promise(world)
    if paid:
        apply(receive(world[1], paid), (world[2], paid))
    assert decide(world, date(2026, 9, 21)) == {state: 1}
    apply(receive(world[1], 100_00 - paid, day=date(2026, 9, 22)), (world[2], 100_00 - paid), day=date(2026, 9, 22))
    assert decide(world, date(2026, 9, 22)) == {}


def test_a_bounced_receipt_takes_the_verdict_back(world):
    promise(world)
    entry = Entry.objects.get(pk=apply(receive(world[1], 100_00), (world[2], 100_00)))
    decide(world, DAY)
    reverse_entries(entries=[entry], day=date(2026, 9, 17), actor=SYSTEM, reason="NSF")
    decide(world, date(2026, 9, 17))
    assert Promise.objects.get().state == "open"
    assert decide(world, date(2026, 9, 21)) == {"broken": 1}


def test_a_receipt_that_bounces_after_the_day_breaks_the_promise(world):
    promise(world)
    entry = Entry.objects.get(pk=apply(receive(world[1], 100_00), (world[2], 100_00)))
    assert decide(world, DAY) == {"kept": 1}
    reverse_entries(entries=[entry], day=date(2026, 9, 25), actor=SYSTEM, reason="NSF")
    assert decide(world, date(2026, 9, 24)) == {}
    assert decide(world, date(2026, 9, 25)) == {"broken": 1}


def test_a_new_date_is_a_new_promise_and_the_old_one_stays(world):
    first = promise(world)
    second = promise(world, due_on=date(2026, 9, 30))
    first.refresh_from_db()
    assert (first.state, first.due_on, second.supersedes_id) == ("superseded", DUE, first.pk)
    assert promised_by_item(world[0]) == {world[2].pk: 100_00}
    with pytest.raises(ProgrammingError, match="stays as it was given"), connection.cursor() as cursor:
        cursor.execute("UPDATE collections_app_promise SET due_on = '2027-01-01'")


def test_the_oldest_item_is_served_first(world):
    later = issue(world[1], 50_00, due=date(2026, 12, 1))
    shares = {i.open_item_id: i.amount for i in promise(world, 120_00, items=[later, world[2]]).items.all()}
    assert shares == {world[2].pk: 100_00, later.pk: 20_00}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"amount": 0}, "between"),
        ({"amount": 100_01}, "between"),
        ({"due_on": date(2026, 9, 14)}, "from today"),
        ({"due_on": date(2027, 9, 1)}, "payment plans"),
    ],
)
def test_promises_that_are_none(world, fields, why):
    with pytest.raises(PromiseError, match=why):
        promise(world, **fields)


def test_a_promise_recorded_by_mistake_counts_for_nothing(world):
    mistaken = promise(world)
    cancel_promise(actor=world[3], promise=mistaken, today=DAY, reason="wrong customer")
    assert decide(world, date(2026, 10, 1)) == {}
    with pytest.raises(PromiseError, match="decided"):
        cancel_promise(actor=world[3], promise=mistaken, today=DAY, reason="again")


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(-30, 30), st.integers(0, 10))
def test_a_verdict_is_never_kind_nor_early(promised, received, late, tolerance):
    state = verdict(promised, received, DAY, date.fromordinal(DAY.toordinal() + late), tolerance)
    assert (state == "kept") == (received >= promised)
    assert (state == "open") == (received < promised and late <= tolerance)
