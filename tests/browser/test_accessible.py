"""Every page of the daily work in both themes: axe finds nothing serious, nothing is wider than a phone, no script fails."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests.browser.worlds import DAY, World, enter, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def pages(world: World) -> list[str]:
    """The addresses to look at."""
    nordia = [world.nordia.pk]
    return [
        reverse("collections:queue"), reverse("collections:play"), reverse("collections:call", args=nordia),
        reverse("collections:promises") + "?state=all", reverse("disputes:list"), reverse("disputes:detail", args=[world.case.pk]),
        reverse("disputes:open", args=[world.late.pk]), reverse("customers:list"), reverse("customers:detail", args=nordia),
        *(reverse("customers:tab", args=[world.nordia.pk, tab]) for tab in ("timeline", "disputes", "payments", "contacts")),
        reverse("customers:edit", args=nordia), reverse("customers:write", args=nordia), reverse("customers:statement", args=nordia),
        reverse("reports:dashboard"), reverse("reports:aging"), reverse("reports:items"), reverse("reports:movements"),
        reverse("reports:search") + "?q=nordia", reverse("ledger:item", args=[world.late.pk]), reverse("ledger:entry", args=[world.entry]),
        reverse("ledger:periods"), "/customers/?q=nobody-of-this-name", "/no/such/page/",
    ]  # fmt: skip


def test_axe_finds_nothing_serious_in_either_theme(page: Any, settings: Any) -> None:
    """All rules in light; in dark, which differs by its colours alone, the contrast. One world, one login, each page loaded once."""
    settings.BUSINESS_DATE = DAY
    world, found = make_world(), []
    page.goto("/login/")
    found += judged(page, "/login/")
    enter(page, world.eva)
    for address in pages(world):
        page.goto(address)
        found += judged(page, address)
    assert not found, "\n".join(map(str, found))


def judged(page: Any, address: str) -> list[tuple[str, str, list[str]]]:
    """What axe holds against the page: where, the rule, the first elements with what is wrong."""
    page.emulate_media(color_scheme="light")
    violations = Axe().run(page, options=RULES).response["violations"]
    page.emulate_media(color_scheme="dark")
    violations += page.evaluate("axe.run({runOnly: ['color-contrast'], resultTypes: ['violations']})")["violations"]
    grave = [violation for violation in violations if violation["impact"] in ("serious", "critical")]
    return [(address, violation["id"], [_words(node) for node in violation["nodes"][:3]]) for violation in grave]


def _words(node: dict[str, Any]) -> str:
    return f"{node['html'][:160]} {node['any'][0]['message'][:160] if node['any'] else ''}"


def test_no_page_is_wider_than_a_phone(page: Any, settings: Any) -> None:
    settings.BUSINESS_DATE = DAY
    world = make_world()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/login/")
    enter(page, world.eva)
    wide = []
    for address in pages(world):
        page.goto(address)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wide += [(address, over)] if over > 0 else []
    assert not wide
