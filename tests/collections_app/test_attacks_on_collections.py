"""Attacks on money and rights of collections: what comes before, after and in the middle of what was agreed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from collections_app.models import Charge, PaymentPlan, Promise
from collections_app.policy.charges import Tier
from collections_app.policy.plans import Terms
from collections_app.selectors.charges import ChargeBook, assessed, month_of
from collections_app.selectors.dunning import debits_of
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.policies import NewPolicy, save_policy
from collections_app.services.charges.waiving import request_waiver
from collections_app.services.judging import decide_promises
from collections_app.services.plans import ask_for_plan, cancel_plan, make_plan, settle_early
from collections_app.services.plans.early import payoff_of
from collections_app.services.promises import give_promise
from customers.models import Contact, Customer
from ledger.models import Entry, OpenItem, Period
from ledger.services import reverse_entries
from ledger.verify import verify_books
from tests.collections_app.test_charges import OCTOBER, assess
from tests.collections_app.test_charges import world as charging
from tests.collections_app.test_plans import FIRST, NOW, Deal
from tests.collections_app.work import amounts
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, rate, receive
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db


def later(days: int, day: date = DAY) -> date:
    return day + timedelta(days=days)


def returned(entry: int, day: date) -> None:
    reverse_entries(entries=[Entry.objects.get(pk=entry)], day=day, actor=SYSTEM, reason="returned by the bank")


class TestPromises:
    def promised(self, item: OpenItem, amount: int, due: date, day: date = DAY) -> Promise:
        item.refresh_from_db()
        return give_promise(actor=SYSTEM, customer=item.customer, items=[item], amount=amount, due_on=due, today=day)

    def judged(self, promise: Promise, day: date) -> tuple[str, int]:
        decide_promises(company=promise.company, today=day, actor=SYSTEM)
        promise.refresh_from_db()
        return promise.state, promise.received

    def test_what_was_paid_in_the_morning_keeps_no_promise_of_the_afternoon(self) -> None:
        invoice = issue(make_customer(make_company()), 1000_00, day=date(2026, 7, 1))
        apply(receive(invoice.customer, 400_00), (invoice, 400_00))
        promise = self.promised(invoice, 600_00, later(5))
        Promise.objects.filter(pk=promise.pk).update(created_at=F("created_at") + timedelta(minutes=1))
        assert self.judged(promise, later(9)) == ("broken", 0)

    def test_what_a_plan_gives_back_on_the_day_of_a_promise_takes_nothing_off_what_is_paid(self) -> None:
        deal, day = Deal().signed(), later(3)
        cancel_plan(actor=SYSTEM, plan=deal.plan, reason="they pay at once", today=day, now=NOW)
        promise = self.promised(deal.first, 600_00, later(8), day)
        apply(receive(deal.customer, 600_00, day=later(6)), (deal.first, 600_00), day=later(6))
        assert self.judged(promise, later(7)) == ("kept", 600_00)

    def test_giving_time_keeps_no_promise(self) -> None:
        """Kept, the payment is returned, then the item goes into a plan: nobody has paid."""
        deal = Deal()
        promise = self.promised(deal.first, 600_00, later(20), later(-5))
        paid = apply(receive(deal.customer, 600_00, day=later(-3)), (deal.first, 600_00), day=later(-3))
        assert self.judged(promise, later(-2)) == ("kept", 600_00)
        returned(paid, later(-1))
        deal.signed()
        assert self.judged(promise, later(30)) == ("broken", 0)


class TestPlans:
    def test_an_instalment_paid_ahead_bears_no_interest_once_all_is_settled_early(self) -> None:
        deal, by = Deal(percent="12").signed(), later(-1, FIRST)
        deal.pay(2)
        payoff = payoff_of(deal.plan, by)
        asked = sum(part.interest for part in deal.plan.instalments.all())
        assert (payoff.left, payoff.interest, payoff.saved) == (750_00, 3_70, asked - 3_70)
        settle_early(actor=SYSTEM, plan=deal.plan, by=by, today=DAY)
        deal.night(by)
        for ordinal in (1, 3, 4):
            deal.pay(ordinal, day=by)
        assert deal.night(FIRST) == {"running": 1, "kept": 1}
        assert deal.night(later(90, FIRST)) == {} and deal.books == {}

    def test_the_night_of_a_closed_period_posts_in_the_next_open_one(self) -> None:
        deal = Deal(percent="12").signed()
        Period.objects.filter(company=deal.company, span__contains=FIRST).update(state="closed")
        assert deal.night(FIRST) == {"running": 1, "interest": 1}
        assert deal.night(later(8, FIRST)) == {"running": 1, "defaulted": 1}
        days = set(Entry.objects.filter(company=deal.company, effective_date__gte=FIRST).values_list("effective_date", flat=True))
        assert days == {date(2026, 11, 1)} and deal.books["P/1i"] == 5_26
        assert PaymentPlan.objects.get().ended_on == later(8, FIRST)


def test_a_charge_that_opens_again_after_its_rest_was_waived_can_be_waived_too() -> None:
    company, customer = charging()
    issue(customer, 1000_00, day=date(2026, 7, 1))
    assess(company)
    item = Charge.objects.get().open_item
    paid = apply(receive(customer, 5_00, day=OCTOBER), (item, 5_00), day=OCTOBER)
    asked = {"actor": SYSTEM, "reason": "goodwill", "today": OCTOBER, "now": NOW}
    request_waiver(charge=Charge.objects.get(), token="a", **asked)
    with pytest.raises(ChargeError, match="nothing to waive"):
        request_waiver(charge=Charge.objects.get(), token="b", **asked)
    returned(paid, OCTOBER)
    request_waiver(charge=Charge.objects.get(), token="c", **asked)
    charge = Charge.objects.get()
    assert (charge.state, charge.open_item.balance, verify_books(OCTOBER, [company])) == ("waived", 0, [])


def test_a_cent_given_up_gives_no_time_for_any_amount() -> None:
    """A senior may give up 250.00 and give time for 25,000.00 alone."""
    company = make_company()
    standard_limits(company=company, actor=SYSTEM)
    senior, customer = make_user("senior", company), make_customer(company)
    invoice = issue(customer, 30_000_00, day=date(2026, 7, 1))
    said = {"actor": senior, "customer": customer, "items": [invoice], "today": DAY}
    asked = {"actor": senior, "today": DAY, "now": NOW}
    plan = make_plan(terms=Terms(DAY, FIRST, number=12), pays=30_000_00 - 1, **said)
    approval = ask_for_plan(plan=plan, **asked)
    assert (approval.state, approval.kind, approval.amount) == ("waiting", "payment_plan", 30_000_00 - 1)
    cancel_plan(plan=PaymentPlan.objects.get(), reason="too long", **asked)
    assert PaymentPlan.objects.get().state == "cancelled"
    again = make_plan(terms=Terms(DAY, FIRST, number=1), pays=24_000_00, **said)
    assert ask_for_plan(plan=again, **asked).kind == "settlement"


def test_a_missed_instalment_that_is_promised_holds_no_other_debt_back() -> None:
    deal, day = Deal().signed(), later(3, FIRST)
    user = make_user("collections_manager", deal.company)
    Customer.objects.update(collector=user)
    Contact.objects.create(customer=deal.customer, name="J. Doe", phone="+1 555 0100")
    issue(deal.customer, 400_00, day=DAY, due=FIRST)
    assert amounts(user, day) == {"plan": 250_00, "call": 400_00}
    missed = deal.plan.instalments.get(ordinal=1).open_item
    said = {"actor": SYSTEM, "customer": deal.customer, "items": [missed], "today": day}
    give_promise(amount=100_00, due_on=later(9, FIRST), **said)
    assert amounts(user, day) == {"plan": 150_00, "call": 400_00}
    give_promise(amount=250_00, due_on=later(9, FIRST), **said)
    assert amounts(user, day) == {"call": 400_00}


def test_an_amount_on_the_telephone_is_in_the_currency_of_what_is_ticked(client: Client) -> None:
    """A customer owes yen, which have no cents, and dollars, which have."""
    customer = make_customer(make_company())
    rate("JPY", "USD", "0.0066")
    yen = issue(customer, 90_000, currency="JPY", day=date(2026, 7, 1))
    dollars = issue(customer, 900_00, day=date(2026, 7, 2))
    client.force_login(make_user("specialist", customer.company))
    for item, text, parts in ((dollars, "100.50", ""), (yen, "40,000", "10,000 +3; 30,000 +5")):
        asked = {"outcome": "promise", "items": [item.pk], "amount": text, "due_on": "+5", "parts": parts}
        assert client.post(reverse("collections:call", args=[customer.pk]), asked).status_code in (204, 302)
    assert list(Promise.objects.order_by("pk").values_list("currency", "amount")) == [("USD", 100_50), ("JPY", 40_000)]


def test_nobody_asks_or_charges_for_what_a_settlement_gives_up_while_it_runs() -> None:
    deal = Deal(pays=700_00, number=2).signed()
    deal.pay(1)
    day = date(2026, 11, 5)  # the second is four days late, and so is the rest by its own date
    user = make_user("collections_manager", deal.company)
    Customer.objects.update(collector=user)
    Contact.objects.create(customer=deal.customer, name="J. Doe", phone="+1 555 0100")
    (debits,) = debits_of([deal.customer.pk]).values()
    assert [debit.number.replace(deal.plan.number, "P") for debit in debits] == ["P/2"]
    assert amounts(user, day) == {"plan": 350_00}
    save_policy(
        actor=SYSTEM, company=deal.company, today=DAY,
        wanted=NewPolicy("Interest", "rate", (Tier(0, Decimal(12)),), date(2026, 9, 1), grace_days=0),
    )  # fmt: skip
    found = assessed(ChargeBook(deal.company, month_of(day)), [deal.customer.pk])
    assert [line.debit.number for one in found for line in one.assessment.lines if line.debit.number.endswith("/R")] == []
    deal.night(date(2026, 11, 9))
    assert deal.plan.state == "defaulted" and sum(d.balance for d in debits_of([deal.customer.pk])[deal.customer.pk, "USD"]) == 650_00


def test_what_a_plan_in_default_gives_back_and_a_returned_payment_are_charged_for_again() -> None:
    """Two invoices: one goes into a plan on 15 September and comes back on 9 October, one is paid on the 10th, and returned on the 5th."""
    deal = Deal(number=1)
    save_policy(
        actor=SYSTEM, company=deal.company, today=DAY, wanted=NewPolicy("Interest", "rate", (Tier(0, Decimal(12)),), date(2026, 9, 1))
    )
    third = issue(deal.customer, 300_00, day=date(2026, 7, 1), due=date(2026, 7, 31), number="THIRD")
    paid = apply(receive(deal.customer, 300_00, day=date(2026, 9, 10)), (third, 300_00), day=date(2026, 9, 10))
    deal.signed()
    assess(deal.company, date(2026, 10, 1))
    returned(paid, date(2026, 10, 5))
    deal.night(date(2026, 10, 9))
    assess(deal.company, date(2026, 11, 1))
    lines = {line["number"]: line["parts"] for line in Charge.objects.get(run__period_from=OCTOBER).lines}
    assert [(p["from"], p["to"]) for p in lines[deal.first.number]] == [("2026-10-09", "2026-10-31")]
    assert lines["THIRD"][0]["from"] == "2026-10-05" and lines[deal.second.number][-1]["base"] == 400_00
