"""A job watched in a browser: its bar moves by itself, and its page says when it is done."""

from io import StringIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.utils import timezone

from tests.factories import DAY, PASSWORD, SYSTEM, make_company, make_user
from workflow.models import Job
from workflow.services.jobs import start_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def enter(page, user):
    page.goto("/login/")
    page.fill("[name=username]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def test_axe_finds_nothing_serious_and_nothing_is_wider_than_a_phone(page, web):
    company = make_company("US01")
    call_command("nightly", "--date", str(DAY), stdout=StringIO())
    failed = start_job(actor=SYSTEM, kind="nightly.books", company=company, day=DAY)
    Job.objects.filter(pk=failed.pk).update(state="failed", error="2 differences", results=[{"check": "x", "detail": "y" * 200}])
    enter(page, make_user("controller", company))
    night = Job.objects.get(kind="nightly")
    for address in (
        "/jobs/",
        "/jobs/?state=cancelled",
        f"/jobs/{night.pk}/",
        f"/jobs/{failed.pk}/",
        "/jobs/audit/",
        "/jobs/audit/?first=x",
    ):
        page.goto(address)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            violations = Axe().run(page).response["violations"]
            assert [v["id"] for v in violations if v["impact"] in ("serious", "critical")] == [], (address, theme)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
        page.set_viewport_size({"width": 1400, "height": 900})


def test_a_running_job_moves_by_itself_and_is_run_again_by_its_key(page, web):
    company = make_company("US01")
    user = make_user("supervisor", company)
    job = start_job(actor=SYSTEM, kind="nightly.books", company=company, day=DAY)
    Job.objects.filter(pk=job.pk).update(state="running", done=1, total=4, started_at=timezone.now())
    enter(page, user)
    page.goto(f"/jobs/{job.pk}/")
    page.get_by_role("img", name="25 per cent done").wait_for()
    Job.objects.filter(pk=job.pk).update(done=3)
    page.get_by_role("img", name="75 per cent done").wait_for()
    Job.objects.filter(pk=job.pk).update(state="failed", error="2 differences", finished_at=timezone.now())
    page.get_by_role("alert").filter(has_text="2 differences").wait_for()
    page.keyboard.press("r")
    page.get_by_text("Waiting for a worker").wait_for()
    assert Job.objects.get(pk=job.pk).state == "waiting"
    page.keyboard.press("x")
    page.get_by_role("button", name="Run again").wait_for()
    assert Job.objects.get(pk=job.pk).state == "cancelled"
