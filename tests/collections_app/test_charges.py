"""Late charges against the books: assessed once, posted, waived, verified."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from arops.lib import clock
from collections_app.models import Charge, ChargedItem, ChargeRun
from collections_app.policy.charges import Tier
from collections_app.selectors.charges import ChargeBook, Period, assessed, candidates, month_before
from collections_app.services.charges import running
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.policies import NewPolicy, save_limit, save_policy
from collections_app.services.charges.running import charge_last_month, request_run, run_charges
from collections_app.services.charges.waiving import request_waiver
from ledger.models import Entry, OpenItem
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.factories import SYSTEM, apply, contest, issue, make_company, make_customer, make_user, receive
from workflow.models import Approval
from workflow.services.approvals import approve, reject

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
SEPTEMBER = month_before(OCTOBER)
NOW = clock.now()


def world(**fields: Any) -> Any:
    """A company that charges 12 % a year since 1 September, and a customer of it."""
    company = make_company()
    wanted = NewPolicy("Interest", "rate", (Tier(0, Decimal(12)),), date(2026, 9, 1), **fields)
    save_policy(actor=SYSTEM, company=company, wanted=wanted, today=date(2026, 9, 1))
    return company, make_customer(company, country="US", address="1 Main St\nHouston, TX 77002", payment_terms="net 30")


def assess(company: Any, day: date = OCTOBER) -> Any:
    return run_charges(company=company, period=month_before(day), day=day, actor=SYSTEM, now=NOW)


def test_a_month_is_assessed_once_and_its_days_never_again() -> None:
    """2026-07-01 invoice 1,000.00 due 07-31; paid 200.00 on 09-16, 800.00 on 10-11. Charged from 1 September, when the policy begins."""
    company, customer = world()
    item = issue(customer, 1000_00, day=date(2026, 7, 1))
    apply(receive(customer, 200_00, day=date(2026, 9, 16)), (item, 200_00), day=date(2026, 9, 16))
    run = assess(company)
    charge = Charge.objects.get(run=run)
    assert charge.amount == round((1000_00 * 15 + 800_00 * 15) * 12 / 36500) == 8_88
    assert [(p["days"], p["base"]) for p in charge.lines[0]["parts"]] == [(15, 1000_00), (15, 800_00)]
    fee = charge.open_item
    assert fee and (fee.kind, fee.balance, fee.due_date) == ("late_fee", 8_88, OCTOBER + timedelta(days=30))
    assert run.counts == {"charged": 1, "left_out": 0}
    assert assess(company).pk == run.pk and Charge.objects.count() == 1
    apply(receive(customer, 800_00, day=date(2026, 10, 11)), (item, 800_00), day=date(2026, 10, 11))
    assess(company, date(2026, 11, 1))
    second = Charge.objects.get(run__period_from=OCTOBER)
    assert second.amount == round(800_00 * 10 * 12 / 36500)  # paid whole, yet its ten days are charged, and the charge itself isn't
    assert [str(p.days_from) for p in ChargedItem.objects.filter(open_item=item).order_by("days_from")] == ["2026-09-01", "2026-10-01"]
    assert verify_books(date(2026, 11, 2), [company]) == []


def test_disputes_credits_and_limits_come_from_the_books() -> None:
    company, customer = world()
    save_limit(
        actor=SYSTEM, company=company, place="US-TX", max_rate=Decimal(6), max_fee=None, source="the code", valid_from=date(2026, 1, 1)
    )
    first, second = issue(customer, 500_00, day=date(2026, 7, 1)), issue(customer, 400_00, day=date(2026, 7, 2))
    contest(
        company=company, customer=customer, open_item=second, amount=100_00, currency="USD", reason="price", opened_on=date(2026, 9, 1),
        opened_by="x", number="D-1", due_date=date(2026, 9, 9),
    )  # fmt: skip
    receive(customer, 150_00, day=date(2026, 9, 1))
    memo = issue(customer, -50_00, day=date(2026, 9, 10), kind="credit_memo")
    apply(memo, (first, 50_00), day=date(2026, 9, 20))
    (found,) = assessed(ChargeBook(company, SEPTEMBER), [customer.pk])
    bases = {line.debit.item_id: {p.base for p in line.parts} for line in found.assessment.lines}
    assert bases == {first.pk: {300_00}, second.pk: {300_00}}  # what was credited was never owed; cash covers the oldest
    assert {p.capped for line in found.assessment.lines for p in line.parts} == {"US-TX: the code"}
    assert found.assessment.amount == 2 * round(300_00 * 30 * 6 / 36500)


def test_a_killed_run_goes_on_and_two_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    company, _ = world()
    for n in range(6):
        issue(make_customer(company), 1000_00 + n, day=date(2026, 7, 1))
    monkeypatch.setattr(running, "BATCH", 2)

    def die(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_charges(company=company, period=SEPTEMBER, day=OCTOBER, actor=SYSTEM, now=NOW, tell=die)
    assert Charge.objects.count() == 4
    run = assess(company)
    assert (run.counts["charged"], OpenItem.objects.filter(kind="late_fee").count()) == (6, 6)
    assert verify_books(OCTOBER, [company]) == []


def test_what_is_not_charged_says_why_and_is_judged_all_the_same() -> None:
    company, customer = world(minimum_charge=5_00)
    issue(customer, 100_00, day=date(2026, 7, 1))
    assess(company)
    left = Charge.objects.get()
    assert (left.state, left.because, left.open_item) == ("left_out", "Charge too small", None)
    assert ChargedItem.objects.get().days_to == SEPTEMBER.last


def test_runs_are_refused_for_months_that_are_not_over_or_have_no_policy() -> None:
    company, customer = world()
    issue(customer, 100_00, day=date(2026, 7, 1))
    for period, words in ((Period(OCTOBER, date(2026, 10, 31)), "are over"), (Period(date(2026, 8, 1), date(2026, 8, 31)), "no policy")):
        with pytest.raises(ChargeError, match=words):
            run_charges(company=company, period=period, day=OCTOBER, actor=SYSTEM, now=NOW)
    with pytest.raises(NotAllowed):
        request_run(actor=make_user("specialist", company), company=company, period=SEPTEMBER, today=OCTOBER)
    assert charge_last_month(company=company, day=OCTOBER, actor=SYSTEM, now=NOW) == {"charged": 1, "left_out": 0}
    assert charge_last_month(company=company, day=OCTOBER + timedelta(days=1), actor=SYSTEM, now=NOW) == {"charged": 0, "left_out": 0}
    with pytest.raises(ChargeError, match="can't be changed any more"):
        save_policy(actor=SYSTEM, company=company, wanted=NewPolicy("Late", "fee", (Tier(0, fee=5),), date(2026, 9, 10)), today=OCTOBER)


def charged() -> tuple[Any, Charge]:
    company, customer = world()
    issue(customer, 1000_00, day=date(2026, 7, 1))
    assess(company)
    return company, Charge.objects.select_related("open_item", "company", "customer", "run").get()


def ask(actor: Any, charge: Charge) -> Approval:
    return request_waiver(actor=actor, charge=charge, reason="our invoice came late", token="t", today=OCTOBER, now=NOW)


def test_a_waiver_is_asked_for_by_one_and_allowed_by_another() -> None:
    company, charge = charged()
    specialist, supervisor = make_user("specialist", company), make_user("supervisor", company)
    asked = ask(specialist, charge)
    charge.refresh_from_db()
    assert (asked.state, charge.state) == ("waiting", "waiver_asked")
    with pytest.raises(ChargeError, match="asked for already"):
        ask(supervisor, charge)
    approve(actor=supervisor, approval=asked, now=NOW, today=OCTOBER)
    charge.refresh_from_db()
    assert charge.state == "waived" and charge.open_item and charge.open_item.balance == 0
    assert Entry.objects.filter(reverses__opens=charge.open_item).count() == 1
    assess(company, date(2026, 11, 1))
    assert [p["from"] for p in Charge.objects.get(run__period_from=OCTOBER).lines[0]["parts"]] == ["2026-10-01"]
    assert verify_books(date(2026, 11, 1), [company]) == []


def test_a_waiver_that_is_rejected_leaves_the_charge_and_what_was_paid_stays_paid() -> None:
    company, charge = charged()
    specialist, supervisor = make_user("specialist", company), make_user("supervisor", company)
    reject(actor=supervisor, approval=ask(specialist, charge), now=NOW, today=OCTOBER, note="no")
    charge.refresh_from_db()
    assert charge.state == "posted" and charge.open_item
    apply(receive(charge.customer, 4_00, day=OCTOBER), (charge.open_item, 4_00), day=OCTOBER)
    again = request_waiver(actor=specialist, charge=charge, reason="the rest", token="u", today=OCTOBER, now=NOW)
    approve(actor=supervisor, approval=again, now=NOW, today=OCTOBER)
    charge.refresh_from_db()
    charge.open_item.refresh_from_db()
    assert (charge.state, charge.open_item.balance) == ("waived", 0)
    entry = Entry.objects.get(source=f"charge_waiver:approval:{again.pk}")
    assert sorted(entry.lines.values_list("amount", flat=True)) == [-5_86, 5_86]
    assert verify_books(OCTOBER, [company]) == []


def test_the_database_charges_no_day_twice() -> None:
    _, charge = charged()
    held = ChargedItem.objects.get()
    with pytest.raises(IntegrityError, match="charged_days_never_twice"), transaction.atomic():
        day = SEPTEMBER.last
        ChargedItem.objects.create(charge=charge, open_item=held.open_item, days_from=day, days_to=day + timedelta(days=9), amount=1)


def test_candidates_are_those_past_due_or_paid_since() -> None:
    company, customer = world()
    done = issue(customer, 100_00, day=date(2026, 7, 1))
    apply(receive(customer, 100_00, day=date(2026, 8, 10)), (done, 100_00), day=date(2026, 8, 10))
    issue(make_customer(company), 100_00, day=date(2026, 9, 20))
    assert candidates(ChargeBook(company, SEPTEMBER)) == []
    assert ChargeRun.objects.count() == 0
