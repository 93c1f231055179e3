"""The wizard, the form and the lists in a real browser, by keyboard, in both themes; and what axe says of each page."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from arops.lib import clock
from invoicing.models import Invoice, InvoiceImport
from invoicing.services import issue_document
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.services.jobs import run_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = b"Number;Customer;Date;Total;Currency\nR-1;K-1;03/04/2026;1.234,50;USD\nR-2;K-1;05/04/2026;10,00;USD\n"


@pytest.fixture
def us(settings: Any) -> Any:
    from datetime import date

    settings.BUSINESS_DATE = date(2026, 9, 30)
    company = make_company("US01")
    make_customer(company, "Acme", number="K-1")
    row = {"company": "US01", "customer": "K-1", "number": "INV-1", "currency": "USD", "document_date": "2026-06-01"}
    line = {"description": "Hours", "quantity": "2", "unit_price": "50.00", "amount": "100.00", "tax_amount": "8.25"}
    issue_document(row | {"lines": [line]}, actor=SYSTEM)
    issue_document(row | {"number": "INV-2", "total": "50.00", "document_date": "2026-09-20"}, actor=SYSTEM)
    return company


def enter(page: Any, user: Any, web: str) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": web}])


def test_a_list_is_brought_mapped_checked_and_imported(page: Any, web: str, us: Any) -> None:
    enter(page, make_user("specialist", us), web)
    page.goto("/invoices/import/")
    page.set_input_files("input[type=file]", {"name": "june.csv", "mimeType": "text/csv", "buffer": LIST})
    page.fill("input[name=source]", "Billing")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=3 April 2026 or 4 March 2026")
    page.check("input[name=date_order][value=dmy]")
    page.click("text=Read it this way")
    page.wait_for_selector("text=1,244.50")
    page.click("text=Check all 2 rows")
    page.wait_for_selector("text=What would become of it")
    page.click("text=Import 2 documents")
    page.wait_for_selector("text=you may leave this page")
    run_job(job_id=InvoiceImport.objects.get().job_id, now=clock.now())
    page.wait_for_selector("h2:has-text('Imported')")
    assert sorted(Invoice.objects.filter(source_system="import").values_list("total", flat=True)) == [1000, 123450]


def test_an_invoice_is_keyed_in_with_its_total_running_along(page: Any, web: str, us: Any) -> None:
    enter(page, make_user("specialist", us), web)
    page.goto("/invoices/")
    page.keyboard.press("n")
    page.wait_for_url("**/invoices/new/")
    page.fill("main input[name=q]", "acm")
    page.click("#found a:has-text('Acme')")
    page.fill("input[name=line-0-description]", "Visit")
    page.fill("input[name=line-0-quantity]", "3")
    page.fill("input[name=line-0-unit_price]", "0.335")
    page.fill("input[name=line-0-tax_amount]", "0.10")
    assert page.text_content("[data-total]") == "1.10"
    page.click("[data-add-line]")
    assert page.evaluate("document.activeElement.name") == "line-3-description"
    page.fill("input[name=line-3-amount]", "1,000")
    assert page.text_content("[data-total]") == "1,001.10"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:has-text('AR-000001')")
    assert Invoice.objects.get(number="AR-000001").total == 100110


def test_rows_are_walked_and_opened_by_keyboard_and_the_help_is_near(page: Any, web: str, us: Any) -> None:
    enter(page, make_user("supervisor", us), web)
    page.goto("/invoices/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('INV-1')")
    page.wait_for_load_state()
    page.keyboard.press("?")
    page.click("dialog#help >> text=Help for this page")
    page.wait_for_selector(".prose h1")
    page.goto("/help/")
    page.fill("main input[name=q]", "shortened")
    page.wait_for_selector("#found >> text=Import invoices")
    assert page.locator("#found a").count() > 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Any, web: str, us: Any, theme: str) -> None:
    user = make_user("supervisor", us)
    enter(page, user, web)
    page.context.add_cookies([{"name": "arops_theme", "value": theme, "url": web}])
    first = Invoice.objects.get(number="INV-1").pk
    client = Client()
    client.force_login(user)
    from django.core.files.uploadedfile import SimpleUploadedFile

    brought = client.post("/invoices/import/", {"file": SimpleUploadedFile("l.csv", LIST), "source": "x", "company": us.pk}).url
    customer = us.customers.get().pk
    reports = []
    for address in (
        "/invoices/", "/invoices/?state=overdue", f"/invoices/{first}/", f"/invoices/{first}/credit/", f"/invoices/{first}/print/",
        "/invoices/new/", f"/invoices/new/?customer={customer}", "/invoices/import/", brought, "/help/", "/help/reference/keys/",
        "/help/how-to/import-invoices/",
    ):  # fmt: skip
        page.goto(address)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        if found.violations_count:
            reports.append(f"{address}\n{found.generate_report()}")
    assert reports == []
