"""From what was done to drafts: each thing once, at the agreed price, on the invoice that the customer wants."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import override_settings

from customers.models import CustomerDocument
from invoicing.models import Draft
from invoicing.selectors.unbilled import unbilled
from invoicing.services.billing import BillingRefused, bill_schedules, claim_progress, release_retainage, with_tax
from invoicing.services.drafting import BilledAlready, DraftRefused, discard_draft, issue_draft, restore_draft, save_draft
from invoicing.services.issuing import issue_documents
from ledger.verify import verify_books
from orders.models import (
    Contract,
    MilestoneReached,
    PurchaseOrder,
    SalesOrder,
    SalesOrderLine,
    UnitConversion,
    WorkOrder,
)
from orders.selectors.figures import figures, sums_of
from org.services import create_api_key
from tests.factories import SYSTEM, make_company, make_customer, make_user
from tests.invoicing.shop import NOON, RATES, TODAY, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return Shop()


def test_a_finished_work_order_is_billed_at_the_rate_card_of_its_day_with_tax(shop):
    contract = shop.contract(prices=RATES, payment_terms="net 15", escalator_percent=Decimal(5), escalator_months=6)
    UnitConversion.objects.create(company=shop.company, from_unit="MIN", to_unit="HUR", factor=Decimal("0.01666667"))
    po = PurchaseOrder.objects.create(**shop.head("PO-77"), issued_on=date(2026, 1, 1))
    work = shop.work("WO-1", ("HVAC", "90", "MIN"), ("FILTER", "2", "EA"), contract=contract, purchase_order=po, cost_code="CC9")
    (draft,) = shop.bill().drafts
    row = draft.payload
    assert (draft.origin, row["po_number"], row["payment_terms"], row["cost_code"]) == ("work", "PO-77", "net 15", "CC9")
    assert [(x["quantity"], x["unit"], x["unit_price"], x["amount"], x["tax_amount"]) for x in row["lines"]] == [
        ("1.5", "HUR", "84", "126.00", "10.40"), ("2", "EA", "13.125", "26.25", "2.17"),
    ]  # fmt: skip
    assert (row["lines"][0]["work_order"], row["lines"][0]["description"], row["lines"][0]["contract"]) == ("WO-1", "HVAC work", "CT-1")
    assert (row["subtotal"], row["tax_total"], row["total"]) == ("152.25", "12.57", "164.82")
    invoice = shop.issue(draft)
    assert set(invoice.lines.values_list("job", "agreement", "purchase_order")) == {(work.pk, contract.pk, po.pk)}
    assert invoice.number.startswith("AR-") and not shop.offers() and verify_books(TODAY) == []


def test_what_is_not_ready_says_why_and_who_must_act(shop):
    contract = shop.contract(prices=RATES, sign_off_needed=True)
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=contract)
    shop.work("WO-2", ("PUMP", "1", "EA"), contract=contract, signed_off_by="Ann", signed_off_on=TODAY)
    shop.work("WO-3", ("HVAC", "1", "DAY"), contract=contract, signed_off_by="Ann", signed_off_on=TODAY)
    shop.work("WO-4", ("HVAC", "1", "HUR"), contract=contract, state="started")
    shop.wants("po_number")
    told = {o.number: {(r.code, r.owner) for r in o.reasons} for o in shop.offers().values()}
    assert told == {
        "WO-1": {("not_signed", "service"), ("po_missing", "sales")},
        "WO-2": {("no_price", "pricing"), ("po_missing", "sales")},
        "WO-3": {("no_conversion", "pricing"), ("po_missing", "sales")},
    }
    made = shop.bill()
    assert (
        not made.drafts and len(made.left_out) == 3 and "signed" in made.left_out[f"work_order:{WorkOrder.objects.get(number='WO-1').pk}"]
    )


def test_one_invoice_for_each_work_order_or_for_all(shop):
    single, together = make_customer(shop.company, "Single"), make_customer(shop.company, "Together")
    shop.wants("one_work_order", single)
    shop.wants("consolidated", together)
    for n, customer in enumerate((single, single, together, together)):
        order = SalesOrder.objects.create(**shop.head(f"SO-{n}", customer), ordered_on=TODAY)
        SalesOrderLine.objects.create(order=order, number=1, sku="X", unit="EA", quantity=1, unit_price=Decimal(10), is_service=True)
        work = shop.work(f"WO-{n}", ("X", "1", "EA"), customer=customer, order=order)
        work.lines.update(order_line=1)
    drafts = shop.bill().drafts
    assert sorted((d.customer.name, len(d.payload["lines"])) for d in drafts) == [("Single", 1), ("Single", 1), ("Together", 2)]


def test_deliveries_are_billed_one_by_one_beside_what_the_erp_billed(shop):
    order = shop.order("SO-1", ("BOLT", "10", "3.00"), ("NUT", "5", "1.00"), freight="billed", freight_amount=900)
    first = shop.ship(order, "D-1", "4", "5")
    row = {
        "company": "SHOP", "number": "ERP-1", "customer": f"cus_{shop.customer.pk}", "currency": "USD", "document_date": "2026-09-11",
        "order": "SO-1", "lines": [{"sku": "BOLT", "quantity": "3", "unit": "EA", "unit_price": "3.00", "order_line": 1}],
    }  # fmt: skip
    (outcome,) = issue_documents([row], actor=shop.clerk, source_system="erp")
    assert outcome.outcome == "created", outcome
    (draft,) = shop.bill(f"delivery:{first.pk}").drafts
    assert [(x["sku"], x["quantity"]) for x in draft.payload["lines"]] == [("BOLT", "1"), ("NUT", "5"), ("FREIGHT", "1")]
    shop.issue(draft)
    second = shop.ship(order, "D-2", "6", None)
    offer = shop.offers()[f"delivery:{second.pk}"]
    assert [(x.sku, x.quantity) for x in offer.lines] == [("BOLT", 6)], "freight is billed once"


def test_an_order_shipped_without_a_delivery_note_is_billed_whole(shop):
    order = shop.order("SO-1", ("BOLT", "10", "3.00"), state="shipped")
    shop.order("SO-2", ("BOLT", "10", "3.00"))
    (draft,) = shop.bill().drafts
    assert (draft.net, list(draft.bases.values_list("key", flat=True))) == (3000, [f"order:{order.pk}"])
    assert not shop.offers()


def test_milestones_and_periods_are_billed_once_each_with_catch_up(shop):
    contract = shop.contract(
        billing="milestones",
        steps=(
            ("M1", 50_000, {}), ("M2", 70_000, {}),
            ("RENT", 10_000, {"kind": "recurring", "planned_on": date(2026, 5, 31), "until": date(2026, 12, 31)}),
        ),
    )  # fmt: skip
    MilestoneReached.objects.create(contract=contract, code="M1", reached_on=date(2026, 8, 1), said_by="t")
    shop.work("WO-9", ("HVAC", "1", "HUR"), contract=contract)
    assert {o.number for o in shop.offers().values()} == {"CT-1 M1", "CT-1 RENT"}, "work under milestones isn't billed by itself"
    made = bill_schedules(actor=shop.clerk, company=shop.company, day=TODAY)
    assert [d.payload["lines"][0]["description"] for d in made.drafts] == [
        "Step RENT, 31 May 2026", "Step RENT, 30 June 2026", "Step RENT, 31 July 2026", "Step RENT, 31 August 2026",
    ]  # fmt: skip
    assert not bill_schedules(actor=shop.clerk, company=shop.company, day=TODAY).drafts
    (milestone,) = shop.bill().drafts
    assert (milestone.net, milestone.origin) == (50_000, "milestone")
    shop.issue(milestone)
    assert not shop.offers()


def test_a_period_that_the_erp_billed_is_not_billed_again(shop):
    contract = shop.contract(billing="schedule", steps=(("RENT", 10_000, {"kind": "recurring", "planned_on": date(2026, 8, 1)}),))
    row = {
        "company": "SHOP", "number": "ERP-1", "customer": f"cus_{shop.customer.pk}", "currency": "USD", "document_date": "2026-08-20",
        "lines": [{"sku": "RENT", "amount": "100.00", "contract": contract.number}],
    }  # fmt: skip
    issue_documents([row], actor=shop.clerk, source_system="erp")
    assert [o.day for o in shop.offers().values()] == [date(2026, 9, 1)]


def test_a_draft_claims_its_work_until_it_is_discarded(shop):
    contract = shop.contract(prices=RATES)
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=contract)
    (key,) = shop.offers()
    (draft,) = shop.bill(key).drafts
    assert shop.bill(key).left_out == {key: "it was billed already, or there is no such work"}
    with pytest.raises(BilledAlready):
        save_draft(actor=shop.clerk, row=draft.payload, origin="work", bases=[key], today=TODAY)
    discard_draft(actor=shop.clerk, draft=draft, today=TODAY)
    (other,) = shop.bill(key).drafts
    with pytest.raises(BilledAlready, match="billed by"):
        restore_draft(actor=shop.clerk, draft=draft, today=TODAY)
    discard_draft(actor=shop.clerk, draft=other, today=TODAY)
    assert restore_draft(actor=shop.clerk, draft=draft, today=TODAY).state == "draft"


def test_only_a_draft_that_is_clear_and_unchanged_is_issued_and_once(shop):
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=shop.contract(prices=RATES))
    (draft,) = shop.bill().drafts
    assert draft.state == "clear", "what is planned from the facts passes the check of the same facts"
    changed = save_draft(actor=shop.clerk, row={**draft.payload, "po_number": "X"}, origin="work", draft=draft, today=TODAY)
    assert changed.state == "draft" and list(changed.bases.values_list("key", flat=True)) == list(draft.bases.values_list("key", flat=True))
    with pytest.raises(DraftRefused, match="check it again"):
        issue_draft(actor=shop.clerk, draft=draft, now=NOON, today=TODAY)
    first = shop.issue(draft)
    assert issue_draft(actor=shop.clerk, draft=draft, now=NOON, today=TODAY) == first
    draft.refresh_from_db()
    assert (draft.state, draft.invoice, draft.number) == ("issued", first, first.number)
    with pytest.raises(DraftRefused, match="was issued"):
        discard_draft(actor=shop.clerk, draft=draft, today=TODAY)
    shop.work("WO-2", ("HVAC", "2", "HUR"), contract=Contract.objects.get())
    (held,) = shop.bill().drafts
    Draft.objects.filter(pk=held.pk).update(state="held")
    with pytest.raises(DraftRefused, match="holds"):
        issue_draft(actor=shop.clerk, draft=held, now=NOON, today=TODAY)
    Draft.objects.filter(pk=held.pk).update(state="clear", checked_hash="other")
    with pytest.raises(DraftRefused, match="changed since"):
        issue_draft(actor=shop.clerk, draft=held, now=NOON, today=TODAY)


def test_what_others_billed_since_the_check_is_found_as_a_draft_is_issued(shop):
    contract = shop.contract(prices=RATES)
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=contract)
    (draft,) = shop.bill().drafts
    row = {**draft.payload, "number": "ERP-1", "document_date": "2026-09-14"}
    assert issue_documents([row], actor=SYSTEM, source_system="erp")[0].outcome == "created"
    with pytest.raises(DraftRefused, match="holds it now"):
        issue_draft(actor=shop.clerk, draft=draft, now=NOON, today=TODAY)
    draft.refresh_from_db()
    assert draft.state == "held" and draft.findings.open().exists() and draft.invoice is None


def test_a_certificate_frees_of_tax_and_is_named(shop):
    CustomerDocument.objects.create(
        company=shop.company, customer=shop.customer, kind="exemption", state="received", jurisdiction="US-TX", reference="TX-123",
        valid_from=date(2026, 1, 1), expires_on=date(2026, 9, 15), created_by="t",
    )  # fmt: skip
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=shop.contract(prices=RATES))
    (draft,) = shop.bill().drafts
    row = draft.payload
    assert (row["tax_total"], row["lines"][0]["tax_code"], row["reason"]) == ("0.00", "TX", "Exempt from Texas tax by certificate TX-123")
    later = with_tax(company=shop.company, customer=shop.customer, row={**row, "document_date": "2026-09-16"})
    assert (later["tax_total"], later.get("reason", "")) == ("6.60", ""), "the certificate ended the day before"


def test_progress_holds_retainage_back_and_adds_up_to_the_contract(shop):
    contract = shop.contract(billing="progress", retainage_percent=Decimal(10), not_to_exceed=1_000_000)
    draft = claim_progress(actor=shop.clerk, contract=contract, percent=Decimal(25), today=TODAY, day=TODAY)
    assert (draft.net, draft.retainage, draft.total) == (250_000, 25_000, 270_625)
    with pytest.raises(BilledAlready):
        claim_progress(actor=shop.clerk, contract=contract, amount=100, today=TODAY, day=TODAY)
    shop.issue(draft)
    with pytest.raises(BillingRefused, match="more than the contract"):
        claim_progress(actor=shop.clerk, contract=contract, amount=750_001, today=TODAY, day=TODAY)
    second = claim_progress(actor=shop.clerk, contract=contract, percent=Decimal(60), today=TODAY, day=TODAY)
    assert second.net == 350_000


def test_retainage_that_is_released_is_no_second_billing_of_the_contract(shop):
    contract = shop.contract(billing="progress", retainage_percent=Decimal(10), not_to_exceed=1_000_00)
    claim = claim_progress(actor=shop.clerk, contract=contract, today=TODAY, day=TODAY, percent=Decimal(50))
    invoice = shop.issue(claim)
    release = shop.issue(release_retainage(actor=shop.clerk, amounts={invoice: invoice.retainage}, today=TODAY, day=TODAY))
    assert (release.total, figures([contract])[contract.pk].billed, sums_of(Contract.objects.all(), "USD")["billed"]) == (
        50_00, 500_00, 500_00,
    )  # fmt: skip


def test_nobody_bills_out_of_sight(shop):
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=shop.contract(prices=RATES))
    stranger = make_user("specialist", make_company())
    assert unbilled(stranger, TODAY) == []
    assert [len(u.offers) for u in unbilled(shop.clerk, TODAY)] == [1]


def test_the_api_tells_what_stands_to_be_billed(shop, client):
    shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES, sign_off_needed=True))
    with override_settings(BUSINESS_DATE=TODAY):
        secret = create_api_key(actor=SYSTEM, name="erp", scopes=["invoices:read"], companies=[shop.company])[1]
        headers = {"Authorization": f"Bearer {secret}"}
        (row,) = client.get("/api/v1/unbilled?company=SHOP", headers=headers).json()["data"]
        assert (row["number"], row["net"], row["is_ready"], row["reasons"][0]["code"]) == ("WO-1", "160.00", False, "not_signed")
        assert client.get("/api/v1/unbilled?company=OTHER", headers=headers).json() == {"data": [], "is_cut": False}
        assert client.get("/api/v1/unbilled?customer=nobody", headers=headers).status_code == 404
