"""An investigation in a real browser, by keyboard alone: lines, sources, the finding recorded by one keystroke; and what axe says of it."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from disputes.models import Dispute, DisputeFinding
from tests.disputes.test_investigating import TODAY, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_case_is_investigated_by_keyboard(page: Any, web: str, settings: Any) -> None:
    settings.BUSINESS_DATE = TODAY
    world = World()
    client = Client()
    client.force_login(world.ana)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": web}])
    page.goto(f"/disputes/{world.case.pk}/investigate/")
    page.wait_for_selector("#peek:has-text('150.00 USD too much')")
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("j")
    page.wait_for_selector("#peek:has-text('The documents agree here')")
    page.keyboard.press("n")
    page.wait_for_selector("#peek:has-text('150.00 USD too much')")
    with page.context.expect_page() as source:
        page.keyboard.press("s")
    source.value.close()
    assert page.input_value("[data-opened]"), "what was opened is noted"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=is to be decided")
    made = DisputeFinding.objects.get()
    assert (made.amount, made.proposed["basis"], Dispute.objects.get().state) == (150_00, "findings", "decision")
    assert "opened" in {s["how"] for s in made.looked_at}
    page.wait_for_selector("#part-finding:has-text('as proposed')")
    page.keyboard.press("v")
    page.wait_for_selector("#peek:has-text('150.00 USD too much')")
    page.keyboard.press("q")
    page.wait_for_selector("h1:has-text('Ask a department')")
