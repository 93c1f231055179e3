"""From a payment that is short to the closed case, at the keyboard: the deduction, the case, the investigation and its finding, the credit
memo that another person approves, set off, and the customer told. Without the mouse, in under three minutes."""

import time
from datetime import date
from typing import Any

import pytest

from cashapp.models import MatchPolicy
from cashapp.services import match_receipts
from customers.models import Contact
from disputes.models import Dispute, DisputeFinding
from disputes.services.causes import standard_causes
from disputes.services.texts import standard_texts
from invoicing.models import Invoice
from invoicing.services import issue_documents
from ledger.models import OpenItem
from ledger.verify import verify_books
from messaging.models import Message
from tests.cashapp.worlds import make_bank, money_in
from tests.factories import PASSWORD, SYSTEM, make_company, make_customer, make_user
from tests.invoicing.lives import invoice_row, life, policy
from workflow.models import AuthorityLimit

DAY = date(2026, 9, 30)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page: Any, person: Any) -> None:
    page.context.clear_cookies()
    page.goto("/login/")
    page.wait_for_selector("#id_username:focus")
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.wait_for_load_state("load")


def arrive(page: Any, heading: str) -> None:
    """The page with this heading is there, and listens to keys."""
    page.wait_for_selector(f"h1:has-text('{heading}')")
    page.wait_for_load_state("load")


def go(page: Any, key: str, heading: str) -> None:
    """`g`, a letter, and the page is there."""
    page.keyboard.press("g")
    page.keyboard.press(key)
    arrive(page, heading)


@pytest.fixture
def world(settings: Any) -> Any:
    """Ten hours billed at 165.00, agreed at 150.00; 1,500.00 of 1,650.00 came in. A specialist credits up to 50.00 alone."""
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    ana, sue = make_user("specialist", company), make_user("supervisor", company)
    for role, alone, allow in (("specialist", 50_00, 0), ("supervisor", 500_00, 5_000_00)):
        AuthorityLimit.objects.create(
            company=company, role=role, kind="credit_memo", currency="USD", alone=alone, approve=allow, changed_by="system:test"
        )
    standard_causes(actor=SYSTEM, company=company)
    standard_texts(actor=SYSTEM, company=company)
    customer = make_customer(
        company, "Acme", collector=ana, address="1 Road\nTown", source_system="erp", external_id="C-1",
    )  # fmt: skip
    Contact.objects.create(customer=customer, name="Pat", email="pat@acme.example", role="accounts_payable")
    policy(company, "record")
    (outcome,) = issue_documents([invoice_row(life(company, customer=customer), price="165.00")], actor=SYSTEM, source_system="erp")
    invoice = Invoice.objects.get(pk=outcome.invoice_id)
    MatchPolicy.objects.create(company=company, posts_alone=False)
    money_in(make_bank(company, currency="USD"), 1_500_00, customer, "INV-1 less 150.00, price as agreed", day=DAY)
    match_receipts(company=company, actor=SYSTEM, today=DAY)
    return ana, sue, invoice


def test_a_short_payment_becomes_a_case_that_is_credited_and_closed_without_the_mouse(page: Any, world: Any) -> None:
    ana, sue, invoice = world
    page.set_default_timeout(30_000)
    begun = time.monotonic()

    enter(page, ana)
    go(page, "w", "Cash")
    page.wait_for_selector(".pane-head h2:has-text('RC-000001')")
    if page.locator("[data-difference]").inner_text() != "0.00":
        page.keyboard.press("d")  # what is missing becomes a deduction
        page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Everything is cleared")

    go(page, "d", "Disputes")
    page.keyboard.press("p")
    arrive(page, "DSP-000001")
    page.keyboard.press("v")
    page.wait_for_selector("#verdict [name=cause]")
    page.wait_for_load_state()
    assert page.locator("#verdict [name=cause] option:checked").inner_text() != "", (
        "the check knows the agreed price, so a cause is proposed"
    )
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "investigate" not in url)
    arrive(page, "DSP-000001")
    page.keyboard.press("w")
    arrive(page, "Settle")
    page.keyboard.press("Control+Enter")  # a reason is wanted: the cursor is in it
    page.wait_for_selector("[name=reason]:focus")
    page.keyboard.type("Price")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "settle" not in url)
    case = Dispute.objects.get()
    assert (case.state, case.amount) == ("settling", 150_00)

    enter(page, sue)
    go(page, "v", "Approvals")
    page.wait_for_selector("#peek :text('150.00')")
    page.keyboard.press("y")
    page.keyboard.type("as agreed")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:text('Nothing waits for you')")
    took = time.monotonic() - begun

    _ended_well(case, invoice)
    assert took < 180


def _ended_well(case: Dispute, invoice: Any) -> None:
    """The case is closed as found, the memo is set off against the invoice, the customer is told, and the books tie."""
    case.refresh_from_db()
    finding = DisputeFinding.objects.get()
    assert (case.state, case.resolution, case.agreed, case.resolved_on) == ("resolved", "credited", 150_00, DAY)
    assert finding.amount == 150_00 and case.cause == finding.cause and case.origin == finding.origin
    memo = Invoice.objects.get(kind="credit_memo")
    assert memo.total == 150_00 and OpenItem.objects.get(pk=memo.open_item_id).balance == 0
    assert OpenItem.objects.get(pk=invoice.open_item_id).balance == 0
    told = Message.objects.filter(recipients=["pat@acme.example"])
    assert any("DSP-000001" in f"{m.subject} {m.body}" for m in told), "the customer is told how it ended"
    assert verify_books(DAY) == []
