"""A question goes to a department and back in a browser, by keyboard alone: the collaborator answers, the asker closes."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe

from org.models import Department
from tests.factories import make_company, make_customer, make_user
from tests.workflow.test_in_browser import enter
from tests.workflow.test_tasks import collaborator
from workflow.models import Task
from workflow.services.tasks import open_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def world(settings):
    settings.BUSINESS_DATE = date(2026, 9, 20)
    company = make_company("US01")
    service = Department.objects.create(company=company, code="service", name="Service")
    asker, customer = make_user("specialist", company), make_customer(company, "Nordwind Secret Inc")
    for n, title in enumerate(("Was WO-7 signed off?", "Who drove on the 3rd?")):
        open_task(
            actor=asker, company=company, kind="finding", title=title, question="We billed 1,250.00 on it.", department="service",
            due_date=date(2026, 9, 18 + n), amount=1_250_00, currency="USD", customer_id=customer.pk, subject=customer, dedupe_key=f"t{n}",
            today=date(2026, 9, 15),
        )  # fmt: skip
    return {"asker": asker, "sam": collaborator(service, "sam@test.example")}


def test_a_collaborator_answers_and_the_asker_closes_by_keyboard(page, web, world):
    enter(page, world["sam"])
    page.goto("/tasks/")
    page.wait_for_selector("tbody tr")
    assert "Nordwind" not in page.inner_text("body"), "the account behind the question is none of theirs"
    assert not [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.wait_for_selector("#peek h2:has-text('Was WO-7 signed off?')")
    page.keyboard.press("a")
    page.wait_for_url("**/tasks/*/#answer")
    page.wait_for_selector("#answer:focus")
    page.keyboard.type("Yes, by Mr Hill on the 12th.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#toasts:has-text('answer'), .toast:has-text('answer')")
    first = Task.objects.get(title__startswith="Was")
    assert (first.state, first.notes.get().body) == ("answered", "Yes, by Mr Hill on the 12th.")
    page.context.clear_cookies()
    enter(page, world["asker"])
    page.goto("/tasks/?view=asked&state=answered")
    page.wait_for_selector("tbody tr")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.wait_for_selector("#peek:has-text('by Mr Hill on the 12th')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#word")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".badge:has-text('Closed'), .toast:has-text('closed')")
    first.refresh_from_db()
    assert first.state == "closed"
    assert Task.objects.get(title__startswith="Who").state == "open"
