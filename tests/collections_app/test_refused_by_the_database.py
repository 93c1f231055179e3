"""Rows that make no sense are refused by PostgreSQL itself, whatever code writes them."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from collections_app.models import Absence, Escalation, PlannedStep, Promise, Rung, StrategyStep, StrategyVersion
from collections_app.services.escalation.deciding import decide
from collections_app.services.escalation.ladder import add_standard_ladder
from collections_app.services.escalation.raising import raise_case
from collections_app.services.promises import give_promise
from collections_app.services.strategies import create_strategy
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db


def check_refused(rows, constraint, **wrong):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**wrong)


def test_a_person_is_away_once_at_a_time_in_a_company():
    one, two = make_company(), make_company()
    ana, ben = make_user("specialist", one), make_user("specialist", one)
    away = {"person": ana, "cover": ben, "first": DAY, "last": DAY + timedelta(days=4), "made_by": "x"}
    Absence.objects.create(company=one, **away)
    Absence.objects.create(company=two, **away)
    Absence.objects.create(company=one, **away | {"first": DAY + timedelta(days=5), "last": DAY + timedelta(days=9)})
    Absence.objects.create(company=one, state="cancelled", **away)
    with pytest.raises(IntegrityError, match="absence_one_at_a_time"), transaction.atomic():
        Absence.objects.create(company=one, **away | {"first": DAY + timedelta(days=4)})


def test_nobody_decides_on_what_they_raised_and_what_is_placed_is_placed_with_somebody():
    company = make_company()
    add_standard_ladder(actor=SYSTEM, company=company)
    customer = make_customer(company)
    issue(customer, 10_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30))
    rung = Rung.objects.get(code="supervisor")
    case = raise_case(actor=SYSTEM, customer=customer, currency="USD", rung=rung, reason="silence", day=DAY)
    decide(actor=make_user("supervisor", company), case=case, outcome="accepted", words="call", day=DAY, version=case.version)
    rows, rungs = Escalation.objects.all(), Rung.objects.filter(pk=rung.pk)
    check_refused(rows, "raiser_is_not_decider", decided_by=SYSTEM.label)
    check_refused(rows, "placed_with", state="placed")
    check_refused(rows, "closed_on_a_day", state="closed")
    check_refused(rungs, "decided_by_somebody", role="")
    check_refused(rungs, "decided_by_somebody", is_outside=True)
    check_refused(rungs, "not_negative", minimum=-1)


def test_promises_and_steps_hold_together():
    company = make_company()
    customer = make_customer(company)
    item = issue(customer, 100_00, due=date(2026, 9, 1))
    promise = give_promise(actor=SYSTEM, customer=customer, items=[item], amount=60_00, due_on=DAY, today=DAY)
    check_refused(Promise.objects.all(), "promise_tolerance", tolerance_amount=60_00)
    check_refused(promise.items.all(), "within_what_is_open", amount=100_01)
    check_refused(promise.items.all(), "within_what_is_open", amount=0)
    version = create_strategy(actor=SYSTEM, company=company, name="All")
    steps = StrategyStep.objects.filter(version=version)
    check_refused(steps, "escalates_somewhere", channel="escalate")
    check_refused(steps, "signed_by_somebody", signer="named")
    planned = {"company": company, "customer": customer, "currency": "USD", "step": steps[0], "cycle": f"x #{item.pk}", "due_on": DAY}
    PlannedStep.objects.create(**planned)
    check_refused(PlannedStep.objects.all(), "closed_on_a_day", state="done")
    check_refused(PlannedStep.objects.all(), "closed_on_a_day", closed_on=DAY)
    check_refused(StrategyVersion.objects.all(), "strategy_not_negative", quiet_days=-1)
