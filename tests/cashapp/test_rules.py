"""Rules tried on the past, switched on by another, rolled back, watched, drafted from people's work."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cashapp.engine.payers import plain_account
from cashapp.models import CashRule, DriftAlarm, Match, MatchPolicy, PayerAlias, RuleMatrix
from cashapp.selectors.engine_input import engine_policy, policy_of
from cashapp.selectors.history import days_of, left_out
from cashapp.services import leave_on_account, match_receipts, reverse_match
from cashapp.services import rules as work
from cashapp.services.rules.bands import take_over_bands
from cashapp.services.rules.errors import MakerIsNotChecker, NotTried, RuleRefused, StaleVersion
from cashapp.services.rules.testing import run_trial
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank, fresh, senior
from tests.cashapp.desk import work as apply
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import DAY, SYSTEM, issue, make_customer, make_user

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db
FIRST = TODAY - timedelta(days=40)


@pytest.fixture
def boss(bank):
    return make_user("supervisor", bank.company)


@pytest.fixture
def past(bank, acme, ana):
    """Two invoices of one amount, paid one after the other by name: the first named, the second not; a third waits."""
    items = [issue(acme, 100_00, number=n, day=EARLY) for n in ("INV-7001", "INV-7002")]
    named = money_in(bank, 100_00, payer="ACME GmbH", text="INV-7001", account="DE77")
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, receipts=[named], post=True)
    bare = money_in(bank, 100_00, payer="ACME GmbH", day=DAY + timedelta(days=3))
    apply(ana, bare, (items[1], 100_00))
    money_in(bank, 55_00, payer="nobody")
    return items, named, bare


def trial(actor, subject, **more):
    return run_trial(actor=actor, subject=subject, first=FIRST, last=TODAY, today=TODAY, **more)


def asked_by_name(matrix_actor, company):
    """A version in which a single amount by a name alone is only proposed."""
    made = work.draft_matrix(actor=matrix_actor, company=company)
    return work.change_matrix(actor=matrix_actor, matrix=made, seen=made.changed_at, cells={"single amount": {"NAME": 60, "KNOWN": 60}})


# Replaying


def test_receipts_are_replayed_as_of_their_day(bank, acme, past):
    items, named, bare = past
    first, second = days_of(bank.company.pk, FIRST, TODAY)
    assert [r.id for r in first.receipts] == [named.pk] and first.receipts[0].customer_id is None
    assert {c.number: c.balance for c in first.candidates} == {"INV-7001": 100_00, "INV-7002": 100_00}
    assert {c.number: c.balance for c in second.candidates} == {"INV-7001": 0, "INV-7002": 100_00}
    assert first.stood[named.pk].settled == {items[0].pk: 100_00} and second.stood[bare.pk].settled == {items[1].pk: 100_00}
    assert left_out(bank.company.pk, FIRST, TODAY) == {"not settled yet": 1}


def test_what_a_receipt_taught_does_not_help_its_own_trial(bank, acme, ana):
    item, receipt = issue(acme, 70_00, day=EARLY), money_in(bank, 70_00, payer="Somebody Else", account="DE 55")
    apply(ana, receipt, (item, 70_00))
    assert PayerAlias.objects.filter(value=plain_account("DE55"), is_active=True).exists()
    (day,) = days_of(bank.company.pk, FIRST, TODAY)
    assert all(not p.accounts and not p.aliases for p in day.payers)
    later = issue(acme, 80_00, number="INV-8", day=EARLY), money_in(bank, 80_00, account="DE55", day=DAY + timedelta(days=1))
    apply(ana, later[1], (later[0], 80_00))
    assert any(p.accounts for p in list(days_of(bank.company.pk, FIRST, TODAY))[1].payers)


def test_a_posting_that_was_taken_back_is_as_if_it_had_never_been(bank, acme, ana, past):
    items, named, _ = past
    match = Match.objects.get(receipt=named)
    reverse_match(actor=make_user("supervisor", bank.company), match=match, reason="wrong", today=TODAY, now=NOW)
    apply(ana, fresh(named), (items[0], 60_00), rest=True)
    first, second = days_of(bank.company.pk, FIRST, TODAY)
    assert first.stood[named.pk].settled == {items[0].pk: 60_00} and first.stood[named.pk].on_account
    assert {c.number: c.balance for c in second.candidates if c.kind == "invoice"} == {"INV-7001": 40_00, "INV-7002": 100_00}


def test_a_trial_says_what_would_go_another_way(bank, senior, past):
    _, _, bare = past
    test = trial(senior, asked_by_name(senior, bank.company))
    figures = test.figures
    assert figures["receipts"] == 2 and figures["before"]["post"]["count"] == 2 and figures["before"]["post"]["right"] == 2
    assert figures["after"]["post"] == {"count": 1, "right": 1, "value": {"EUR": 100_00}}
    (row,) = test.differences
    assert row["receipt"] == bare.pk and (row["before"]["way"], row["after"]["way"], row["after"]["right"]) == ("post", "propose", True)


def test_a_trial_changes_nothing_but_itself(bank, senior, past):
    before = list(Match.objects.values_list("pk", "reversed_by")), [balance(i) for i in past[0]]
    trial(senior, work.draft_matrix(actor=senior, company=bank.company))
    assert (list(Match.objects.values_list("pk", "reversed_by")), [balance(i) for i in past[0]]) == before


# Switching on


def test_a_version_is_switched_on_by_another_after_a_trial_of_just_its_content(bank, senior, boss, past):
    made = asked_by_name(senior, bank.company)
    assert made.cells == {"single amount": {"NAME": 60, "KNOWN": 60}}
    step = {"matrix": made, "today": TODAY, "now": NOW}
    with pytest.raises(NotTried, match="not been tried"):
        work.activate_matrix(actor=boss, **step)
    trial(senior, made)
    with pytest.raises(NotAllowed):
        work.activate_matrix(actor=senior, **step)
    made = work.change_matrix(actor=senior, matrix=made, seen=made.changed_at, cells={"single amount": {"NAME": 61}})
    with pytest.raises(NotTried, match="changed since"):
        work.activate_matrix(actor=boss, **step)
    trial(senior, made)
    work.activate_matrix(actor=boss, **step)
    policy = engine_policy(policy_of(bank.company.pk))
    assert policy.matrix == {"single amount": {"NAME": 61}} and policy.bands is None
    waiting = issue(make_customer(bank.company, "Nordia AB"), 33_00, day=EARLY), money_in(bank, 33_00, payer="Nordia AB")
    run = match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, receipts=[waiting[1]], post=True)
    assert not run.posted and run.suggested == 1


def test_a_trial_is_of_what_stands_not_of_what_was_looked_at(bank, senior, past):
    seen = work.draft_matrix(actor=senior, company=bank.company)
    work.change_matrix(actor=senior, matrix=seen, seen=seen.changed_at, cells={"single amount": {"NAME": 60, "KNOWN": 60}})
    assert seen.cells == {} and trial(senior, seen).figures["differences"] == 1


def test_a_trial_grows_stale(bank, senior, boss, past):
    made = asked_by_name(senior, bank.company)
    trial(senior, made)
    policy = MatchPolicy.objects.create(company=bank.company, suggest_threshold=40)
    with pytest.raises(NotTried, match="match policy was changed"):
        work.activate_matrix(actor=boss, matrix=made, today=TODAY, now=NOW)
    policy.delete()
    with pytest.raises(NotTried, match="last weeks"):
        work.activate_matrix(actor=boss, matrix=made, today=TODAY + timedelta(days=60), now=NOW)
    other = asked_by_name(senior, bank.company)
    trial(senior, other)
    work.activate_matrix(actor=boss, matrix=other, today=TODAY, now=NOW)
    with pytest.raises(NotTried, match="switched on or off"):
        work.activate_matrix(actor=boss, matrix=made, today=TODAY, now=NOW)
    short = work.draft_matrix(actor=senior, company=bank.company)
    run_trial(actor=senior, subject=short, first=DAY, last=TODAY, today=TODAY)
    with pytest.raises(NotTried, match="too few days"):
        work.activate_matrix(actor=boss, matrix=short, today=TODAY, now=NOW)


def test_the_maker_never_switches_on_not_even_past_the_service(bank, boss, past):
    made = work.draft_matrix(actor=boss, company=bank.company)
    trial(boss, made)
    with pytest.raises(MakerIsNotChecker):
        work.activate_matrix(actor=boss, matrix=made, today=TODAY, now=NOW)
    row = RuleMatrix.objects.filter(pk=made.pk)
    for name, fields in [
        ("maker_is_not_checker", {"activated_by": boss.label}),
        ("has not been tried", {"activated_by": "user:0", "cells": {"single amount": {"NAME": 100}}}),
        ("a person switches", {"activated_by": "system:x"}),
    ]:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.update(state="active", activated_at=NOW, **fields)
    with pytest.raises(IntegrityError, match="begins as a draft"), transaction.atomic():
        RuleMatrix.objects.create(company=bank.company, version=9, state="active", made_by="user:1", activated_by="user:2")


def test_versions_are_rolled_back_and_stay_as_they_were_tried(bank, senior, boss, past):
    first = asked_by_name(senior, bank.company)
    trial(senior, first)
    work.activate_matrix(actor=boss, matrix=first, today=TODAY, now=NOW)
    second = work.draft_matrix(actor=senior, company=bank.company, base=first)
    second = work.change_matrix(actor=senior, matrix=second, seen=second.changed_at, cells={}, bands={"post": 95})
    trial(senior, second)
    work.activate_matrix(actor=boss, matrix=second, today=TODAY, now=NOW)
    assert engine_policy(policy_of(bank.company.pk)).bands.of(None) == (95, 50)
    work.activate_matrix(actor=boss, matrix=first, today=TODAY, now=NOW)
    states = dict(RuleMatrix.objects.values_list("version", "state"))
    assert states == {1: "active", 2: "retired"}
    with pytest.raises(RuleRefused, match="stays as it is"):
        work.change_matrix(actor=senior, matrix=first, seen=RuleMatrix.objects.get(pk=first.pk).changed_at, cells={})
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        RuleMatrix.objects.filter(pk=second.pk).update(cells={"EXACT": {}})
    work.return_to_published(actor=boss, company=bank.company, now=NOW)
    assert engine_policy(policy_of(bank.company.pk)).matrix == {}


def test_a_draft_is_its_makers_and_of_what_was_looked_at(bank, senior, boss):
    with pytest.raises(RuleRefused, match="whole company"):
        work.draft_matrix(actor=make_user("senior", bank.company, scope="portfolio"), company=bank.company)
    made = work.draft_matrix(actor=senior, company=bank.company)
    with pytest.raises(RuleRefused, match="only its maker"):
        work.change_matrix(actor=boss, matrix=made, seen=made.changed_at, cells={})
    with pytest.raises(StaleVersion):
        work.change_matrix(actor=senior, matrix=made, seen=NOW, cells={})
    for wrong in ({"NOWHERE": {}}, {"EXACT": {"KNOWN": [1, 2]}}, {"single amount": {"NAME": 101}}):
        with pytest.raises(RuleRefused):
            work.change_matrix(actor=senior, matrix=made, seen=made.changed_at, cells=wrong)
    with pytest.raises(RuleRefused, match="80 to 101"):
        work.change_matrix(actor=senior, matrix=made, seen=made.changed_at, bands={"post": 70})
    with pytest.raises(RuleRefused, match="try it first"):
        take_over_bands(actor=senior, matrix=made)
    trial(senior, made)
    with pytest.raises(RuleRefused, match="too few"):
        take_over_bands(actor=senior, matrix=made)


# Own rules


def kept_on_account(bank, acme, ana, count=3):
    for n in range(count):
        receipt = money_in(bank, 10_00 + n, acme, day=DAY + timedelta(days=n))
        leave_on_account(actor=ana, receipt=receipt, version=receipt.version, now=NOW)


def test_habits_are_drafted_once_tried_and_switched_on_by_a_person(bank, acme, ana, senior):
    kept_on_account(bank, acme, ana)
    (rule,) = work.draft_from_work(actor=SYSTEM, company=bank.company, today=TODAY)
    assert (rule.effect, rule.customer, rule.drafted_from["agreeing"]) == ("on_account", acme, 3)
    assert work.draft_from_work(actor=SYSTEM, company=bank.company, today=TODAY) == []
    test = trial(senior, rule)
    assert test.figures["own"]["post"] == [3, 3] and test.figures["after"]["post"]["right"] == 3
    boss = make_user("supervisor", bank.company)
    with pytest.raises(RuleRefused, match="a person"):
        work.switch_on_rule(actor=SYSTEM, rule=rule, version=0, today=TODAY, now=NOW)
    on = work.switch_on_rule(actor=boss, rule=rule, version=0, today=TODAY, now=NOW)
    assert [r.id for r in engine_policy(policy_of(bank.company.pk)).rules] == [rule.pk]
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        CashRule.objects.filter(pk=rule.pk).update(position=1)
    work.retire_rule(actor=boss, rule=on, reason="new terms", now=NOW)
    assert engine_policy(policy_of(bank.company.pk)).rules == ()


def test_a_refused_habit_is_not_drafted_again(bank, acme, ana, boss):
    kept_on_account(bank, acme, ana)
    (rule,) = work.draft_from_work(actor=SYSTEM, company=bank.company, today=TODAY)
    work.refuse_rule(actor=boss, rule=rule, reason="they order soon", now=NOW)
    assert work.draft_from_work(actor=SYSTEM, company=bank.company, today=TODAY) == []


def test_deductions_of_one_reason_are_a_habit(bank, acme, ana):
    for n in range(3):
        item = issue(acme, 100_00, number=f"INV-61{n}", day=EARLY)
        apply(ana, money_in(bank, 90_00, acme), (item, 90_00, 0, 0, 10_00, "price"))
    (rule,) = work.draft_from_work(actor=SYSTEM, company=bank.company, today=TODAY)
    assert (rule.effect, rule.values, rule.drafted_from["cases"]) == ("deduction", {"reason": "price"}, 3)


def test_own_rules_are_drafted_by_those_who_may_within_their_sight(bank, acme, ana, senior, boss):
    said = {"name": "ACME pays ahead", "effect": "on_account", "condition": {}, "values": {}}
    with pytest.raises(NotAllowed):
        work.draft_rule(actor=ana, company=bank.company, customer=acme, **said)
    with pytest.raises(RuleRefused, match="which customer"):
        work.draft_rule(actor=senior, company=bank.company, **said)
    rule = work.draft_rule(actor=senior, company=bank.company, customer=acme, **said)
    with pytest.raises(NotTried):
        work.switch_on_rule(actor=boss, rule=rule, version=0, today=TODAY, now=NOW)
    with pytest.raises(RuleRefused, match="own rule"):
        work.change_rule(actor=boss, rule=rule, version=0, customer=acme, **said)
    small = make_user("senior", bank.company, scope="portfolio")
    with pytest.raises(RuleRefused, match="no such rule"):
        work.discard_rule(actor=small, rule=rule)
    with pytest.raises(RuleRefused, match="not among those you work on"):
        work.draft_rule(actor=small, company=bank.company, customer=acme, **said)
    work.discard_rule(actor=senior, rule=rule)
    assert not CashRule.objects.exists()


# The watch


def test_a_rule_that_is_taken_back_too_often_raises_one_alarm(bank, acme, senior):
    MatchPolicy.objects.create(company=bank.company)
    for n in range(12):
        issue(acme, 100_00 + n, number=f"INV-50{n:02d}", day=EARLY)
        money_in(bank, 100_00 + n, acme, text=f"INV-50{n:02d}")
    run = match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
    assert len(run.posted) == 12
    assert work.watch_rules(actor=SYSTEM, company=bank.company, today=TODAY)["alarms"] == 0
    for match in run.posted[:5]:
        reverse_match(actor=senior, match=match, reason="wrong", today=TODAY, now=match.at)
    seen = work.watch_rules(actor=SYSTEM, company=bank.company, today=TODAY)
    assert (seen["alarms"], seen["too_few"]) == (0, 1)  # nothing is known from before: half may be wrong
    earlier = TODAY - timedelta(days=120)
    for n in range(30):
        issue(acme, 300_00 + n, number=f"INV-40{n:02d}", day=earlier)
        money_in(bank, 300_00 + n, acme, text=f"INV-40{n:02d}", day=earlier)
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
    assert work.watch_rules(actor=SYSTEM, company=bank.company, today=TODAY)["alarms"] == 1
    assert work.watch_rules(actor=SYSTEM, company=bank.company, today=TODAY)["alarms"] == 0
    alarm = DriftAlarm.objects.get()
    assert alarm.rule == "reference in text" and "5 of 12" in alarm.words  # what was taken back is not posted again
    with pytest.raises(RuleRefused, match="what was found"):
        work.close_alarm(actor=senior, alarm=alarm, words=" ", now=alarm.raised_at)
    work.close_alarm(actor=senior, alarm=alarm, words="a wrong list of numbers; mended", now=alarm.raised_at)
    assert work.watch_rules(actor=SYSTEM, company=bank.company, today=TODAY)["alarms"] == 0
