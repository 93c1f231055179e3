"""Attacks on accounts that climb the ladder: money that comes and goes while they are outside."""

from datetime import date, timedelta

import pytest

from collections_app.models import Escalation
from collections_app.policy.plans import Terms
from collections_app.selectors.recovery import recovery_of
from collections_app.services.escalation import deciding, placing
from collections_app.services.escalation.ladder import add_standard_ladder
from collections_app.services.escalation.raising import raise_case
from collections_app.services.plans import ask_for_plan, make_plan, sign_plan
from customers.models import Customer
from ledger.models import Entry, OpenItem
from ledger.services import reverse_entries
from tests.collections_app.test_escalations import DAY, night, rung, world
from tests.collections_app.test_plans import FIRST, NOW, Deal
from tests.factories import SYSTEM, apply, issue, make_user, receive

pytestmark = pytest.mark.django_db


def on(days: int, day: date = DAY) -> date:
    return day + timedelta(days=days)


def placed(customer: Customer, day: date = DAY) -> Escalation:
    company = customer.company
    supervisor = make_user("collections_manager", company)
    case = raise_case(actor=supervisor, customer=customer, currency="USD", rung=rung(company, "agency"), reason="no answer", day=day)
    return placing.place(actor=SYSTEM, case=case, placed_with="Collect & Co", day=day, version=case.version)


def paid(item: OpenItem, amount: int, day: date) -> int:
    return apply(receive(item.customer, amount, day=day), (item, amount), day=day)


def returned(entry: int, day: date) -> None:
    reverse_entries(entries=[Entry.objects.get(pk=entry)], day=day, actor=SYSTEM, reason="returned by the bank")


class TestRecovery:
    def test_a_payment_returned_after_the_recall_was_never_recovered(self) -> None:
        _, customer = world()
        case, item = placed(customer), OpenItem.objects.get()
        entry = paid(item, 500_00, on(2))
        case = placing.recall(actor=SYSTEM, case=case, reason="they pay us", day=on(5), version=case.version)
        assert recovery_of([case]) == {case.pk: (900_00, 500_00)}
        returned(entry, on(9))
        assert recovery_of([case]) == {case.pk: (900_00, 0)}

    def test_a_payment_of_before_that_is_returned_takes_nothing_off(self) -> None:
        _, customer = world()
        item = OpenItem.objects.get()
        entry = paid(item, 300_00, on(-2))
        case = placed(customer)
        returned(entry, on(1))
        paid(item, 600_00, on(3))
        assert recovery_of([case]) == {case.pk: (600_00, 600_00)}

    def test_what_comes_by_a_plan_made_outside_is_recovered(self) -> None:
        _, customer = world()
        case, item = placed(customer), OpenItem.objects.get()
        new = issue(customer, 300_00, day=DAY, due=on(1))
        terms = Terms(DAY, on(5), "weekly", number=3)
        plan = make_plan(actor=SYSTEM, customer=customer, items=[item, new], terms=terms, today=DAY)
        ask_for_plan(actor=SYSTEM, plan=plan, today=DAY, now=NOW)
        sign_plan(actor=SYSTEM, plan=plan, signed_by="J. Doe", signed_on=DAY, today=DAY, note="by phone")
        first, second, third = (part.open_item for part in plan.instalments.all())
        assert night(customer.company, on(2))["closed"] == 0  # nothing is past due, yet it is outside still
        paid(first, 150_00, on(5))
        assert recovery_of([case]) == {case.pk: (900_00, 150_00)}
        for part in (second, third):  # 300.00 of these 800.00 are the new invoice, which is not placed
            paid(part, 400_00, on(12))
        assert recovery_of([case]) == {case.pk: (900_00, 650_00)}

    def test_an_instalment_placed_is_recovered_on_the_invoice_that_it_went_back_to(self) -> None:
        deal = Deal().signed()
        add_standard_ladder(actor=SYSTEM, company=deal.company)
        case = placed(deal.customer, on(3, FIRST))
        assert case.amount == 250_00
        deal.night(on(8, FIRST))
        paid(deal.first, 400_00, on(10, FIRST))
        assert recovery_of([case]) == {case.pk: (250_00, 250_00)}


def test_what_was_dismissed_is_proposed_anew_once_it_was_paid_and_is_late_again() -> None:
    company, customer = world()
    night(company)
    case = Escalation.objects.get()
    deciding.dismiss_proposal(actor=SYSTEM, case=case, reason="they moved house", version=case.version)
    paid(OpenItem.objects.get(), 900_00, DAY)
    night(company, on(1))
    issue(customer, 900_00, day=DAY, due=on(5))
    assert night(company, on(98))["proposed"] == 1
    case.refresh_from_db()
    assert (case.state, case.decision, case.closed_on) == ("dismissed", "they moved house", on(1))
    assert [c.rung.code for c in Escalation.objects.order_by("pk")] == ["collections_manager"] * 2


def test_what_a_settlement_gives_up_is_not_placed_while_it_runs() -> None:
    deal = Deal(pays=700_00, number=1).signed()
    add_standard_ladder(actor=SYSTEM, company=deal.company)
    assert placed(deal.customer, on(3, FIRST)).amount == 700_00
