"""Money of plans, waivers and promises under attack: nothing is given twice, lost, told wrong or kept from being asked for without end."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from arops.lib import clock, money
from collections_app.forms.plan_rows import Rows
from collections_app.forms.plans import _share
from collections_app.models import Charge, Promise
from collections_app.policy.plans import PlanTermsError, Terms, schedule
from collections_app.selectors.plan_items import offered_days, offered_left
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.notices import write_notice
from collections_app.services.charges.waiving import request_waiver
from collections_app.services.plans import PlanError, ask_for_plan, cancel_plan, make_plan, settle_early, sign_plan
from collections_app.services.promises import give_promise, undo_promise
from disputes.models import DisputeMovement
from ledger.verify import verify_books
from tests.collections_app.test_charges import OCTOBER, assess, charged, world
from tests.collections_app.test_plan_limits import Desk
from tests.collections_app.test_plans import FIRST, Deal
from tests.collections_app.test_plans_rescheduled import again
from tests.factories import DAY, SYSTEM, contest, issue, make_company, make_customer, make_user
from workflow.models import Deputy
from workflow.services.approvals import approve

pytestmark = pytest.mark.django_db
NOW = clock.now()


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def test_digits_by_the_thousand_shares_that_are_none_and_days_beyond_the_calendar_are_refused_at_once() -> None:
    """`1e999990 %` kept a server busy for minutes."""
    many = "9" * 5000
    rows = Rows.of(QueryDict(f"day=9999-12-31&part={many}&day=9999-12-31&part=&rest={many}"))
    assert rows.rest == 1
    for then in (f"drop-{many}", f"rest-{many}", "add"):
        rows.changed(then, 100, "USD", DAY, "monthly")
    assert len(rows.days) == 3
    for text in ("NaN%", "Infinity %", "1e999990%", "sNaN%", "-5%", "٣%", f"{many}%"):
        with pytest.raises(money.MoneyError):
            _share(text, 1000_00, "USD")
    assert _share("66,5 %", 1000_00, "USD") == 665_00
    for rhythm in ("weekly", "monthly"):
        with pytest.raises(PlanTermsError, match="calendar ends"):
            schedule(100, Terms(DAY, date(9999, 12, 31), rhythm, number=3))


def test_keys_by_the_thousand_digits_open_the_page_all_the_same(client: Client) -> None:
    deal, many = Deal(), "9" * 5000
    client.force_login(make_user("supervisor", deal.company))
    there = reverse("collections:plan-new", args=[deal.customer.pk])
    for wanted in ({"item": many}, {"items": many, "rhythm": "monthly", "first": "9999-12-31", "number": "3", "then": "rows"}):
        assert client.get(there, wanted, headers={"HX-Request": "true"}).status_code == 200


def test_offer_after_offer_keeps_a_debt_in_peace_for_twice_the_days_of_one() -> None:
    """Asked for, cancelled and asked for again every two weeks, by plans anew: 28 days of 84 in peace, and of the charges, too."""
    deal, plan, held = Deal(), None, set()
    for begin in range(0, 84, 14):
        day = later(begin)
        terms = Terms(day, day + timedelta(days=20), number=2)
        plan = make_plan(actor=SYSTEM, customer=deal.customer, items=[deal.first, deal.second], terms=terms, today=day)
        ask_for_plan(actor=SYSTEM, plan=plan, today=day, now=NOW)
        held |= {n for n in range(begin, begin + 14) if offered_left([deal.customer.pk], later(n))}
        cancel_plan(actor=SYSTEM, plan=plan, reason="another", today=later(begin + 13), now=NOW)
    assert held == set(range(28)) | {28}
    spans = [((first - DAY).days, (last - DAY).days) for first, last, _ in offered_days([deal.first.pk])[deal.first.pk]]
    assert sorted(spans) == [(0, 13), (14, 27), (28, 28)]


def test_new_schedules_without_end_keep_no_plan_from_its_default_and_a_draft_forgets_no_days() -> None:
    deal = Deal().signed()
    item: Any = deal.plan.instalments.get(ordinal=1).open_item
    rows = ((date(2027, 1, 20), 0),)
    states = []
    for begin in (16, 30, 44):  # the first instalment is due on the 16th day, and in default on the 24th
        version = again(deal, later(begin), rows)
        ask_for_plan(actor=SYSTEM, plan=version, today=later(begin), now=NOW)
        version.refresh_from_db()
        states.append(deal.night(later(begin + 10)))
        if begin == 16:
            days = offered_days([item.pk])
        if deal.plan.state == "active":
            cancel_plan(actor=SYSTEM, plan=version, reason="another", today=later(begin + 13), now=NOW)
            kept = again(deal, later(begin + 13), rows)
            assert offered_days([item.pk])[item.pk][0][:2] == (later(16), later(29)) and days
            cancel_plan(actor=SYSTEM, plan=kept, reason="not so", today=later(begin + 13), now=NOW)
    assert [bool(s.get("defaulted")) for s in states] == [False, False, True]


def test_two_drafts_about_the_same_items_are_not_offered_both() -> None:
    deal = Deal()
    other = make_plan(actor=SYSTEM, customer=deal.customer, items=[deal.first], terms=Terms(DAY, FIRST, number=2), today=DAY)
    ask_for_plan(actor=SYSTEM, plan=deal.plan, today=DAY, now=NOW)
    with pytest.raises(PlanError, match=f"{deal.plan.number} is about the same items"):
        ask_for_plan(actor=SYSTEM, plan=other, today=DAY, now=NOW)


def test_interest_that_isnt_posted_yet_is_asked_for_by_the_new_schedule() -> None:
    """Paid off early on 11 October, so all is due that day and only the first bears interest; re-scheduled before the night posts it."""
    deal = Deal(percent="9", number=3).signed()
    deal.night(FIRST)
    day = date(2026, 10, 11)
    settle_early(actor=SYSTEM, plan=deal.plan, by=day, today=date(2026, 10, 2))
    assert [d.interest for d in again(deal, day, ((date(2026, 10, 31), 0),), "9").instalments.all()] == [round(1000_00 * 30 * 9 / 36500)]


def test_what_a_settlement_gives_up_goes_back_though_it_was_in_dispute_when_the_plan_ended() -> None:
    deal = Deal(pays=500_00, number=2).signed()
    rest: Any = deal.plan.rest_item
    about: Any = {"company": deal.company, "customer": deal.customer, "open_item": rest, "currency": "USD", "opened_on": DAY}
    case = contest(**about, amount=200_00, reason="price", due_date=DAY, opened_by="test", number="D-2")
    assert deal.night(date(2026, 11, 20))["defaulted"] == 1 and deal.books["P/R"] == 200_00
    assert deal.night(date(2026, 11, 21)) == {}
    type(case).objects.filter(pk=case.pk).update(state="resolved", resolution="rejected")
    DisputeMovement.objects.create(dispute=case, open_item=rest, day=date(2026, 11, 22), delta=-200_00, by="test")
    assert deal.night(date(2026, 11, 22)) == {"opened_again": 1}
    assert deal.books == {deal.first.number: 600_00, deal.second.number: 400_00}


def test_whoever_stands_in_allows_what_the_absent_may_although_their_own_limit_is_lower() -> None:
    desk = Desk()
    asked = desk.ask(desk.who("specialist"), 300_000_00, 1)
    boss, deputy = desk.who("controller"), desk.who("supervisor")
    Deputy.objects.create(person=boss, deputy=deputy, first_day=DAY, last_day=later(3), created_by=boss.label)
    assert approve(actor=deputy, approval=asked, now=NOW, today=DAY).state == "approved"


def test_what_an_item_was_charged_is_waived_once() -> None:
    company, customer = world()
    first, second = issue(customer, 10_000_00, day=date(2026, 7, 1)), issue(customer, 6_000_00, day=date(2026, 7, 1))
    assess(company)
    charge = Charge.objects.get()
    known: Any = {"actor": SYSTEM, "charge": charge, "reason": "goodwill", "today": OCTOBER, "now": NOW}
    assert request_waiver(token="a", items=[second.pk], **known).amount == 59_18
    with pytest.raises(ChargeError, match="waived already"):
        request_waiver(token="b", items=[second.pk], **known)
    assert request_waiver(token="c", items=[first.pk, second.pk], **known).payload["items"] == {str(first.pk): 98_63}
    charge.refresh_from_db()
    assert (charge.state, charge.waived) == ("waived", 157_81) and verify_books(OCTOBER, [company]) == []


def test_a_notice_asks_for_what_is_left_of_a_charge_waived_in_part() -> None:
    _, charge = charged()
    request_waiver(actor=SYSTEM, charge=charge, reason="goodwill", token="a", today=OCTOBER, now=NOW, amount=5_00)
    charge.refresh_from_db()
    made = write_notice(charge)
    assert "4.86 USD" in made.subject and "9.86" not in made.body


def test_a_charge_in_instalments_isnt_called_paid() -> None:
    _, charge = charged()
    terms = Terms(OCTOBER, OCTOBER, "weekly", number=2)
    plan = make_plan(actor=SYSTEM, customer=charge.customer, items=[charge.open_item], terms=terms, today=OCTOBER)  # type: ignore[list-item]
    ask_for_plan(actor=SYSTEM, plan=plan, today=OCTOBER, now=NOW)
    plan.refresh_from_db()
    sign_plan(actor=SYSTEM, plan=plan, signed_by="J. Doe", signed_on=OCTOBER, today=OCTOBER, note="by phone")
    with pytest.raises(ChargeError, match=f"stands in the instalments of {plan.number}"):
        request_waiver(actor=SYSTEM, charge=charge, reason="goodwill", token="a", today=OCTOBER, now=NOW)


def test_a_promise_taken_by_mistake_gives_way_to_all_that_it_replaced() -> None:
    customer = make_customer(make_company())
    one, two = issue(customer, 100_00), issue(customer, 50_00)
    for items, amount, days in (([one], 100_00, 5), ([two], 50_00, 6), ([one, two], 150_00, 7)):
        made = give_promise(actor=SYSTEM, customer=customer, items=items, amount=amount, due_on=later(days), today=DAY)
    undo_promise(actor=SYSTEM, promise=made, today=DAY, reason="another customer's")
    assert list(Promise.objects.order_by("pk").values_list("state", flat=True)) == ["open", "open", "cancelled"]
