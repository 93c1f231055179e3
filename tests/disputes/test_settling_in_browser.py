"""From the open case to the credit that another person approved, by keyboard alone; a department signs on its small page."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from disputes.services.signing import save_sign_off_rule
from invoicing.models import Invoice
from tests.disputes.settling_desk import DAY, bill, contest, make_desk, open_of
from tests.workflow.test_in_browser import enter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def desk(settings):
    settings.BUSINESS_DATE = DAY
    return make_desk()


def sound(page):
    assert not [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]


def test_a_case_is_credited_signed_off_and_approved_without_the_mouse(page, web, desk):
    save_sign_off_rule(
        actor=desk.supervisor, company=desk.company, department=desk.logistics, resolution="", stage="", from_amount=100_00, currency="USD"
    )
    invoice = bill(desk)
    case = contest(desk, invoice, lines={1: 200_00, 2: 100_00})
    enter(page, desk.senior)
    page.goto(f"/disputes/{case.pk}/")
    page.wait_for_selector("#part-settlement")
    page.keyboard.press("w")
    page.wait_for_url("**/settle/**")
    page.wait_for_selector("select[name=reason]:focus")
    assert "Logistics signs off first" in page.inner_text("#foreseen")
    sound(page)
    page.keyboard.type("Price")
    page.keyboard.press("Tab")
    page.keyboard.type("The contract says 11.50.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    with page.expect_response("**/settle/foresee/"):
        page.keyboard.type("270")
    page.wait_for_selector("#foreseen:has-text('Goes to Supervisor or Controller')")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast:has-text('sign-off of Logistics')")
    page.context.clear_cookies()
    enter(page, desk.mover)
    page.goto("/disputes/sign-offs/")
    page.wait_for_selector("tbody tr")
    sound(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/sign-offs/\d+/$"))
    page.wait_for_selector("text=The contract says 11.50.")
    sound(page)
    page.keyboard.press("y")
    page.wait_for_selector(".toast:has-text('signed off')")
    page.context.clear_cookies()
    enter(page, desk.supervisor)
    page.goto(f"/disputes/{case.pk}/")
    page.wait_for_selector("#part-settlement:has-text('Waits for you')")
    page.keyboard.press("w")
    page.wait_for_url("**/approvals/**")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    page.wait_for_selector(f".toast:has-text('Approved') a:has-text('{case.number} is closed, credited')")
    case.refresh_from_db()
    assert (case.state, case.agreed) == ("resolved", 270_00)
    assert open_of(invoice) == 810_00 and Invoice.objects.get(kind="credit_memo").total == 270_00
