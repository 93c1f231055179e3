"""What a settlement gives up comes back when its condition fails, whichever version of its schedule the money was paid under."""

from datetime import date, timedelta
from typing import Any

import pytest

from arops.lib import clock
from collections_app.models import PaymentPlan
from collections_app.services.plans import PlanError, ask_for_plan, cancel_plan, settle_early
from ledger.models import Entry
from ledger.services import reverse_entries
from tests.collections_app.test_plans import FIRST, Deal
from tests.collections_app.test_plans_rescheduled import again, sign
from tests.factories import DAY, SYSTEM, apply, contest, receive

pytestmark = pytest.mark.django_db
NOW = clock.now()
LAST = date(2026, 11, 30)


def returned(entry: int, day: date = DAY) -> None:
    """The bank takes a payment back: what it was applied to, and the receipt itself."""
    applied = Entry.objects.get(pk=entry)
    receipt = applied.lines.get(open_item__kind="receipt").open_item.opened_by
    for one in (applied, receipt):
        reverse_entries(entries=[one], day=day, actor=SYSTEM, reason="returned")


class Versions(Deal):
    """A settlement of 1,000.00 for 500.00 in two parts: the first is paid, the second was put off by a new schedule."""

    def __init__(self) -> None:
        super().__init__(pays=500_00, number=2)
        self.signed()
        self.first_paid = self.pay(1)
        self.new = self.renewed(((LAST, 0),))

    def renewed(self, rows: tuple[tuple[date, int], ...], day: date = DAY) -> PaymentPlan:
        version = again(self, day, rows)
        ask_for_plan(actor=SYSTEM, plan=version, today=day, now=NOW)
        sign(version, day)
        version.refresh_from_db()
        return version

    def pay_new(self, day: date = DAY) -> int:
        part: Any = self.new.instalments.get().open_item
        return apply(receive(self.customer, part.balance, day=day), (part, part.balance), day=day)

    def state(self) -> str:
        self.new.refresh_from_db()
        return self.new.state

    @property
    def owed(self) -> int:
        return sum(self.books.values())


def test_money_of_the_first_schedule_returned_after_the_second_was_kept_brings_back_what_it_gave_up() -> None:
    deal = Versions()
    deal.pay_new()
    assert deal.night(DAY) == {"running": 1, "kept": 1} and deal.books == {}
    returned(deal.first_paid)
    assert deal.night(DAY) == {"opened_again": 1}
    assert (deal.state(), deal.owed) == ("active", 250_00 + 500_00), "both what was returned and what was given up"
    assert deal.night(DAY) == {"running": 1}, "it isn't kept again by what its own instalments say"
    part: Any = deal.plan.instalments.get(ordinal=1)
    assert part.state != "paid"
    deal.pay(1)
    assert deal.night(DAY) == {"running": 1, "kept": 1} and deal.books == {} and deal.state() == "kept"
    part.refresh_from_db()
    assert part.state == "paid"


def test_what_is_not_paid_again_ends_the_new_schedule_and_all_is_owed_as_it_was() -> None:
    deal = Versions()
    deal.pay_new()
    deal.night(DAY)
    returned(deal.first_paid)
    deal.night(DAY)
    late = FIRST + timedelta(days=8)
    assert deal.night(late) == {"running": 1, "defaulted": 1} and deal.state() == "defaulted"
    assert deal.books == {deal.first.number: 350_00, deal.second.number: 400_00}
    assert deal.night(late) == {}


def test_money_returned_while_the_new_schedule_runs_keeps_it_from_being_settled() -> None:
    deal = Versions()
    returned(deal.first_paid)
    deal.pay_new()
    assert deal.night(DAY) == {"running": 1} and deal.owed == 750_00
    cancel_plan(actor=SYSTEM, plan=deal.new, reason="off", today=DAY, now=NOW)
    assert sum(deal.books.values()) == 750_00 and not any("PLN" in n or n.startswith("P/") for n in deal.books)


def test_a_third_schedule_asks_for_what_was_returned_of_the_first() -> None:
    deal = Versions()
    returned(deal.first_paid)
    deal.night(DAY)
    old, deal.plan = deal.plan, deal.new
    third = deal.renewed(((LAST, 0),))
    assert (third.total, third.waived) == (1000_00, 500_00)
    deal.plan = old
    assert deal.owed == 1000_00
    deal.new = third
    deal.pay_new()
    assert deal.night(DAY)["kept"] == 1 and deal.owed == 0


def test_returns_after_early_settlement_and_after_default_bring_it_back() -> None:
    deal = Deal(pays=500_00, number=2).signed()
    first = deal.pay(1)
    settle_early(actor=SYSTEM, plan=deal.plan, by=DAY, today=DAY)
    second = deal.pay(2)
    assert deal.night(DAY) == {"running": 1, "kept": 1} and deal.books == {}
    returned(second), returned(first)
    assert deal.night(DAY) == {"opened_again": 1} and sum(deal.books.values()) == 1000_00
    late = FIRST + timedelta(days=8)
    assert deal.night(late)["defaulted"] == 1 and deal.books == {deal.first.number: 600_00, deal.second.number: 400_00}
    ended = Versions()
    paid = ended.pay_new()
    returned(ended.first_paid)
    assert ended.night(late)["defaulted"] == 1 and ended.owed == 750_00 - 250_00 + 250_00
    returned(paid, late)
    assert ended.night(late) == {"opened_again": 1}
    assert ended.books == {ended.first.number: 600_00, ended.second.number: 400_00}


def test_interest_of_a_kept_settlement_returned_opens_it_again() -> None:
    deal = Deal(pays=500_00, number=1, percent="12").signed()
    deal.night(FIRST)
    part: Any = deal.plan.instalments.get()
    deal.pay(1, 500_00)
    interest = apply(receive(deal.customer, part.interest), (part.interest_item, part.interest))
    assert deal.night(FIRST)["kept"] == 1
    returned(interest, FIRST)
    assert deal.night(FIRST) == {"opened_again": 1} and sum(deal.books.values()) == 500_00 + part.interest


def test_a_settlement_whose_rest_is_in_dispute_gets_no_new_schedule_that_asks_for_less() -> None:
    deal = Deal(pays=500_00, number=2).signed()
    rest: Any = deal.plan.rest_item
    about: Any = {"company": deal.company, "customer": deal.customer, "open_item": rest, "currency": "USD", "opened_on": DAY}
    contest(**about, amount=100_00, reason="price", due_date=DAY, opened_by="test", number="D-2")
    with pytest.raises(PlanError, match="is in dispute"):
        again(deal, DAY, ((LAST, 0),))
