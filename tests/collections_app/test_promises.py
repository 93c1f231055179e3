"""Promises: the first date stays, the ledger decides, a bounced receipt takes the verdict back."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.utils import ProgrammingError
from hypothesis import given
from hypothesis import strategies as st

from collections_app.forms.charges import LegalLimitForm
from collections_app.forms.days import parse_day
from collections_app.models import Promise
from collections_app.policy.promises import Part, judge, verdict
from collections_app.selectors.calling import missed_part
from collections_app.selectors.dunning import promised_left
from collections_app.services.judging import decide_promises
from collections_app.services.policies import PolicyRefused, change_policy
from collections_app.services.promises import Instalment, PromiseError, give_promise, undo_promise
from ledger.models import Entry
from ledger.services import reverse_entries
from org.actors import NotAllowed
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
    assert promised_left([world[1].pk]) == {world[2].pk: 100_00}
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


def test_a_promise_recorded_by_mistake_counts_for_nothing_and_the_one_it_replaced_stands_again(world):
    first, mistaken = promise(world), promise(world, due_on=date(2026, 9, 30))
    undo_promise(actor=world[3], promise=mistaken, today=DAY, reason="wrong customer")
    with pytest.raises(PromiseError, match="decided"):
        undo_promise(actor=world[3], promise=mistaken, today=DAY, reason="again")
    first.refresh_from_db()
    assert (first.state, first.decided_on) == ("open", None)
    second = promise(world, due_on=date(2026, 9, 25))
    assert (second.supersedes, second.level) == (first, 2)
    undo_promise(actor=world[3], promise=second, today=DAY, reason="a slip")
    assert decide(world, date(2026, 9, 21)) == {"broken": 1}


def test_what_was_promised_anew_meanwhile_is_not_promised_twice(world):
    other = issue(world[1], 50_00)
    promise(world, 150_00, items=[world[2], other])
    mistaken = promise(world)
    promise(world, 50_00, items=[other])
    undo_promise(actor=world[3], promise=mistaken, today=DAY, reason="a slip")
    assert promised_left([world[1].pk]) == {other.pk: 50_00}


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(-30, 30), st.integers(0, 10))
def test_a_verdict_is_never_kind_nor_early(promised, received, late, tolerance):
    state = verdict(promised, received, DAY, date.fromordinal(DAY.toordinal() + late), tolerance)
    assert (state == "kept") == (received >= promised)
    assert (state == "open") == (received < promised and late <= tolerance)


class TestInstalments:
    PARTS = (Instalment(date(2026, 9, 20), 40_00), Instalment(date(2026, 10, 5), 60_00))

    def states(self, world, today):
        decide(world, today)
        found = Promise.objects.get()
        return found.state, list(found.instalments.values_list("state", "received"))

    def test_each_part_is_judged_with_what_came_early(self, world):
        promise(world, due_on=date(2026, 10, 5), instalments=self.PARTS)
        apply(receive(world[1], 50_00, day=date(2026, 9, 18)), (world[2], 50_00), day=date(2026, 9, 18))
        assert self.states(world, date(2026, 9, 21)) == ("open", [("kept", 40_00), ("open", 10_00)])
        apply(receive(world[1], 50_00, day=date(2026, 10, 5)), (world[2], 50_00), day=date(2026, 10, 5))
        assert self.states(world, date(2026, 10, 6)) == ("kept", [("kept", 40_00), ("kept", 60_00)])

    def test_the_first_part_missed_ends_the_promise_and_money_told_late_opens_it_again(self, world):
        promise(world, due_on=date(2026, 10, 5), instalments=self.PARTS)
        assert self.states(world, date(2026, 9, 21)) == ("broken", [("broken", 0), ("cancelled", 0)])
        assert not promised_left([world[1].pk]), "what is broken is chased again"
        assert (part := missed_part(Promise.objects.get())) and part.due_on == date(2026, 9, 20), "the call is about the part"
        apply(receive(world[1], 40_00, day=date(2026, 9, 19)), (world[2], 40_00), day=date(2026, 9, 19))
        assert self.states(world, date(2026, 9, 23)) == ("open", [("kept", 40_00), ("open", 0)])
        assert self.states(world, date(2026, 10, 6)) == ("partly", [("kept", 40_00), ("partly", 0)])

    @pytest.mark.parametrize(
        ("parts", "why"),
        [
            (PARTS[:1], "two"),
            ((Instalment(DUE, 50_00), Instalment(DUE, 50_00)), "later day"),
            ((Instalment(DUE, 40_00), Instalment(date(2026, 10, 5), 50_00)), "together"),
        ],
    )
    def test_parts_that_are_none(self, world, parts, why):
        with pytest.raises(PromiseError, match=why):
            promise(world, due_on=date(2026, 10, 5), instalments=parts)


def test_what_may_be_late_and_missing_is_kept_with_the_promise(world):
    manager = make_user("collections_manager", world[0])
    change_policy(
        actor=manager, company=world[0], promise_tolerance_days=2, promise_tolerance_amount=1_00, promise_tolerance_percent=Decimal(5)
    )
    first = promise(world)
    change_policy(actor=manager, company=world[0], promise_tolerance_days=0, promise_tolerance_percent=Decimal(0))
    assert (first.tolerance_days, first.tolerance_amount) == (2, 5_00)
    apply(receive(world[1], 95_00, day=date(2026, 9, 22)), (world[2], 95_00), day=date(2026, 9, 22))
    assert decide(world, date(2026, 9, 22)) == {"kept": 1}
    with pytest.raises(PolicyRefused, match="from 1 to 180"):
        change_policy(actor=manager, company=world[0], longest_promise_days=0)
    with pytest.raises(NotAllowed):
        change_policy(actor=world[3], company=world[0], answer_hours=1)


def test_repeats_count_and_who_broke_their_word_often_needs_a_senior(world):
    company, customer, _, ana = world
    for n in range(3):
        given_promise = promise(world, due_on=DAY)
        assert given_promise.level == n + 1
        assert decide(world, date(2026, 9, 16)) == {"broken": 1}
    with pytest.raises(PromiseError, match="broke 3 promises"):
        promise(world)
    senior = make_user("senior", company)
    taken = give_promise(actor=senior, customer=customer, items=[world[2]], amount=1_00, due_on=DUE, today=DAY)
    assert taken.level == 4 and ana.can("promises.give", company.pk)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 60), st.integers(0, 10**6)), min_size=1, max_size=6), st.integers(-5, 70))
def test_the_parts_of_a_promise_agree_with_its_verdict(rows, day):
    parts, target = [], 0
    for n, (amount, gap, received) in enumerate(rows):
        target += amount
        parts.append(Part(target, date.fromordinal(DAY.toordinal() + n * 60 + gap), min(target, received)))
    state, states = judge(parts, date.fromordinal(DAY.toordinal() + day))
    missed = [s for s in states if s in ("partly", "broken")]
    assert state == (missed[0] if missed else states[-1]) and len(states) == len(parts)
    assert ("cancelled" in states) <= bool(missed)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("fri", date(2026, 9, 18)),
        ("Tuesday", date(2026, 9, 22)),
        ("+7", date(2026, 9, 22)),
        ("30/11", date(2026, 11, 30)),
        ("1.2.", date(2027, 2, 1)),
    ],
)
def test_days_are_understood_as_they_are_typed_on_the_telephone(typed, day):
    assert parse_day(typed, DAY) == day


@pytest.mark.parametrize("typed", ["money", "sat 3", "fr", "29/2", "31/11", "+", ""])
def test_what_is_no_day_is_never_taken_for_one(typed):
    with pytest.raises(ValueError, match="write a day like"):
        parse_day(typed, DAY)


def test_forms_about_days_ahead_take_them_so_and_say_how():
    form = LegalLimitForm({"place": "US", "source": "The law", "limit_from": "+7"}, currency="USD", today=DAY)
    assert form.is_valid() and form.cleaned_data["limit_from"] == date(2026, 9, 22)
    assert form.fields["limit_from"].help_text.startswith("fri, +7")
