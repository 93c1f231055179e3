"""From what was done to the invoice, by keyboard alone."""

import re
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from invoicing.models import Draft, Invoice
from tests.factories import PASSWORD
from tests.invoicing.shop import RATES, TODAY, Shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def test_from_to_bill_to_issued_by_keyboard(page: Any) -> None:
    with override_settings(BUSINESS_DATE=TODAY):
        shop = Shop()
        contract = shop.contract(prices=RATES)
        shop.work("WO-1", ("HVAC", "2", "HUR"), contract=contract)
        shop.work("WO-2", ("FILTER", "4", "EA"), contract=contract)
        page.goto("/login/")
        page.get_by_label("E-mail").fill(shop.clerk.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto("/invoices/unbilled/")
        for key in ("x", "j", "x"):  # the first row is current on arrival
            page.keyboard.press(key)
        expect(page.locator("[data-sum]")).to_have_text("2 selected · 210.00 USD")
        page.keyboard.press("b")
        page.wait_for_url(re.compile(r"/drafts/\d+/$"))
        expect(page.get_by_text("ready to issue")).to_be_visible()
        page.keyboard.press("e")
        page.get_by_label("Cost code").fill("CC-7")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(r"/drafts/\d+/$"))
        expect(page.get_by_text("CC-7")).to_be_visible()
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(r"/invoices/\d+/$"))
        invoice = Invoice.objects.get()
        assert (invoice.number, invoice.cost_code, invoice.subtotal, invoice.lines.count()) == ("AR-000001", "CC-7", 21_000, 2)
        assert Draft.objects.get().invoice == invoice
        page.goto("/invoices/unbilled/")
        expect(page.get_by_text("Everything is billed")).to_be_visible()
