"""From what was done to drafts: each thing once, at the agreed price, on the invoice that the customer wants."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import BillingRequirement, CustomerDocument, TaxRate
from invoicing.billing.quantities import Part, of_deliveries
from invoicing.checks.facts import Claim, Order, OrderLine
from invoicing.models import Draft, InvoiceLine
from invoicing.payload import digest
from invoicing.selectors.unbilled import Asked, of_company, unbilled
from invoicing.services.billing import BillingRefused, bill_schedules, claim_progress, make_drafts, release_retainage, with_tax
from invoicing.services.drafting import BilledAlready, DraftRefused, discard_draft, issue_draft, restore_draft, save_draft
from invoicing.services.issuing import issue_documents
from ledger.verify import verify_books
from orders.models import (
    BillingStep,
    Contract,
    ContractPrice,
    ContractVersion,
    Delivery,
    DeliveryLine,
    MilestoneReached,
    PurchaseOrder,
    SalesOrder,
    SalesOrderLine,
    UnitConversion,
    WorkOrder,
    WorkOrderLine,
)
from orders.selectors.figures import figures, sums_of
from org.services import create_api_key
from tests.factories import SYSTEM, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 15)
NOON = datetime(2026, 9, 15, 12, tzinfo=UTC)
NUMBERS = itertools.count(1)


class Shop:
    """A company with a customer, a contract and people, and the order's life in a line each."""

    def __init__(self):
        self.company = make_company("SHOP")
        self.customer = make_customer(self.company, "Acme", tax_code="TX")
        self.clerk = make_user("specialist", self.company)
        TaxRate.objects.create(
            company=self.company, code="TX", name="Texas", jurisdiction="US-TX", percent=Decimal("8.25"), valid_from=date(2020, 1, 1),
            created_by="t",
        )  # fmt: skip

    def contract(self, number="CT-1", **version):
        contract = Contract.objects.create(**self.head(number))
        kept = {"number": 1, "valid_from": date(2026, 1, 1), "created_by": "t"} | version
        prices, steps = kept.pop("prices", {}), kept.pop("steps", ())
        made = ContractVersion.objects.create(contract=contract, **kept)
        for n, (sku, (unit, price)) in enumerate(prices.items(), 1):
            ContractPrice.objects.create(version=made, number=n, sku=sku, unit=unit, unit_price=Decimal(price))
        for code, amount, more in steps:
            BillingStep.objects.create(version=made, code=code, name=f"Step {code}", amount=amount, **more)
        return contract

    def head(self, number, customer=None):
        return {
            "company": self.company, "customer": customer or self.customer, "number": number, "currency": "USD", "created_by": "t",
        }  # fmt: skip

    def work(self, number, *lines, done=TODAY - timedelta(days=9), **fields):
        work = WorkOrder.objects.create(
            **self.head(number, fields.pop("customer", None)), ordered_on=done, completed_on=done, **{"state": "done"} | fields
        )
        for n, (sku, quantity, unit) in enumerate(lines, 1):
            WorkOrderLine.objects.create(
                work_order=work, number=n, sku=sku, quantity=Decimal(quantity), unit=unit, description=f"{sku} work"
            )
        return work

    def order(self, number, *lines, **fields):
        order = SalesOrder.objects.create(**self.head(number), **{"ordered_on": TODAY - timedelta(days=30)} | fields)
        for n, (sku, quantity, price) in enumerate(lines, 1):
            SalesOrderLine.objects.create(order=order, number=n, sku=sku, unit="EA", quantity=Decimal(quantity), unit_price=Decimal(price))
        return order

    def ship(self, order, number, *quantities, on=TODAY - timedelta(days=5)):
        delivery = Delivery.objects.create(**self.head(number), order=order, shipped_on=on)
        for n, quantity in enumerate(quantities, 1):
            if quantity:
                DeliveryLine.objects.create(delivery=delivery, order_line=n, quantity=Decimal(quantity))
        return delivery

    def wants(self, kind, customer=None, **params):
        BillingRequirement.objects.create(
            customer=customer or self.customer, company=self.company, kind=kind, params=params, valid_from=date(2026, 1, 1), created_by="t"
        )

    def offers(self):
        return {o.key: o for o in of_company(self.company, Asked(self.company.pk, TODAY)).offers}

    def bill(self, *keys):
        return make_drafts(actor=self.clerk, company=self.company, keys=list(keys or self.offers()), today=TODAY)

    def issue(self, draft):
        draft.refresh_from_db()
        Draft.objects.filter(pk=draft.pk).update(state="clear", checked_hash=digest(draft.payload))
        return issue_draft(actor=self.clerk, draft=draft, now=NOON, today=TODAY)


@pytest.fixture
def shop():
    return Shop()


RATES = {"HVAC": ("HUR", "80"), "FILTER": ("EA", "12.50")}


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


quantities = st.integers(0, 20)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shipped=st.lists(quantities, max_size=6),
    drafts=st.lists(st.tuples(st.sets(st.integers(0, 5), min_size=1), st.booleans(), st.none() | quantities), max_size=4),
    by_others=st.integers(0, 60),
)
def test_no_quantity_is_billed_twice_and_none_is_forgotten(shipped, drafts, by_others):
    """Whatever drafts and others bill, changed or not: what is left is what arrived less all that was billed of it, never below nothing."""
    arrived = {n: Decimal(q) for n, q in enumerate(shipped)}
    parts, free, billed, waiting, aside = [], set(arrived), Decimal(by_others), Decimal(0), Decimal(0)
    for deliveries, is_live, figure in drafts:
        if not (mine := sorted(deliveries & free)):
            continue
        free -= deliveries
        whole = sum((arrived[n] for n in mine), Decimal(0))
        quantity = whole if figure is None else Decimal(figure)
        parts.append(Part(tuple(mine), is_live, None if figure is None else {1: quantity}))
        if is_live:
            waiting, aside = waiting + quantity, aside + whole
        else:
            billed += quantity
    claims = (Claim(1, "I", TODAY, "X", billed, "EA", 1),) if billed else ()
    line = OrderLine(1, "X", "EA", Decimal(100), Decimal(1), claims=claims)
    left = of_deliveries(Order(1, "O", 1, "USD", TODAY, {1: line}), [(n, {1: q}) for n, q in arrived.items()], parts, {})
    offered, delivered = sum((lines[1] for lines in left.values()), Decimal(0)), Decimal(sum(shipped))
    assert offered + billed + waiting <= max(delivered, billed + waiting), "never more than what arrived"
    assert offered + billed + max(waiting, aside) >= delivered, "nothing is forgotten"
    assert not left.keys() & {n for part in parts if part.is_live for n in part.deliveries}, "what a draft claims waits for it"


def changed(shop, draft, **quantities_by_sku):
    """The draft as someone changes it on the screen: other quantities, or lines that go."""
    lines = []
    for line in draft.payload["lines"]:
        quantity = Decimal(quantities_by_sku.get(line["sku"], line["quantity"]))
        if quantity:
            lines.append({**line, "quantity": str(quantity), "amount": f"{quantity * Decimal(line['unit_price']):.2f}"})
    bare = {k: v for k, v in draft.payload.items() if k not in ("subtotal", "tax_total", "total")}
    row = with_tax(company=shop.company, customer=draft.customer, row={**bare, "lines": lines})
    return save_draft(actor=shop.clerk, row=row, origin=draft.origin, draft=draft, today=TODAY)


def test_what_a_changed_draft_leaves_of_a_delivery_is_offered_once_it_is_issued_and_not_before(shop):
    order = shop.order("SO-1", ("BOLT", "10", "3.00"), ("NUT", "5", "1.00"), freight="billed", freight_amount=900)
    delivery = shop.ship(order, "D-1", "10", "5")
    key = f"delivery:{delivery.pk}"
    (draft,) = shop.bill(key).drafts
    draft = changed(shop, draft, BOLT="6", NUT="0", FREIGHT="0")
    assert not shop.offers(), "the draft may still be changed back"
    assert shop.bill(key).left_out
    shop.issue(draft)
    offer = shop.offers()[key]
    assert [(x.sku, x.quantity) for x in offer.lines] == [("BOLT", 4), ("NUT", 5), ("FREIGHT", 1)]
    (second,) = shop.bill(key).drafts
    assert set(second.bases.values_list("key", flat=True)) == {f"{key}#2", f"freight:{order.pk}#2"} and second.state == "clear"
    with pytest.raises(BilledAlready):
        save_draft(actor=shop.clerk, row=second.payload, origin="order", bases=[f"{key}#2"], today=TODAY)
    assert not shop.offers()
    discard_draft(actor=shop.clerk, draft=second, today=TODAY)
    assert [(x.sku, x.quantity) for x in shop.offers()[key].lines] == [("BOLT", 4), ("NUT", 5), ("FREIGHT", 1)]
    shop.issue(restore_draft(actor=shop.clerk, draft=second, today=TODAY))
    assert not shop.offers() and verify_books(TODAY) == []


def test_freight_that_was_left_out_is_offered_by_itself(shop):
    order = shop.order("SO-1", ("BOLT", "10", "3.00"), freight="billed", freight_amount=900)
    key = f"delivery:{shop.ship(order, 'D-1', '10').pk}"
    (draft,) = shop.bill(key).drafts
    shop.issue(changed(shop, draft, FREIGHT="0"))
    assert [(x.sku, x.amount) for x in shop.offers()[key].lines] == [("FREIGHT", 900)]


def test_more_than_arrived_on_a_changed_draft_uses_up_the_next_delivery(shop):
    order = shop.order("SO-1", ("BOLT", "20", "3.00"))
    first, second = shop.ship(order, "D-1", "8"), shop.ship(order, "D-2", "8")
    (draft,) = shop.bill(f"delivery:{first.pk}").drafts
    draft = changed(shop, draft, BOLT="11")
    assert shop.offers()[f"delivery:{second.pk}"].lines[0].quantity == 5
    shop.issue(draft)
    assert shop.offers().keys() == {f"delivery:{second.pk}"} and shop.offers()[f"delivery:{second.pk}"].lines[0].quantity == 5


def test_what_a_changed_draft_leaves_of_work_and_of_whole_orders_and_milestones_is_offered(shop):
    contract = shop.contract(prices=RATES)
    UnitConversion.objects.create(company=shop.company, from_unit="MIN", to_unit="HUR", factor=Decimal("0.01666667"))
    work = shop.work("WO-1", ("HVAC", "90", "MIN"), ("FILTER", "2", "EA"), contract=contract)
    (draft,) = shop.bill(f"work_order:{work.pk}").drafts
    shop.issue(changed(shop, draft, FILTER="0", HVAC="0.5"))
    assert [(x.sku, x.quantity) for x in shop.offers()[f"work_order:{work.pk}"].lines] == [("HVAC", Decimal("1")), ("FILTER", 2)]
    (rest,) = shop.bill().drafts
    assert rest.state == "clear", [f.words for f in rest.findings.all()]
    shop.issue(rest)
    assert not shop.offers(), "crumbs of turned units aren't billed"
    order = shop.order("SO-1", ("BOLT", "10", "3.00"), ("NUT", "5", "1.00"), state="shipped")
    (draft,) = shop.bill(f"order:{order.pk}").drafts
    shop.issue(changed(shop, draft, NUT="0", BOLT="9"))
    assert [(x.sku, x.quantity) for x in shop.offers()[f"order:{order.pk}"].lines] == [("BOLT", 1), ("NUT", 5)]
    shop.issue(shop.bill().drafts[0])
    steps = shop.contract("CT-2", billing="milestones", steps=(("M1", 50_000, {}), ("M2", 70_000, {})))
    for code in ("M1", "M2"):
        MilestoneReached.objects.create(contract=steps, code=code, reached_on=date(2026, 8, 1), said_by="t")
    (draft,) = shop.bill().drafts
    shop.issue(changed(shop, draft, M1="0"))
    assert shop.offers().keys() == {f"milestone:{steps.pk}:M1"}
    (rest,) = shop.bill().drafts
    assert (rest.net, rest.bases.get().key) == (50_000, f"milestone:{steps.pk}:M1#2")
    shop.issue(rest)
    assert not shop.offers() and verify_books(TODAY) == []


def test_a_period_that_was_left_out_of_a_draft_of_several_is_offered(shop):
    shop.wants("consolidated")
    contract = shop.contract(billing="schedule", steps=(("RENT", 10_000, {"kind": "recurring", "planned_on": date(2026, 7, 1)}),))
    (draft,) = bill_schedules(actor=shop.clerk, company=shop.company, day=TODAY).drafts
    assert len(draft.payload["lines"]) == 3
    bare = {k: v for k, v in draft.payload.items() if k not in ("subtotal", "tax_total", "total")}
    row = with_tax(company=shop.company, customer=shop.customer, row={**bare, "lines": [bare["lines"][0], bare["lines"][2]]})
    shop.issue(save_draft(actor=shop.clerk, row=row, origin="schedule", draft=draft, today=TODAY))
    assert shop.offers().keys() == {f"schedule:{contract.pk}:RENT:2026-08-01"}
    (rest,) = bill_schedules(actor=shop.clerk, company=shop.company, day=TODAY).drafts
    assert rest.bases.get().key == f"schedule:{contract.pk}:RENT:2026-08-01#2"
    assert not shop.offers()


def test_a_draft_that_bills_all_it_claims_leaves_nothing_though_it_was_changed(shop):
    work = shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES))
    (draft,) = shop.bill().drafts
    row = {**draft.payload, "lines": [{**draft.payload["lines"][0], "description": "Two hours on the roof"}]}
    shop.issue(save_draft(actor=shop.clerk, row=row, origin="work", draft=draft, today=TODAY))
    assert not shop.offers() and work.pk


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ship"), st.integers(1, 9)), st.tuples(st.just("bill"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["issue", "discard"]), st.just(0)), st.tuples(st.just("erp"), st.integers(1, 4)),
    ),
    min_size=3, max_size=9,
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_is_billed_and_what_is_offered_is_what_was_delivered(shop, steps):
    """Deliveries, drafts changed to less, issued or discarded, an ERP beside them: billed and offered add up to what was delivered."""
    customer = shop.customer = make_customer(shop.company, f"Customer {next(NUMBERS)}")
    order, delivered, live = shop.order(f"SO-{next(NUMBERS)}", ("BOLT", "100", "3.00")), Decimal(0), []

    def billed():
        return InvoiceLine.objects.filter(sales_order=order, order_line=1).aggregate(s=Sum("quantity"))["s"] or Decimal(0)

    def offers():
        return of_company(shop.company, Asked(shop.company.pk, TODAY, customer.pk)).offers

    for step, figure in steps:
        if step == "ship":
            shop.ship(order, f"D-{next(NUMBERS)}", str(figure))
            delivered += figure
        elif step == "bill" and (found := offers()):
            (draft,) = shop.bill(found[0].key).drafts
            quantity = min(Decimal(figure), found[0].lines[0].quantity)
            live.append(changed(shop, draft, BOLT=str(quantity)) if quantity else draft)
        elif step == "erp" and sum((o.lines[0].quantity for o in offers()), Decimal(0)) >= figure:
            row = {
                "company": "SHOP", "number": f"ERP-{next(NUMBERS)}", "customer": f"cus_{customer.pk}", "currency": "USD",
                "document_date": "2026-09-11", "order": order.number,
                "lines": [{"sku": "BOLT", "quantity": str(figure), "unit": "EA", "unit_price": "3.00", "order_line": 1}],
            }  # fmt: skip
            assert issue_documents([row], actor=shop.clerk, source_system="erp", check=False)[0].outcome == "created"
        elif live and step in ("issue", "discard"):
            draft = live.pop()
            shop.issue(draft) if step == "issue" else discard_draft(actor=shop.clerk, draft=draft, today=TODAY)
        waiting = sum((Decimal(d.payload["lines"][0]["quantity"]) for d in live), Decimal(0))
        offered = sum((o.lines[0].quantity for o in offers()), Decimal(0))
        assert billed() + waiting + offered <= delivered
        assert live or billed() + offered == delivered, "nothing is forgotten"
    for draft in live:
        shop.issue(draft)
    while found := offers():
        for draft in shop.bill(*(o.key for o in found)).drafts:
            shop.issue(draft)
    assert billed() == delivered


def test_the_api_tells_what_stands_to_be_billed(shop, client):
    shop.work("WO-1", ("HVAC", "2", "HUR"), contract=shop.contract(prices=RATES, sign_off_needed=True))
    with override_settings(BUSINESS_DATE=TODAY):
        secret = create_api_key(actor=SYSTEM, name="erp", scopes=["invoices:read"], companies=[shop.company])[1]
        headers = {"Authorization": f"Bearer {secret}"}
        (row,) = client.get("/api/v1/unbilled?company=SHOP", headers=headers).json()["data"]
        assert (row["number"], row["net"], row["is_ready"], row["reasons"][0]["code"]) == ("WO-1", "160.00", False, "not_signed")
        assert client.get("/api/v1/unbilled?company=OTHER", headers=headers).json() == {"data": [], "is_cut": False}
        assert client.get("/api/v1/unbilled?customer=nobody", headers=headers).status_code == 404
