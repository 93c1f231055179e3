"""A part of a late charge is waived: an amount, or the charges of chosen items; what is paid stays paid; a request is taken back."""

from datetime import date

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from arops.lib import clock
from collections_app.models import Charge
from collections_app.policy.business_days import next_business_day
from collections_app.services.absences import end_absence, plan_absence
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.waiving import request_waiver
from collections_app.services.portfolios import assign_customers
from customers.models import Customer
from ledger.verify import verify_books
from tests.collections_app.test_charges import OCTOBER, assess, charged, world
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, receive
from workflow.services.approvals import approve
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
NOW = clock.now()


def test_a_part_is_waived_and_the_rest_stays_owed_and_can_be_paid() -> None:
    company, charge = charged()
    item = charge.open_item
    assert item and charge.amount == 9_86
    apply(receive(charge.customer, 2_00, day=OCTOBER), (item, 2_00), day=OCTOBER)
    specialist, supervisor = make_user("specialist", company), make_user("supervisor", company)
    known = {"charge": charge, "reason": "goodwill", "today": OCTOBER, "now": NOW}
    for amount in (0, 7_87):
        with pytest.raises(ChargeError, match=r"7\.86 USD are open"):
            request_waiver(actor=specialist, token=f"x{amount}", amount=amount, **known)  # type: ignore[arg-type]
    asked = request_waiver(actor=specialist, token="p", amount=5_00, **known)  # type: ignore[arg-type]
    approve(actor=supervisor, approval=asked, now=NOW, today=OCTOBER)
    charge.refresh_from_db(), item.refresh_from_db()
    assert (charge.state, charge.waived, item.balance) == ("posted", 5_00, 2_86) and charge.because.startswith("in part waived")
    request_waiver(actor=SYSTEM, token="q", **known)  # type: ignore[arg-type]
    charge.refresh_from_db(), item.refresh_from_db()
    assert (charge.state, charge.waived, item.balance) == ("waived", 7_86, 0)
    assert verify_books(OCTOBER, [company]) == []


def test_the_charges_of_chosen_items_are_waived_on_the_page_and_a_request_is_taken_back() -> None:
    company, customer = world()
    standard_limits(company=company, actor=SYSTEM)
    _, second = issue(customer, 10_000_00, day=date(2026, 7, 1)), issue(customer, 6_000_00, day=date(2026, 7, 1))
    assess(company)
    charge = Charge.objects.get()
    web = Client()
    web.force_login(make_user("specialist", company))
    with override_settings(BUSINESS_DATE=OCTOBER):
        there = reverse("collections:charge-waive", args=[charge.pk])
        web.post(there, {"reason": "our fault", "items": [second.pk], "token": "a"})
        charge.refresh_from_db()
        assert charge.state == "waiver_asked" and charge.approval and charge.approval.amount == 59_18
        assert b"Take it back" in web.get(reverse("collections:charge", args=[charge.pk])).content
        web.post(reverse("collections:charge-waive-back", args=[charge.pk]))
        charge.refresh_from_db()
        assert charge.state == "posted" and charge.approval.state == "withdrawn"
        web.post(there, {"reason": "our fault", "amount": "10.00", "token": "b"})
    charge.refresh_from_db()
    assert (charge.state, charge.waived) == ("posted", 10_00), "within a specialist's own limit"


def test_a_customer_handed_to_whoever_covers_stays_when_the_absence_ends() -> None:
    company = make_company()
    ana, ben, boss = make_user("specialist", company), make_user("specialist", company), make_user("supervisor", company)
    one, two = make_customer(company, collector=ana), make_customer(company, collector=ana)
    absence = plan_absence(
        actor=boss, company=company, person=ana, cover=ben, first=OCTOBER, last=date(2026, 10, 9), today=OCTOBER, note=""
    )
    one.refresh_from_db()
    assert assign_customers(actor=boss, customers=[one], to=ben, today=OCTOBER, note="for good") == 1
    end_absence(actor=boss, absence=absence, today=date(2026, 10, 5))
    owners = dict(Customer.objects.filter(pk__in=[one.pk, two.pk]).values_list("pk", "collector"))
    assert owners == {one.pk: ben.pk, two.pk: ana.pk}


def test_a_day_without_business_moves_to_the_next_and_says_why() -> None:
    holidays = [date(2026, 12, 25), date(2026, 12, 28)]
    moved = next_business_day(date(2026, 12, 25), holidays)
    assert (moved.day, moved.because) == (date(2026, 12, 29), "25 Dec is a holiday")
    assert next_business_day(date(2026, 12, 26), ()).because == "26 Dec is a Saturday"
    assert next_business_day(date(2026, 12, 24), holidays) == type(moved)(date(2026, 12, 24))
