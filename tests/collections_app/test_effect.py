"""What acting can change: never more than is left to gain, least where it comes anyway or hardly ever; and what it is learned from."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from arops.lib import clock
from collections_app.models import CustomerChance, WorkTask
from collections_app.policy.chances import AGES, BROKEN, ONE, PLAIN, STEPS, WHOLE, Chances, learned_of, past_cases, power, quarters_of
from collections_app.policy.effect import Part, Touch, gained, in_words, of_account, of_debt
from collections_app.policy.likelihood import BANDS, STANDARD, Cases, Odds
from collections_app.policy.worklist import Account, tasks_of
from collections_app.selectors.accounts import accounts, people_among
from collections_app.selectors.chances import cells_of, chances_of
from collections_app.selectors.rank_tests import debts_of
from collections_app.services.likelihood import learn_chances
from collections_app.services.promises import give_promise
from collections_app.services.ranking import rank
from customers.models import Customer
from disputes.services import open_dispute
from tests.factories import DAY, apply, issue, make_company, make_customer, make_user, receive

KNOWN = Chances(14, 500, 250, dict.fromkeys(AGES, 5_000))
OLDEST = DAY - timedelta(days=40)

rates = st.integers(1, WHOLE - 1)
touches = st.builds(Touch, st.integers(0, 5), st.none() | st.integers(0, 30), st.sampled_from("ABCD"))
cases = st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300)).map(
    lambda n: Cases(n[0] + n[1], n[0], n[2] + n[3], n[2])
)
odds = st.dictionaries(st.sampled_from(BANDS), cases).map(Odds)
known = st.builds(Chances, st.just(14), st.just(500), st.just(250), st.fixed_dictionaries(dict.fromkeys(AGES, rates)))
owns = st.integers(-STEPS, STEPS).map(power)


@given(st.integers(0, 500), owns, touches, odds, known)
def test_acting_never_changes_more_than_is_left_to_gain(days, own, touch, told, chances):
    chance = chances.chance(days, PLAIN, own)
    assert 0 <= of_debt(days, chance, touch, told, chances) <= WHOLE - chance
    effect = of_account([Part(1, PLAIN, 5), Part(91, BROKEN, 7)], days, own, touch, told, chances)
    assert 0 <= effect.change <= WHOLE - effect.chance


@given(rates, rates, st.integers(10, 600))
def test_it_rises_with_what_is_measured_and_is_small_at_both_ends(chance, usual, change):
    assert gained(chance, usual, change) <= gained(chance, usual, change + 10)
    assert gained(1, usual, change) <= gained(5_000, usual, change) >= gained(WHOLE - 1, usual, change)


def account(amount=100_00, own=ONE, **more):
    return Account(
        1, "USD", amount, 0, 0, 0, OLDEST, parts=(Part(31, PLAIN, amount),), own=own, **more
    )  # fmt: skip


@given(st.integers(1, 10**12), st.integers(1, 10**12), owns, known, st.sampled_from("ABCD"))
def test_of_two_alike_the_larger_ranks_no_lower(one, other, own, chances, risk):
    (less,), (more,) = (tasks_of(account(a, own, risk=risk), DAY, chances=chances) for a in sorted((one, other)))
    assert 0 <= less.score <= more.score and more.effect <= more.amount


def test_who_pays_anyway_and_who_hardly_ever_does_rank_below_the_doubtful():
    good, open_, lost = (tasks_of(account(own=power(q)), DAY, chances=KNOWN)[0] for q in (STEPS, 0, -STEPS))
    assert good.effect < open_.effect > lost.effect
    assert "; nearly all such debts of theirs are paid within two weeks as it is: acting" in good.why
    assert "; 5 of 10 such debts of theirs are paid within two weeks as it is: acting" in open_.why and "hardly any" in lost.why
    assert in_words(1_000, False) == "1 of 10 such debts is paid within two weeks as it is"


def test_the_newest_debts_count_too_and_where_cases_are_few_the_oldest_stands_and_says_so():
    mixed = Chances(14, 500, 250, {1: 9_900, 121: 200})
    old, new = Part(121, PLAIN, 1_00), Part(1, PLAIN, 99_00)
    assert of_account([old, new], 200, ONE, Touch(), STANDARD, mixed).chance > 9_700
    few = tasks_of(account(), DAY)[0]
    assert (
        few.effect == 28_00 and few.why.endswith("28.00 of 100.00 USD (usual values: too few cases yet).") and "paid within" not in few.why
    )
    one_sided = Chances(14, 500, 490, {31: 9_800})
    assert tasks_of(account(), DAY, chances=one_sided)[0].effect == 28_00


@pytest.mark.django_db
def test_the_books_are_counted_as_the_rule_says_and_the_list_reckons_with_them(client):
    company = make_company()
    ana = make_user("specialist", company)
    good, bad = (make_customer(company, name, collector=ana) for name in ("Good", "Bad"))
    for n in range(60):
        due = DAY - timedelta(days=30 + 4 * n)
        for customer, late in ((good, 3), (bad, 90)):
            item = issue(customer, 100_00 + n, day=due - timedelta(days=30), due=due)
            if n % 10 == 0:
                open_dispute(
                    actor=ana, open_item=item, amount=20_00, reason="price", today=due + timedelta(days=1), source=f"{customer}{n}"
                )
            elif n % 10 == 1:
                give_promise(actor=ana, customer=customer, items=[item], amount=50_00, due_on=due + timedelta(days=9), today=due)
            if (paid := due + timedelta(days=late)) < DAY:
                apply(receive(customer, item.amount, day=paid), (item, item.amount), day=paid)
    debts, _ = debts_of(Customer.objects.filter(company=company), date(2025, 1, 1), DAY)
    expected = {}
    for rows in past_cases(debts, DAY, 14).values():
        for case in rows:
            key = case.debt.customer, (max(a for a in AGES if a <= case.age), case.standing)
            at = expected.setdefault(key, [0, 0])
            at[0] += 1
            at[1] += case.is_paid
    cells = cells_of(company, DAY)
    assert {key: [c.cases, c.paid] for key, c in cells.items()} == expected and len({kind for _, (_, kind) in cells}) > 2
    assert learn_chances(company=company, day=DAY) == sum(n for n, _ in expected.values())
    kept, learned = chances_of(company), learned_of(cells, 14)
    assert (kept.cases, kept.paid, kept.by_age, kept.by_kind) == (learned.cases, learned.paid, learned.by_age, learned.by_kind)
    stored = dict(CustomerChance.objects.values_list("customer", "quarters"))
    assert stored == {pk: quarters_of(own) for pk, own in learned.own.items()} and stored[bad.pk] < 0 < stored[good.pk]
    read = {a.customer_id: a for a in accounts(people_among(company.pk, [good.pk, bad.pk]), DAY)}
    assert sum(p.amount for p in read[bad.pk].parts) == read[bad.pk].overdue - read[bad.pk].held
    bad.contacts.create(name="Ada", phone="1")
    rank(company=company, day=DAY, now=clock.now())
    assert "of theirs are paid within two weeks as it is" in WorkTask.objects.filter(customer=bad, kind="call").get().why
    client.force_login(ana)
    assert "where they pay badly" in client.get(reverse("collections:ranking")).content.decode()
