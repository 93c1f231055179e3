"""The day at the keyboard: move, peek, done, undo, select, play, call."""

from typing import Any

import pytest
from django.urls import reverse

from collections_app.models import Activity, CustomerTag, Promise, Snooze
from tests.browser.worlds import DAY, World, enter, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(page: Any, settings: Any) -> World:
    settings.BUSINESS_DATE = DAY
    made = make_world()
    page.goto("/login/")
    enter(page, made.eva)
    return made


def names(page: Any) -> list[str]:
    """Tasks as the list shows them."""
    return [row.inner_text() for row in page.locator("tr[data-peek] th a").all()]


def focused(page: Any) -> str:
    """The customer of the row that has the focus."""
    return str(page.locator("tr.focus th a").inner_text())


def test_done_takes_the_row_away_moves_on_and_can_be_undone(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    page.locator("#peek h2").wait_for()
    before = names(page)
    assert focused(page) == before[0]
    page.keyboard.press("j")
    assert focused(page) == before[1]
    page.locator("#peek h2", has_text=before[1]).wait_for()
    page.keyboard.press("e")
    page.locator(".toast", has_text="Done").wait_for()
    assert names(page) == [before[0], *before[2:]]
    page.wait_for_function("name => document.querySelector('tr.focus th a')?.innerText === name", arg=before[2])
    assert page.evaluate("document.activeElement.matches('tr.focus')")
    assert f"{len(before) - 1} tasks" in page.locator("#queue-facts").inner_text()
    page.keyboard.press("u")
    page.wait_for_function("n => document.querySelectorAll('tr[data-peek]').length === n", arg=len(before))
    assert names(page) == before


def test_what_is_typed_ahead_of_a_panel_is_meant_for_it(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    page.locator("#peek h2").wait_for()
    second = names(page)[1]
    typed = [*"jtyear end", "Enter"]  # within one turn of the page's loop: the second row's panel can't have come yet
    page.evaluate(
        """keys => keys.forEach(key =>
            document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})))""",
        typed,
    )
    page.locator(".toast", has_text="year end put on 1 customer").wait_for()
    assert [(row.customer.name, row.tag.name) for row in CustomerTag.objects.all()] == [(second, "year end")]
    assert not Snooze.objects.exists()


def test_several_are_put_off_at_once_with_their_sum_shown(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    before = names(page)
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert page.locator(".bulk [data-sum]").inner_text().startswith("2 selected · ")
    page.keyboard.press("h")
    page.locator(".toast", has_text="2 put off").wait_for()
    assert Snooze.objects.filter(user=world.eva, is_done=False).count() == 2
    page.locator("#group-wait").wait_for()
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('#group-wait').hidden")
    assert names(page) == before and not Snooze.objects.exists()


def test_play_serves_one_after_another_and_passes_over(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    page.keyboard.press("p")
    page.wait_for_url("**/play/**")
    first = page.locator(".peek h2").inner_text()
    page.keyboard.press("n")
    page.wait_for_url("**skip=**")
    assert page.locator(".peek h2").inner_text() != first
    page.keyboard.press("e")
    page.locator(".toast", has_text="Done").wait_for()
    assert Snooze.objects.filter(is_done=True).count() == 1


def test_a_promise_is_taken_without_the_mouse_and_the_next_call_comes(page: Any, world: World) -> None:
    address = reverse("collections:call", args=[world.nordia.pk])
    page.goto(address)
    page.keyboard.press("1")
    page.keyboard.type("+7")
    with page.expect_response(lambda answer: answer.url.endswith("/draft/")):
        page.locator("textarea[name=body]").fill("Pays with the next run")
    page.goto(address)
    assert page.locator("textarea[name=body]").input_value() == "Pays with the next run"
    page.locator("textarea[name=body]").press("Control+Enter")
    page.wait_for_url(lambda url: "/call/" in url and not url.endswith(address))
    assert Promise.objects.filter(customer=world.nordia, state="open").count() == 1
    assert Activity.objects.filter(customer=world.nordia, outcome="promise").count() == 1


def test_the_key_of_a_menu_goes_into_it_also_when_it_was_left(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    page.locator("#peek h2").wait_for()
    for key in ("t", "Escape", "t"):  # opened again after Esc, the cursor stayed outside, and what was typed next were commands
        page.keyboard.press(key)
    page.keyboard.type("vip")
    assert page.locator("input[name=tag]:focus").input_value() == "vip"


def test_letters_can_be_switched_off_and_stay_off(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    page.locator("summary.avatar").click()
    page.locator(".menu-body [data-keys-toggle]").click()
    page.reload()
    page.locator("#peek h2").wait_for()
    page.keyboard.press("p")
    page.keyboard.press("?")
    assert page.url.endswith(reverse("collections:queue"))
    assert not page.locator("#help").is_visible()


def test_the_palette_finds_commands_and_customers_and_help_lists_the_keys(page: Any, world: World) -> None:
    page.goto(reverse("collections:queue"))
    page.keyboard.press("?")
    assert "done" in page.locator("#help").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("nordia")
    page.locator("#palette .option", has_text="Nordia AB").first.wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("Dashboard")
    page.locator("#palette .option", has_text="Dashboard").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers/")


def test_a_customer_is_worked_by_single_keys_also_from_the_closed_menu(page: Any, world: World) -> None:
    page.goto(reverse("customers:detail", args=[world.nordia.pk]))
    page.keyboard.press("n")
    page.wait_for_url("**/note/")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/timeline/")
    page.goto(reverse("customers:detail", args=[world.nordia.pk]))
    for key in ("j", "x", "r"):
        page.keyboard.press(key)
    page.wait_for_url("**outcome=promise**")
    assert page.locator("input[name=items]:checked").count() == 1
    assert page.locator("input[value=promise]").is_checked()
