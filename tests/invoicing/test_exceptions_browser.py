"""The queue of exceptions and an investigation in a real browser, by keyboard alone; and what axe says of them."""

from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from invoicing.models import Draft, Finding
from invoicing.services import issue_documents
from org.models import Department
from tests.factories import SYSTEM, make_company, make_user
from tests.invoicing.lives import invoice_row, life, policy
from workflow.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(settings: Any) -> Any:
    settings.BUSINESS_DATE = date(2026, 9, 30)
    found = make_company("US01")
    policy(found)
    Department.objects.create(company=found, code="billing", name="Billing")
    rows = [invoice_row(life(found, n), price=price) for n, price in ((1, "165.00"), (2, "200.00"), (3, "155.00"))]
    assert {o.outcome for o in issue_documents(rows, actor=SYSTEM, source_system="erp")} == {"held"}
    return found


def enter(page: Any, user: Any, web: str) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": web}])


def test_the_queue_is_worked_by_keyboard(page: Any, web: str, company: Any) -> None:
    senior = make_user("senior", company)
    enter(page, senior, web)
    page.goto("/invoices/exceptions/")
    page.wait_for_selector("#peek h2:has-text('INV-2')")  # the most at stake comes first
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("a")
    page.wait_for_selector("text=INV-2 is yours")
    page.wait_for_selector("#peek p:has-text('Senior')")  # the panel is drawn anew, too
    assert Draft.objects.get(number="INV-2").owner == senior
    page.keyboard.press("q")
    page.wait_for_selector("#peek details[open] textarea:focus")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Billing is asked")
    assert Task.objects.get().title.startswith("INV-2")
    page.wait_for_selector("#list .badge:has-text('waiting for an answer')")  # the list is drawn anew
    page.wait_for_selector("#peek section.note:has-text('Billing')")
    page.keyboard.press("Home")
    page.keyboard.press("j")
    page.wait_for_selector("#peek h2:has-text('INV-1')")
    page.keyboard.press("v")
    page.wait_for_selector("#peek details[open] textarea:focus")
    page.keyboard.type("The buyer agreed to 165.00 by mail.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=INV-1 is ready to issue")
    assert Finding.objects.get(draft__number="INV-1").state == "overridden"


def test_panel_and_keys_are_about_the_row_whose_link_has_the_focus(page: Any, web: str, company: Any) -> None:
    senior = make_user("senior", company)
    enter(page, senior, web)
    page.goto("/invoices/exceptions/")
    page.wait_for_selector("#peek h2:has-text('INV-2')")
    page.locator("tbody tr", has_text="INV-3").locator("a").focus()
    page.wait_for_selector("#peek h2:has-text('INV-3')")
    page.keyboard.press("a")
    page.wait_for_selector("text=INV-3 is yours")
    assert Draft.objects.get(owner=senior).number == "INV-3"


def test_an_investigation_goes_from_difference_to_difference(page: Any, web: str, company: Any) -> None:
    enter(page, make_user("senior", company), web)
    page.goto(f"/invoices/exceptions/{Draft.objects.get(number='INV-2').pk}/")
    page.wait_for_selector("#peek h2:has-text('Price')")
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("n")
    page.wait_for_selector("tr#line-1.focus")
    page.keyboard.press("s")
    page.wait_for_url("**/orders/**")
    page.go_back()
    page.keyboard.press("e")
    page.fill("input[name=unit_price_1]", "150.00")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=INV-2 is ready to issue")
    page.click("button:has-text('Issue')")
    page.wait_for_selector("text=INV-2 is issued")
