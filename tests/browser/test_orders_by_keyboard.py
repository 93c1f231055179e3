"""An order's life at the keyboard: the list, a new order with lines, its delivery, the amendment of a contract."""

from typing import Any

import pytest
from django.urls import reverse

from orders.models import Delivery, SalesOrder
from tests.browser.worlds import enter
from tests.factories import make_company, make_customer, make_user
from tests.orders.worlds import DAY, make_life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_order_is_entered_and_delivered_without_a_mouse(page: Any, settings: Any) -> None:
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    make_life(make_customer(company, "Acme", number="K-1"))
    page.goto("/login/")
    enter(page, make_user("specialist", company))
    page.goto(reverse("orders:contracts"))
    page.keyboard.press("3")
    page.wait_for_url("**/orders/orders/")
    page.keyboard.press("n")
    page.locator("main input[name=q]").wait_for()
    with page.expect_response(lambda answer: "q=Acm" in answer.url):
        page.keyboard.type("Acm")
    page.wait_for_selector(".htmx-request, .htmx-swapping, .htmx-settling", state="detached")
    page.locator("#found a", has_text="Acme").press("Enter")
    page.wait_for_url(lambda address: "customer=" in address)
    page.locator("main input[name=number]").fill("SO-77")
    page.locator("[data-add]").press("Enter")
    assert page.evaluate("document.activeElement.name") == "line-3-sku"
    page.keyboard.type("PUMP")
    page.locator("input[name=line-3-quantity]").fill("3")
    page.locator("input[name=line-3-unit_price]").fill("40.25")
    page.locator("output[data-total]", has_text="120.75").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("h1", has_text="SO-77").wait_for()
    assert SalesOrder.objects.get(number="SO-77").lines.get().sku == "PUMP"
    page.keyboard.press("d")
    page.locator("h1", has_text="New delivery").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("h1", has_text="SO-77-D1").wait_for()
    assert Delivery.objects.get(number="SO-77-D1").lines.get().quantity == 3


def test_a_line_that_is_dropped_is_gone(page: Any, settings: Any) -> None:
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    life = make_life(make_customer(company, "Acme", number="K-1"))
    page.goto("/login/")
    enter(page, make_user("specialist", company))
    page.goto(reverse("orders:purchase-order-edit", args=[life.purchase_order.pk]))
    page.locator("[data-drop]").first.press("Enter")
    page.keyboard.press("Control+Enter")
    page.locator("[data-list] th a, .toast").first.wait_for()
    assert [line.number for line in life.purchase_order.lines.all()] == [2]
