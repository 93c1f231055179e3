"""The pages of billing: what stands to be billed, drafts, progress, retainage, keying in."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, override_settings

from invoicing.models import Draft, Invoice
from invoicing.services.billing import claim_progress
from invoicing.services.draft_batches import bill_many, work_on
from ledger.models import OpenItem
from ledger.verify import verify_books
from tests.factories import make_company, make_user
from tests.invoicing.shop import NOON, RATES, TODAY, Shop
from workflow.models import Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with override_settings(BUSINESS_DATE=TODAY):
        yield


@pytest.fixture
def shop() -> Shop:
    return Shop()


def login(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="org.backends.EmailBackend")
    return client


@pytest.fixture
def web(shop: Shop) -> Client:
    return login(shop.clerk)


def test_to_bill_shows_value_age_and_reason_and_exports_the_same(shop: Shop, web: Client) -> None:
    contract = shop.contract(prices=RATES, sign_off_needed=True)
    shop.work("WO-1", ("HVAC", "2", "HUR"), contract=contract, signed_off_by="Ann")
    shop.work("WO-2", ("HVAC", "1", "HUR"), contract=contract)
    text = web.get("/invoices/unbilled/").content.decode()
    assert "240.00" in text and "The customer has not signed for the work" in text and "9 d" in text
    assert "WO-2" not in web.get("/invoices/unbilled/?state=ready").content.decode()
    assert "Nothing fits" in web.get("/invoices/unbilled/?q=nobody").content.decode()
    file = login(make_user("controller", shop.company)).get("/invoices/unbilled/?format=csv").content.decode()
    assert "160.00" in file and "the customer has not signed for the work" in file
    assert login(make_user("sales", shop.company)).get("/invoices/unbilled/?format=csv").status_code == 403
    assert "Everything is billed" in login(make_user("specialist", make_company())).get("/invoices/unbilled/").content.decode()


def test_from_to_bill_to_issued_over_the_draft(shop: Shop, web: Client) -> None:
    work = shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES))
    answer = web.post("/invoices/unbilled/make/", {"keys": [f"{shop.company.pk}|work_order:{work.pk}"]})
    draft = Draft.objects.get()
    assert answer["Location"] == f"/invoices/drafts/{draft.pk}/"
    shown = web.get(answer["Location"]).content.decode()
    assert "ready to issue" in shown and "173.20" in shown and "The check found nothing" in shown
    issued = web.post(f"/invoices/drafts/{draft.pk}/issue/")
    invoice = Invoice.objects.get()
    assert issued["Location"] == f"/invoices/{invoice.pk}/" and (invoice.number, invoice.total) == ("AR-000001", 17320)
    assert "AR-000001" in web.get("/invoices/drafts/?state=issued").content.decode()
    assert web.post("/invoices/unbilled/make/", {"keys": []})["Location"] == "/invoices/unbilled/"


def edited(draft: Draft, **changes: str) -> dict[str, str]:
    """The edit form as the browser sends it back."""
    line = draft.payload["lines"][0]
    names = ("description", "quantity", "unit", "unit_price", "tax_code", "sku", "work_order", "contract", "number")
    first = {f"line-0-{name}": str(line.get(name, "")) for name in names}
    return {
        "version": str(draft.version), "document_date": draft.payload["document_date"], "payment_terms": "net 30", "retax": "on",
        "line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "1", **first, **changes,
    }  # fmt: skip


def test_a_draft_is_changed_and_checked_anew(shop: Shop, web: Client) -> None:
    shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES))
    (draft,) = shop.bill().drafts
    assert 'value="WO-1"' in web.get(f"/invoices/drafts/{draft.pk}/edit/").content.decode()
    answer = web.post(f"/invoices/drafts/{draft.pk}/edit/", edited(draft, **{"line-0-unit_price": "95"}))
    assert answer.status_code == 302, answer.content.decode()
    draft.refresh_from_db()
    assert (draft.net, draft.total, draft.state, draft.at_stake > 0) == (19_000, 20_568, "held", True)
    assert draft.payload["lines"][0]["work_order"] == "WO-1" and draft.bases.count() == 1
    page = web.get(f"/invoices/drafts/{draft.pk}/").content.decode()
    assert "held by the check" in page and "Look into it" in page and f"/invoices/drafts/{draft.pk}/issue/" not in page
    stale = web.post(f"/invoices/drafts/{draft.pk}/edit/", edited(draft, version="0"))
    assert stale.status_code == 422 and "Someone changed this draft meanwhile" in stale.content.decode()
    wrong = web.post(f"/invoices/drafts/{draft.pk}/edit/", edited(draft, **{"line-0-quantity": "many"}))
    assert wrong.status_code == 422
    web.post(f"/invoices/drafts/{draft.pk}/edit/", edited(draft, **{"line-0-unit_price": "80"}))
    draft.refresh_from_db()
    assert draft.state == "clear"


def test_discarding_has_a_way_back(shop: Shop, web: Client) -> None:
    shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES))
    (draft,) = shop.bill().drafts
    web.post(f"/invoices/drafts/{draft.pk}/discard/")
    assert f"/invoices/drafts/{draft.pk}/restore/" in web.get("/invoices/drafts/").content.decode(), "the toast's undo"
    assert shop.offers()
    web.post(f"/invoices/drafts/{draft.pk}/restore/")
    draft.refresh_from_db()
    assert (draft.state, shop.offers()) == ("clear", {})


def test_many_are_issued_by_a_job_with_a_result_for_each(shop: Shop, web: Client) -> None:
    contract = shop.contract(prices=RATES)
    shop.wants("one_work_order")
    for n in range(3):
        shop.work(f"WO-{n}", ("HVAC", str(n + 1), "HUR"), contract=contract)
    rows = bill_many(actor=shop.clerk, keys={"SHOP": [*shop.offers(), "work_order:999"]}, today=TODAY)
    assert [r["outcome"] for r in rows] == ["clear", "clear", "clear", "left out"]
    drafts = list(Draft.objects.order_by("pk"))
    Draft.objects.filter(pk=drafts[1].pk).update(checked_hash="other")
    answer = web.post("/invoices/drafts/many/", {"keys": [d.pk for d in drafts], "do": "issue"})
    job = Job.objects.get(kind="drafts")
    assert answer["Location"] == f"/jobs/{job.pk}/"
    job = run_job(job_id=job.pk, now=NOON, wait=True)
    assert [(r["outcome"], r["number"]) for r in job.results] == [("issued", "AR-000001"), ("refused", ""), ("issued", "AR-000002")]
    again = work_on(actor=shop.clerk, keys=[d.pk for d in drafts], what="issue", now=NOON, today=TODAY, tell=lambda done, total: None)
    assert [r["number"] for r in again] == ["AR-000001", "", "AR-000002"] and Invoice.objects.count() == 2


def test_progress_is_claimed_and_its_retainage_released(shop: Shop, web: Client) -> None:
    contract = shop.contract(billing="progress", retainage_percent=Decimal(10), not_to_exceed=1_000_000)
    assert "claim progress" in web.get("/invoices/progress/").content.decode()
    both = web.post(f"/invoices/progress/{contract.pk}/", {"percent": "10", "amount": "5", "document_date": "2026-09-15"})
    assert both.status_code == 422 and "not both" in both.content.decode()
    web.post(f"/invoices/progress/{contract.pk}/", {"percent": "25", "amount": "", "document_date": "2026-09-15"})
    draft = Draft.objects.get()
    assert (draft.net, draft.retainage, draft.state) == (250_000, 25_000, "clear")
    invoice = shop.issue(draft)
    assert "250.00" in web.get("/invoices/retained/").content.decode()
    too_much = web.post("/invoices/retained/release/", {"keys": [invoice.pk], f"amount_{invoice.pk}": "250.01"}, follow=True)
    assert "still held" in too_much.content.decode()
    web.post("/invoices/retained/release/", {"keys": [invoice.pk], f"amount_{invoice.pk}": "100.00"})
    released = Draft.objects.get(origin="retainage")
    assert released.state == "clear", list(released.findings.values_list("words", flat=True))
    web.post(f"/invoices/drafts/{released.pk}/issue/")
    assert OpenItem.objects.get(kind="retainage").balance == 15_000
    assert Invoice.objects.get(number="AR-000002").open_item.balance == 10_000 and verify_books(TODAY) == []


def keyed(shop: Shop, **fields: str) -> dict[str, str]:
    return {
        "token": "form-1", "kind": "invoice", "currency": "USD", "document_date": "2026-09-15", "payment_terms": "net 30",
        "line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0", "line-0-description": "Work", "line-0-amount": "100.00", **fields,
    }  # fmt: skip


def test_a_keyed_invoice_is_issued_when_nothing_holds_it_and_kept_otherwise(shop: Shop, web: Client) -> None:
    address = f"/invoices/new/?customer={shop.customer.pk}"
    shop.customer.tax_code = ""
    shop.customer.save()
    kept = web.post(address, keyed(shop, draft="1", token="form-0"))
    assert kept["Location"] == f"/invoices/drafts/{Draft.objects.get().pk}/" and not Invoice.objects.exists()
    for _ in range(2):
        assert web.post(address, keyed(shop))["Location"] == f"/invoices/{Invoice.objects.get().pk}/"
    work = shop.work("WO-1", ("HVAC", "1", "HUR"), state="started")
    held = web.post(
        address, keyed(shop, token="form-2", **{"line-0-work_order": work.number, "line-0-sku": "HVAC", "line-0-amount": "80.00"})
    )
    draft = Draft.objects.get(state="held")
    assert held["Location"] == f"/invoices/drafts/{draft.pk}/" and Invoice.objects.count() == 1
    assert "not done" in web.get(held["Location"]).content.decode()


def test_who_may_not_issue_makes_no_drafts(shop: Shop) -> None:
    work = shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES))
    auditor = login(make_user("auditor", shop.company))
    assert "Make drafts" not in auditor.get("/invoices/unbilled/").content.decode()
    assert auditor.post("/invoices/unbilled/make/", {"keys": [f"{shop.company.pk}|work_order:{work.pk}"]}).status_code == 403
    stranger = login(make_user("specialist", make_company()))
    stranger.post("/invoices/unbilled/make/", {"keys": [f"{shop.company.pk}|work_order:{work.pk}"]})
    assert not Draft.objects.exists()
    draft = claim_progress(
        actor=shop.clerk,
        contract=shop.contract("CT-9", billing="progress", not_to_exceed=1000),
        amount=1,
        today=TODAY,
        day=date(2026, 9, 1),
    )
    assert stranger.get(f"/invoices/drafts/{draft.pk}/").status_code == 404
    assert stranger.post(f"/invoices/drafts/{draft.pk}/issue/").status_code == 404
