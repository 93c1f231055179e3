"""The matrix in a real browser: a score is changed by keyboard alone."""

from typing import Any

import pytest
from django.urls import reverse

from cashapp.models import RuleMatrix
from cashapp.services.rules import draft_matrix
from tests.cashapp.worlds import TODAY, make_bank
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_score_is_changed_by_keyboard_alone(page: Any, settings: Any) -> None:
    settings.BUSINESS_DATE = TODAY
    bank = make_bank()
    senior = make_user("senior", bank.company)
    draft = draft_matrix(actor=senior, company=bank.company)
    page.goto("/login/")
    page.fill("input[name=username]", senior.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login button")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(reverse("cashapp:rules-version", args=[draft.pk]))
    page.wait_for_load_state()
    page.focus("input[name='m-STRUCTURED-KNOWN-0']")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    cell = page.locator("td:has(> input[name='m-STRUCTURED-NAME-3'])")
    assert cell.locator("input").evaluate("e => e === document.activeElement") and cell.get_attribute("data-band") == "post"
    page.keyboard.type("45")
    assert cell.get_attribute("data-band") == "ask" and cell.get_attribute("data-changed") is not None
    page.keyboard.press("Delete")
    assert cell.get_attribute("data-changed") is None
    page.keyboard.type("88")
    page.keyboard.press("Enter")  # the next row, not the form
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast:has-text('is saved')")
    assert RuleMatrix.objects.get().cells["STRUCTURED"]["NAME"][3] == 88
