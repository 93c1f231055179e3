"""A specialist raises a credit memo above the own limit in the browser; a supervisor approves it by keyboard, and it is applied."""

from datetime import date

import pytest

from invoicing.models import Invoice
from ledger.models import OpenItem
from ledger.verify import verify_books
from tests.factories import PASSWORD, SYSTEM, make_company, make_customer, make_user
from tests.invoicing.memo_desk import bill
from workflow.models import Approval
from workflow.services.limits import standard_limits

DAY = date(2026, 9, 30)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page, person):
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("[name=username]", person.email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def test_a_memo_above_the_limit_is_approved_by_keyboard_and_applied(page, settings):
    settings.BUSINESS_DATE = DAY
    page.set_default_timeout(30_000)
    company = make_company("US01")
    standard_limits(company=company, actor=SYSTEM)
    ana, sue = make_user("specialist", company), make_user("supervisor", company)
    invoice = bill(make_customer(company, "Acme", number="K-1"), "INV-1", ("1000.00", "80.00"))
    line = invoice.lines.get()

    enter(page, ana)
    page.goto(f"/invoices/{invoice.pk}/")
    page.keyboard.press("w")
    page.wait_for_selector(f"[name=net_{line.pk}]")
    page.select_option("[name=reason_code]", "price")
    page.fill(f"[name=net_{line.pk}]", "600")
    page.wait_for_selector("#foresight :text('More than the 500.00 USD you may do alone')")
    assert "AR supervisor: up to 25,000.00 USD" in page.inner_text("#foresight")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/approvals/*/")
    assert "Waiting for approval" in page.inner_text("main")
    assert not page.query_selector("[data-key=y]")  # nobody approves their own

    enter(page, sue)
    page.goto("/approvals/")
    page.wait_for_selector("#peek :text('600.00 + 48.00 tax')")
    page.keyboard.press("y")
    page.keyboard.type("as agreed")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:text('Nothing waits for you')")

    asked = Approval.objects.get()
    assert (asked.state, asked.decided_by, asked.decision_note) == ("approved", sue.label, "as agreed")
    memo = Invoice.objects.get(kind="credit_memo")
    assert (memo.issued_by, memo.open_item.balance, OpenItem.objects.get(number="INV-1").balance) == (ana.label, 0, 432_00)
    assert verify_books(DAY) == []
