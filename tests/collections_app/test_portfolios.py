"""Whose customers are whose: rules, even shares, hand-overs that stay, absences that end by themselves."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from arops.lib import clock
from collections_app.models import Absence, Assignment, PortfolioRule, WorkTask
from collections_app.policy.portfolios import Account, Rule, balance, plan
from collections_app.selectors.portfolios import handed_to, moves_ahead, moves_by_rules, workload
from collections_app.services.absences import end_absence, follow_absences, plan_absence
from collections_app.services.portfolios import PortfolioRefused, RuleDraft, apply_rules, assign_customers, assign_new, mark_read, save_rule
from customers.models import Customer
from org.actors import NotAllowed
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Event

ACCOUNT = st.builds(
    Account, customer_id=st.integers(1, 10**6), name=st.sampled_from(["Acme", "Nordia", "Zeta"]), minutes=st.integers(0, 120),
    collector=st.sampled_from([None, 1, 2, 3, 9]),
)  # fmt: skip
ACCOUNTS = st.lists(ACCOUNT, max_size=30, unique_by=lambda a: a.customer_id)
RULE = Rule(1, (1, 2, 3))


class TestPlans:
    @given(ACCOUNTS)
    def test_rules_bring_everybody_home_and_leave_who_is_home(self, accounts):
        moves = {m.customer_id: m for m in plan(accounts, [RULE])}
        for account in accounts:
            assert (account.customer_id in moves) == (account.collector not in RULE.people)
        assert all(m.now in RULE.people for m in moves.values())

    @given(ACCOUNTS)
    def test_even_shares_never_make_it_worse_and_settle(self, accounts):
        mine = [a for a in accounts if a.collector in RULE.people]
        moves = balance(mine, [RULE])
        now = {a.customer_id: a.collector for a in mine} | {m.customer_id: m.now for m in moves}

        def spread(owners):
            minutes = dict.fromkeys(RULE.people, 0)
            for account in mine:
                minutes[owners[account.customer_id]] += account.minutes
            return max(minutes.values()) - min(minutes.values())

        assert spread(now) <= spread({a.customer_id: a.collector for a in mine})
        assert len({m.customer_id for m in moves}) == len(moves), "nobody is moved twice"

    def test_the_first_rule_that_fits_decides_and_who_is_away_gets_nothing(self):
        large = Rule(1, (7,), minimum=1_000_00, risks="CD")
        letters = Rule(2, (1, 2), name_from="A", name_to="M")
        accounts = [
            Account(1, "Acme", risk="C", owed=2_000_00), Account(2, "Acme", owed=5), Account(3, "müller", owed=5), Account(4, "Zeta"),
        ]  # fmt: skip
        found = {m.customer_id: (m.now, m.rule_id) for m in plan(accounts, [large, letters], away={1})}
        assert found == {1: (7, 1), 2: (2, 2), 3: (2, 2)}


@pytest.fixture
def world(db):
    company = make_company()
    ana, ben = make_user("specialist", company), make_user("specialist", company)
    return company, ana, ben, make_user("supervisor", company)


def owner(customer):
    return Customer.objects.get(pk=customer.pk).collector


def test_a_rule_gives_out_what_is_nobodys_and_what_was_given_by_hand_stays(world):
    company, ana, ben, boss = world
    nobody, hers, byhand = make_customer(company, "Acme"), make_customer(company, "Nordia", collector=ana), make_customer(company, "Zeta")
    save_rule(actor=boss, company=company, draft=RuleDraft("All", (ben.pk,)))
    assign_customers(actor=boss, customers=[byhand], to=ana, today=DAY, note="Ask for Eva.")
    assert {m.customer_id for m in moves_by_rules(company, DAY)} == {nobody.pk, hers.pk}
    with CaptureQueriesContext(connection) as queries:
        assert moves_ahead(company, DAY) == (2, 0)
    assert sum("customers_customer" in q["sql"] and '"name"' in q["sql"] for q in queries) == 1, "the customers are read once"
    assert assign_new(actor=SYSTEM, company=company, today=DAY) == 1, "the night takes nobody's customer away"
    assert (owner(nobody), owner(hers), owner(byhand)) == (ben, ana, ana)
    assert apply_rules(actor=boss, company=company, today=DAY) == 1
    assert (owner(hers), owner(byhand)) == (ben, ana)
    assert Event.objects.filter(type="customer.assigned").count() == 3
    assert [a.note for a in handed_to(ana)] == ["Ask for Eva."]
    mark_read(person=ana, assignments=[a.pk for a in handed_to(ana)], now=clock.now())
    assert not handed_to(ana).exists()


def test_tasks_go_with_their_customer_and_count_as_work(world):
    company, ana, ben, boss = world
    customer = make_customer(company, "Acme", collector=ana)
    issue(customer, 100_00, due=DAY - timedelta(days=40))
    WorkTask.objects.create(
        company=company, customer=customer, owner=ana, key="call:1:EUR", kind="call", title="Call", currency="EUR", amount=1, score=1,
        due_on=DAY, next_action="Call", minutes=25,
    )  # fmt: skip
    assign_customers(actor=boss, customers=[customer], to=ben, today=DAY)
    rows = {r.person: r for r in workload(company, DAY)}
    assert (rows[ben].tasks, rows[ben].minutes, rows[ben].late, rows[ben].past_due) == (1, 25, 1, 100_00)
    assert (rows[ana].tasks, rows[ana].customers) == (0, 0)


def test_who_may_not_and_what_can_not_be(world):
    company, ana, ben, boss = world
    customer, stranger = make_customer(company, "Acme"), make_user("specialist", make_company())
    with pytest.raises(NotAllowed):
        assign_customers(actor=ana, customers=[customer], to=ben, today=DAY)
    with pytest.raises(PortfolioRefused, match="no role"):
        assign_customers(actor=boss, customers=[customer], to=stranger, today=DAY)
    with pytest.raises(PortfolioRefused, match="somebody"):
        save_rule(actor=boss, company=company, draft=RuleDraft("All", ()))
    assert not PortfolioRule.objects.exists() and not Assignment.objects.exists()


class TestAbsences:
    def away(self, world, first=DAY, last=DAY + timedelta(days=4), **fields):
        company, ana, ben, _ = world
        told = {"actor": ana, "company": company, "person": ana, "cover": ben, "first": first, "last": last, "today": DAY}
        return plan_absence(**told | fields)

    def test_customers_go_and_come_back_by_themselves(self, world):
        company, ana, ben, boss = world
        mine, given_on = make_customer(company, "Acme", collector=ana), make_customer(company, "Nordia", collector=ana)
        self.away(world, first=DAY + timedelta(days=1), note="Nordia pays on Friday.")
        assert owner(mine) == ana
        assert follow_absences(actor=SYSTEM, company=company, today=DAY + timedelta(days=1)) == {"covered": 2, "returned": 0}
        assert owner(mine) == ben and handed_to(ben).count() == 2
        zed = make_user("specialist", company)
        assign_customers(actor=boss, customers=[Customer.objects.select_related("company").get(pk=given_on.pk)], to=zed, today=DAY)
        assert follow_absences(actor=SYSTEM, company=company, today=DAY + timedelta(days=5)) == {"covered": 0, "returned": 1}
        assert (owner(mine), owner(given_on)) == (ana, zed), "who was given to another meanwhile stays there"
        assert Absence.objects.get().state == "ended"

    def test_back_early_and_not_gone_at_all(self, world):
        company, ana, ben, _ = world
        mine = make_customer(company, "Acme", collector=ana)
        running = self.away(world)
        assert owner(mine) == ben
        end_absence(actor=ana, absence=running, today=DAY)
        assert owner(mine) == ana
        later = self.away(world, first=date(2027, 1, 1), last=date(2027, 1, 9))
        end_absence(actor=ana, absence=later, today=DAY)
        with pytest.raises(PortfolioRefused, match="over"):
            end_absence(actor=ana, absence=later, today=DAY)

    def test_two_who_are_away_do_not_cover_each_other(self, world):
        company, ana, ben, boss = world
        self.away(world)
        with pytest.raises(PortfolioRefused, match="away then too"):
            self.away(world, actor=boss, person=ben, cover=ana)
        with pytest.raises(PortfolioRefused, match="already"):
            self.away(world)
        with pytest.raises(NotAllowed):
            self.away(world, actor=ben)
        with pytest.raises(PortfolioRefused, match="away: give"):
            assign_customers(actor=boss, customers=[make_customer(company, "Zeta")], to=ana, today=DAY)
