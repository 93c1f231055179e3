"""A case is opened and amended without the mouse, and its pages bar nobody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from disputes.models import Dispute
from disputes.services import open_dispute, standard_levels
from invoicing.services import issue_documents
from ledger.models import OpenItem
from org.models import Department
from tests.factories import DAY, PASSWORD, SYSTEM, make_company, make_customer, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def item(settings):
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    make_user("supervisor", company, email="sue@x.example")
    for code, name in (("logistics", "Logistics"), ("sales", "Sales")):
        Department.objects.create(company=company, code=code, name=name)
    make_customer(company, "Acme Works", source_system="erp", external_id="C-100")
    lines = [
        {"number": 1, "sku": "SRV", "description": "Field service, hours", "quantity": "8", "unit": "HUR", "unit_price": "150",
         "amount": "1200.00", "tax_amount": "99.00"},
        {"number": 2, "sku": "FLT", "description": "Filter cartridge", "quantity": "3", "unit": "EA", "unit_price": "50",
         "amount": "150.00", "tax_amount": "0.00"},
    ]  # fmt: skip
    row = {
        "company": "US01", "number": "INV-1", "customer": {"external_id": "C-100"}, "currency": "USD", "document_date": "2026-09-15",
        "lines": lines, "total": "1449.00",
    }  # fmt: skip
    assert issue_documents([row], actor=SYSTEM, source_system="erp")[0].outcome == "created"
    return OpenItem.objects.get(number="INV-1")


@pytest.fixture
def desk(page, item):
    page.goto("/login/")
    page.fill("input[name=username]", "sue@x.example")
    page.fill("input[name=password]", PASSWORD)
    page.click("#login button")
    page.wait_for_load_state()
    return page


def test_lines_are_contested_by_keyboard(desk, item):
    desk.goto(reverse("disputes:open", args=[item.pk]))
    desk.keyboard.press("2")
    field = desk.locator("[data-contested]").nth(1)
    field.wait_for(state="visible")
    assert desk.locator("[data-sum]").inner_text() == "0"
    field.fill("20.5")
    assert desk.locator("[data-sum]").inner_text() == "20.50 USD"
    assert desk.locator("[data-select]").nth(1).is_checked() and not desk.locator("[data-select]").nth(0).is_checked()
    desk.locator("[name=reason]").focus()
    desk.keyboard.type("damaged")
    desk.locator("[name=customer_words]").fill("two arrived broken")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/disputes/*/")
    case = Dispute.objects.get()
    assert (case.amount, case.kind, case.reason) == (20_50, "lines", "damaged")
    desk.goto(reverse("disputes:amend", args=[case.pk]))
    desk.keyboard.press("2")
    desk.locator("[name=amount]").fill("15.00")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/disputes/*/")
    case.refresh_from_db()
    assert (case.amount, case.claimed) == (15_00, 20_50)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_bar_nobody(desk, item, width):
    desk.set_viewport_size({"width": width, "height": 900})
    lines = list(item.invoice.lines.values_list("pk", flat=True))
    case = open_dispute(
        actor=SYSTEM, open_item=item, amount=50_00, reason="price", today=DAY, source="x", kind="lines", lines=[(lines[1], 50_00)]
    )
    standard_levels(actor=SYSTEM, company=item.company)
    wanted = {
        "open": reverse("disputes:open", args=[item.pk]) + "?lines=1", "amend": reverse("disputes:amend", args=[case.pk]),
        "levels": reverse("disputes:levels"),
    }  # fmt: skip
    for theme in ("light", "dark"):
        desk.emulate_media(color_scheme=theme)
        for name, address in wanted.items():
            desk.goto(address)
            result = Axe().run(desk, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            assert not (bad := result.response["violations"]), [(v["id"], v["nodes"][0]["html"][:200]) for v in bad]
            assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
