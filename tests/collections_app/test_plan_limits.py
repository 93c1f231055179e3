"""What a plan gives is held against limits whatever it is called, however it is cut, in whatever currency; offers keep items in peace."""

from datetime import date, timedelta
from typing import Any

import pytest

from arops.lib import clock
from collections_app.models import Charge, PaymentPlan
from collections_app.policy.plans import Terms
from collections_app.selectors.dunning import accounts, debits_of
from collections_app.services.plans import PlanError, ask_for_plan, make_plan, run_plans
from collections_app.services.plans.noticing import plan_notices
from collections_app.services.policies import change_policy
from customers.models import Customer
from invoicing.services.giving_up import request_write_off
from org.models import User
from tests.collections_app.test_charges import assess, world
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user, rate
from workflow.models import Approval
from workflow.services.approvals import approve
from workflow.services.authority import summed
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
NOW = clock.now()
FIRST = DAY + timedelta(days=20)


class Desk:
    """A company that bills in dollars and euros, with the standard limits, and a customer."""

    def __init__(self) -> None:
        self.company = make_company()
        standard_limits(company=self.company, actor=SYSTEM, currencies=["EUR"])
        self.customer = make_customer(self.company)

    def who(self, role: str) -> User:
        return make_user(role, self.company)

    def ask(self, actor: Any, amount: int, waived: int = 0, currency: str = "USD", customer: Customer | None = None) -> Approval:
        item = (
            issue(customer or self.customer, amount, currency=currency) if currency != "USD" else issue(customer or self.customer, amount)
        )
        plan = make_plan(
            actor=actor, customer=customer or self.customer, items=[item], terms=Terms(DAY, FIRST, number=1), today=DAY,
            pays=amount - waived if waived else None,
        )  # fmt: skip
        return ask_for_plan(actor=actor, plan=plan, today=DAY, now=NOW)

    def sum(self, kind: str) -> int:
        return summed(company_id=self.company.pk, kind=kind, currency="USD", customer_id=self.customer.pk, today=DAY)


def test_a_settlement_adds_to_what_gives_time_and_what_gives_up_whichever_it_was_asked_by() -> None:
    desk = Desk()
    senior, boss = desk.who("senior"), desk.who("collections_manager")
    asked = desk.ask(senior, 30_000_00, 1)
    assert (asked.kind, asked.state, asked.payload["counts"]) == ("payment_plan", "waiting", {"settlement": 1})
    assert (desk.sum("settlement"), desk.sum("payment_plan")) == (1, 29_999_99)
    approve(actor=boss, approval=asked, now=NOW, today=DAY)
    alone = desk.ask(desk.who("supervisor"), 1000_00, 200_00)
    assert (alone.kind, alone.state, desk.sum("payment_plan"), desk.sum("settlement")) == ("settlement", "alone", 30_799_99, 200_01)
    assert desk.ask(senior, 200_00, 60_00).kind == "settlement", "200.01 and 60.00 are more than a senior's 250"


def test_many_small_ones_another_kind_and_another_currency_are_one_large_one() -> None:
    desk = Desk()
    ana, senior = desk.who("specialist"), desk.who("senior")
    assert [desk.ask(ana, 2_000_00).state for _ in range(3)] == ["alone", "alone", "waiting"], "5,000.00 in thirty days"
    other = Desk()
    senior = other.who("senior")
    customer, due = other.customer, DAY
    first = issue(customer, 200_00)
    gone = request_write_off(
        actor=senior, items=[(first, 200_00)], reason_code="small_balance", day=due, token="w", today=DAY, now=NOW, reason="gone"
    )
    assert other.sum("settlement") == gone.amount == 200_00
    assert other.ask(senior, 500_00, 100_00).state == "waiting", "written off and given up are one"
    assert other.sum("write_off") == 300_00


def test_what_was_had_in_euros_uses_up_dollars() -> None:
    desk = Desk()
    ana, boss = desk.who("specialist"), desk.who("supervisor")
    euros = make_customer(desk.company, currency="EUR")
    rate("EUR", "USD", "1.10", date(2026, 1, 1))
    assert desk.ask(ana, 4_000_00, currency="EUR", customer=euros).state == "alone"
    assert desk.ask(ana, 900_00, customer=euros).state == "alone", "four fifths and less than one"
    again = desk.ask(ana, 200_00, customer=euros)
    assert again.state == "waiting" and again.payload["needs"] == ["payment_plan"]
    approve(actor=boss, approval=again, now=NOW, today=DAY)


def test_whoever_allows_the_money_may_also_give_the_time() -> None:
    """A cent given up by somebody who may give up nothing, and time for more than a supervisor may give."""
    desk = Desk()
    asked = desk.ask(desk.who("specialist"), 300_000_00, 1)
    assert (asked.kind, asked.payload["needs"]) == ("settlement", ["payment_plan", "settlement"])
    with pytest.raises(PlanError, match="gives time for"):
        approve(actor=desk.who("supervisor"), approval=asked, now=NOW, today=DAY)
    asked.refresh_from_db()
    assert asked.state == "waiting"
    approve(actor=desk.who("controller"), approval=asked, now=NOW, today=DAY)
    assert PaymentPlan.objects.get().state == "offered"


def test_items_of_an_offer_are_left_in_peace_by_amount_until_it_lapses_and_its_maker_is_told() -> None:
    desk = Desk()
    maker = desk.who("senior")
    Customer.objects.filter(pk=desk.customer.pk).update(collector=maker)
    change_policy(actor=SYSTEM, company=desk.company, offer_days=10)
    item = issue(desk.customer, 600_00, day=date(2026, 7, 1))
    plan = make_plan(actor=maker, customer=desk.customer, items=[item], terms=Terms(DAY, FIRST, number=2), today=DAY)
    key = (desk.customer.pk, "USD")

    def asked_for(day: date) -> int:
        found = {(a.customer_id, a.currency): a for a in accounts({desk.customer.pk: desk.customer}, day)}
        return sum(d.chaseable for d in found[key].debits)

    assert asked_for(DAY) == 600_00, "a draft keeps nothing"
    ask_for_plan(actor=maker, plan=plan, today=DAY, now=NOW)
    plan.refresh_from_db()
    assert plan.offer_until == DAY + timedelta(days=10) and asked_for(DAY) == 0
    (debit,) = debits_of([desk.customer.pk])[key]
    assert debit.offered == 600_00 and debit.offer == f"in {plan.number}, which waits for an answer until 25 Sep 2026"
    late = DAY + timedelta(days=11)
    assert asked_for(late) == 600_00 and run_plans(actor=SYSTEM, company=desk.company, day=late)["lapsed"] == 1
    (notice,) = plan_notices(clock.now(), late)
    assert notice.recipients == (maker.email,) and notice.subject.startswith(f"Not signed in time: {plan.number}")


def test_days_of_an_offer_are_not_charged() -> None:
    """1,000.00 late the whole of September at 12 %; 400.00 of another item are in an offer from the 11th to the 20th."""
    company, customer = world()
    first, second = issue(customer, 1000_00, day=date(2026, 7, 1)), issue(customer, 400_00, day=date(2026, 7, 1))
    day = date(2026, 9, 11)
    plan = make_plan(actor=SYSTEM, customer=customer, items=[second], terms=Terms(day, date(2026, 9, 20), number=1), today=day)
    ask_for_plan(actor=SYSTEM, plan=plan, today=day, now=NOW)
    run_plans(actor=SYSTEM, company=company, day=date(2026, 9, 21))
    assess(company)
    lines = {line["item"]: line for line in Charge.objects.get().lines}
    assert lines[first.pk]["amount"] == round(1000_00 * 30 * 12 / 36500) and lines[second.pk]["amount"] == round(400_00 * 20 * 12 / 36500)
