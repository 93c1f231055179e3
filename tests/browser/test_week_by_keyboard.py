"""A week's ways at the keyboard: after the login no address is typed and no mouse is used."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from collections_app.models import Promise
from tests.browser.worlds import DAY, make_world
from workflow.models import StoredView

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling"


class Keys:
    """A person who has a keyboard and eyes."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        """One key after another, where the page is settled."""
        self.page.wait_for_load_state()
        self.page.locator(BUSY).first.wait_for(state="detached")
        for key in keys:
            self.page.keyboard.press(key)

    def go(self, where: str, *keys: str) -> None:
        """Keys that lead to the page of this name."""
        self.press(*keys)
        self.page.wait_for_url(lambda url: urlsplit(url).path == reverse(where))
        self.page.wait_for_load_state()

    @property
    def path(self) -> str:
        """Where the person is."""
        return urlsplit(self.page.url).path


def _logged_in(page: Any, world: Any) -> Keys:
    world.eva.set_password("a long enough pass phrase")
    world.eva.save()
    desk = Keys(page)
    page.goto("/login/")
    page.locator("#id_username").focus()
    page.keyboard.type(world.eva.email)
    desk.press("Tab")
    page.keyboard.type("a long enough pass phrase")
    desk.go("collections:queue", "Enter")
    return desk


def _through_all_tabs(page: Any, desk: Keys) -> None:
    """Every tab, one after another, and round to the first."""
    page.locator("#peek h2").wait_for()
    wanted = [urlsplit(a.get_attribute("href") or "").path for a in page.locator("nav.tabs").first.locator("a").all()]
    for after in [*wanted[1:], wanted[0]]:
        desk.press("}")
        page.wait_for_url(lambda url, path=after: urlsplit(url).path == path or (path != wanted[0] and urlsplit(url).path.startswith(path)))
        page.wait_for_load_state()
        assert page.locator("nav.tabs [aria-current]").first.is_visible(), after


def test_every_page_of_collections_is_come_to_and_worked_by_keys(page: Any, settings: Any) -> None:
    settings.BUSINESS_DATE = DAY
    world = make_world()
    desk = _logged_in(page, world)
    _through_all_tabs(page, desk)

    # The filter is kept as a view.
    page.locator("#peek h2").wait_for()
    desk.press("v")
    page.keyboard.type("My mornings")
    desk.press("Enter")
    page.locator(".toast", has_text="Kept as My mornings").wait_for()
    assert StoredView.objects.get().page == "collections:queue"

    # A call ends in a promise; the next one comes, and Escape leads back.
    desk.go("collections:queue", "g", "q")
    page.locator("#peek h2").wait_for()
    desk.press("c")
    page.wait_for_url("**/call/**")
    first = desk.path
    desk.press("1")
    page.keyboard.type("+7")
    desk.press("Control+Enter")
    page.wait_for_url(lambda url: urlsplit(url).path != first)
    assert Promise.objects.filter(state="open").count() == 1
    desk.go("collections:queue", "Escape") if "/call/" in desk.path else desk.go("collections:queue", "g", "q")

    # What a colleague has, and back a layer at a time; a refused form puts the cursor into what is wrong.
    desk.go("collections:effort", "g", "9")
    desk.go("collections:team", "t")
    desk.go("collections:queue", "j", "Enter")
    assert f"owner={world.eva.pk}" in page.url
    desk.go("collections:effort", "g", "9")
    desk.press("Control+k")
    page.keyboard.type("Portfolios")
    desk.go("collections:portfolios", "Enter")
    desk.go("collections:portfolio-rule-new", "n")
    page.locator("main form").first.wait_for()
    desk.press("Control+Enter")
    page.locator("main form :is(:invalid, [aria-invalid=true]):focus").wait_for()
    desk.press("Escape")  # leaves the field
    desk.go("collections:portfolios", "Escape")
