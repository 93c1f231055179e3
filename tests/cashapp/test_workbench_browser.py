"""The workbench in a real browser: a queue cleared by keyboard alone, sums while typing, drafts that keep themselves, no barriers."""

import os
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from cashapp.models import Match, Receipt, ReceiptDraft, RemittanceJoin
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.services.remittances.taking import take_advices
from disputes.models import Dispute
from tests.cashapp.worlds import TODAY, Row, camt, make_desk, take
from tests.factories import DAY, PASSWORD, SYSTEM
from workflow.services import store_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SHOTS")
"""A directory to put pictures of the pages into, for those who look at them."""


@pytest.fixture(autouse=True)
def business_date(settings: Any) -> None:
    settings.BUSINESS_DATE = TODAY


def enter(page: Any, user: Any) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login button")
    page.wait_for_url(lambda url: "/login/" not in url)


def in_hand(page: Any, number: str) -> None:
    page.wait_for_selector(f".pane-head h2:has-text('{number}')")


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def test_a_queue_is_cleared_by_keyboard_alone(page: Any) -> None:
    desk = make_desk()
    enter(page, desk.ana)
    page.goto(reverse("cashapp:workbench"))
    in_hand(page, "RC-000001")
    page.keyboard.press("Enter")  # the sure one
    in_hand(page, "RC-000003")
    assert desk.balance("INV-8820") == 0
    assert page.locator("[data-key=Enter]").is_disabled()
    page.keyboard.press("Enter")  # nothing is chosen yet: nothing happens
    page.keyboard.press("2")  # another answer
    page.wait_for_selector(".answer[aria-pressed=true]")
    page.keyboard.press("Enter")
    in_hand(page, "RC-000002")  # short by 1,250.00
    assert page.locator("[data-difference]").inner_text() == "0.00"
    page.locator("input[name^=short-]").last.fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("d")  # the rest becomes a deduction again, its reason next
    page.keyboard.press("d")  # in a select: chooses the reason that begins with d
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    in_hand(page, "RC-000004")
    dispute = Dispute.objects.get()
    assert (dispute.amount, dispute.reason) == (1_250_00, "damaged")
    page.keyboard.press("f")
    page.keyboard.type("INV-8813")
    page.keyboard.press("Enter")  # adds the first thing found once it is: 1,250.00 are still open on it
    page.wait_for_selector(f"#row-{desk.items['INV-8813'].pk}")
    page.wait_for_selector("[data-difference]:has-text('6,865.20')")
    page.keyboard.press("o")
    assert page.locator("[data-difference]").inner_text() == "0.00"
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Everything is cleared")
    assert Match.objects.count() == 4 and not Receipt.objects.to_clear().exists()
    page.keyboard.press("u")
    page.wait_for_url(lambda url: f"receipt={desk.receipts['nobody'].pk}" in url)
    assert Match.objects.exclude(reversed_by=None).count() == 1 and desk.fresh("nobody").unapplied == 8_115_20


def test_j_and_k_walk_the_queue_and_the_sums_follow_the_typing(page: Any) -> None:
    desk = make_desk()
    enter(page, desk.ana)
    page.goto(reverse("cashapp:workbench"))
    in_hand(page, "RC-000001")
    page.keyboard.press("j")
    in_hand(page, "RC-000003")
    page.keyboard.press("j")
    in_hand(page, "RC-000002")
    assert f"receipt={desk.receipts['short'].pk}" in page.url
    amount = page.locator("input[name^=amount-]").first
    amount.fill("19,000")
    assert page.locator("[data-difference]").inner_text() == "1,000.00" and page.locator("[data-key=Enter]").is_disabled()
    assert page.locator("tr[data-item] [data-left]").first.inner_text() == "1,000.00"
    amount.fill("nineteen")
    assert amount.get_attribute("aria-invalid") == "true" and page.locator("[data-key=Enter]").is_disabled()
    amount.fill("20000.00")
    assert not page.locator("[data-key=Enter]").is_disabled()
    amount.fill("12,345.67")
    page.wait_for_selector("#draft-state:has-text('kept')")
    assert ReceiptDraft.objects.get().data["rows"][0]["amount"] == 12_345_67
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    in_hand(page, "RC-000003")
    page.reload()
    page.goto(f"{reverse('cashapp:workbench')}?receipt={desk.receipts['short'].pk}")
    assert page.locator("h2:has-text('Your draft')").count() == 1 and page.locator("input[name^=amount-]").first.input_value() == "12345.67"
    page.keyboard.press("w")
    for _ in ("what for", "wait", "question"):
        page.keyboard.press("Tab")
    page.keyboard.type("May I take this?")
    page.keyboard.press("Control+Enter")
    in_hand(page, "RC-000004")
    assert desk.fresh("short").question == "May I take this?"


def test_an_advice_that_disagrees_is_worked_by_keyboard(page: Any) -> None:
    desk = make_desk()
    item, short = desk.items["INV-8812"], desk.receipts["short"]
    lines = (AdviceLine("INV-8812", paid=20_000_00), AdviceLine("INV-8813", paid=30_500_00), AdviceLine("INV-0000", paid=1))
    content = b"Invoice,Paid\nINV-8812,20000.00\nINV-8813,30500.00\n"
    stored, _ = store_file(actor=SYSTEM, name="advice.csv", content=content)
    advice = Advice("EUR", 50_500_01, lines, DAY, payer_name="Nordia AB")
    (told,) = take_advices(actor=SYSTEM, company=item.company, advices=[advice], source="file", stored_file=stored).remittances
    enter(page, desk.ana)
    page.goto(f"{reverse('cashapp:workbench')}?receipt={short.pk}")
    in_hand(page, "RC-000002")
    page.keyboard.press("a")  # joins the only advice that may belong here
    page.wait_for_selector("text=500.01 less came than is advised")
    page.wait_for_selector(".htmx-request, .htmx-swapping, .htmx-settling", state="detached")
    assert RemittanceJoin.objects.get().remittance == told
    page.keyboard.press("Control+k")  # what is rare stands in the palette
    page.keyboard.type("advice's file")
    page.keyboard.press("Enter")
    page.wait_for_selector(".document mark:has-text('INV-8813')")
    page.keyboard.press("a")  # as advised: the largest is cut by what is missing
    page.wait_for_selector("h2:has-text('Allocation')")
    page.wait_for_selector(".htmx-request, .htmx-swapping, .htmx-settling", state="detached")
    assert page.locator(f"[name=amount-{desk.items['INV-8813'].pk}]").input_value() == "30000.00"
    page.keyboard.press("Control+k")
    page.keyboard.type("copy the allocation")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Copied 2 rows")
    page.keyboard.press("d")  # what is left of it becomes a deduction
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    in_hand(page, "RC-000004")
    assert (desk.balance("INV-8812"), desk.balance("INV-8813"), Dispute.objects.get().amount) == (0, 1_250_00, 1_250_00)


def test_enter_on_a_button_or_link_never_posts(page: Any) -> None:
    desk = make_desk()
    enter(page, desk.ana)
    page.goto(reverse("cashapp:workbench"))
    in_hand(page, "RC-000001")
    page.locator("button:has-text('Deduct')").focus()
    page.keyboard.press("Enter")
    page.locator("summary:has-text('ask the supervisor')").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=until]:focus")
    assert not Match.objects.exists()


def test_a_change_by_someone_else_is_shown_instead_of_posted_over(page: Any) -> None:
    desk = make_desk()
    enter(page, desk.ana)
    page.goto(reverse("cashapp:workbench"))
    in_hand(page, "RC-000001")
    Receipt.objects.filter(pk=desk.receipts["sure"].pk).update(version=7)
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]:has-text('changed meanwhile')")
    assert not Match.objects.exists()
    page.keyboard.press("Enter")
    in_hand(page, "RC-000003")
    assert Match.objects.count() == 1


def test_a_mouse_does_it_too_and_a_phone(page: Any) -> None:
    desk = make_desk()
    enter(page, desk.ana)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(reverse("cashapp:workbench"))
    page.click(f"#rc-{desk.receipts['short'].pk}")
    in_hand(page, "RC-000002")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("button:has-text('Post and next')")
    in_hand(page, "RC-000004")
    assert Dispute.objects.count() == 1
    page.click("[data-undo]")
    page.wait_for_url(lambda url: f"receipt={desk.receipts['short'].pk}" in url)
    assert desk.balance("INV-8812") == 20_000_00


PAGES = [
    "workbench",
    "short",
    "nobody",
    "receipt",
    "files",
    "file",
    "refused",
    "accounts",
    "account",
    "mapping",
    "returns",
    "policies",
    "policy",
]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_no_page_bars_anyone_in_either_theme(page: Any, scheme: str, width: int, tmp_path: Any) -> None:
    desk = make_desk()
    take(camt([Row(44_00, "INV", "Hart & Co", reference="REF-12345")]))
    back = Row(-44_00, "RETURN REF-12345", "Hart & Co", reversal=True, reference="REF-12345")
    file = take(camt([back, Row(12_00, "rent", "Nobody")], opening=44_00, number=2, day=DAY + timedelta(1))).bank_file
    enter(page, desk.senior)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844 if width < 700 else 900})
    url = {
        "short": f"{reverse('cashapp:workbench')}?receipt={desk.receipts['short'].pk}",
        "nobody": f"{reverse('cashapp:workbench')}?receipt={desk.receipts['nobody'].pk}",
        "receipt": reverse("cashapp:receipt", args=[desk.receipts["short"].pk]),
        "file": reverse("cashapp:file", args=[file.pk]),
        "account": reverse("cashapp:account", args=[desk.bank.pk]),
        "mapping": reverse("cashapp:mapping", args=[desk.bank.pk]),
        "policy": reverse("cashapp:policy", args=[desk.bank.company_id]),
    }
    found = {}
    for name in PAGES:
        if name == "refused":
            page.goto(reverse("cashapp:files"))
            held = camt([Row(10_00, "x", "y")], opening=1_00, closing=99_00, number=9)
            page.set_input_files("#id_file", {"name": "day9.xml", "mimeType": "text/xml", "buffer": held})
            page.click("text=Import and match")
            page.wait_for_selector("text=somebody has to decide")
        else:
            page.goto(url.get(name) or reverse(f"cashapp:{name}"))
        if name == "mapping":
            sample = b"Buchungstag;Betrag;Name;Verwendungszweck\n03/04/2026;1.234,50;ACME;INV-1\n04/04/2026;x;Bolt;INV-2\n"
            page.set_input_files("#id_file", {"name": "list.csv", "mimeType": "text/csv", "buffer": sample})
            page.click("text=Show the columns")
            page.wait_for_selector("text=What the columns are")
        page.wait_for_timeout(150)
        shot(page, f"{name}-{scheme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the window"
        bad = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        if bad:
            found[name] = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in bad]
    assert not found
