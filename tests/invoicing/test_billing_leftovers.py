"""What a changed draft leaves is offered again, and nothing is billed twice: billed and offered add up to what was done."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.billing.quantities import Part, of_deliveries
from invoicing.checks.facts import Claim, Order, OrderLine
from invoicing.models import InvoiceLine
from invoicing.selectors.unbilled import Asked, of_company
from invoicing.services.billing import bill_schedules, with_tax
from invoicing.services.drafting import BilledAlready, discard_draft, restore_draft, save_draft
from invoicing.services.issuing import issue_documents
from ledger.verify import verify_books
from orders.models import (
    MilestoneReached,
    UnitConversion,
)
from tests.factories import make_customer
from tests.invoicing.shop import NUMBERS, RATES, TODAY, Shop, changed

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return Shop()


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
