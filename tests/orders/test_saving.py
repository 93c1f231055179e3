"""Rows of the order's life saved: created, updated, unchanged, rejected, each with its reason."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from customers.models import Customer
from orders import services
from orders.models import Contract, Delivery, PurchaseOrder, SalesOrder, WorkOrder
from orders.services import NotSaved
from org.models import Membership
from tests.factories import SYSTEM, make_company, make_customer, make_user
from tests.orders import rows
from workflow.models import Event

pytestmark = pytest.mark.django_db
ERP: dict[str, Any] = {"actor": SYSTEM, "source_system": "erp"}
KINDS = {
    "contract": (services.save_contracts, rows.contract),
    "purchase_order": (services.save_purchase_orders, rows.purchase_order),
    "order": (services.save_orders, rows.order),
    "delivery": (services.save_deliveries, rows.delivery),
    "work_order": (services.save_work_orders, rows.work_order),
}


@pytest.fixture
def customer() -> Customer:
    return make_customer(make_company(), source_system="erp", external_id="X-K")


def outcomes(saved: list[Any]) -> list[str]:
    return [s.outcome for s in saved]


def problems(saved: list[Any]) -> set[tuple[str, str]]:
    return {(p.pointer, p.code) for s in saved for p in s.problems}


def chain(customer: Customer) -> None:
    """A contract, a PO, an order, a delivery and a work order that hang together."""
    agreed, bought = {"contract": {"external_id": "X-CT-1"}}, {"purchase_order": "PO-1"}
    assert outcomes(services.save_contracts([rows.contract(customer)], **ERP)) == ["created"]
    assert outcomes(services.save_purchase_orders([rows.purchase_order(customer, **agreed)], **ERP)) == ["created"]
    assert outcomes(services.save_orders([rows.order(customer, **agreed, **bought)], **ERP)) == ["created"]
    assert outcomes(services.save_deliveries([rows.delivery(customer)], **ERP)) == ["created"]
    job = rows.work_order(customer, order="SO-1", **agreed, **bought)
    assert outcomes(services.save_work_orders([job], **ERP)) == ["created"]


def test_a_chain_is_linked_whatever_name_is_used(customer: Customer) -> None:
    chain(customer)
    job = WorkOrder.objects.get()
    assert (job.order.number, job.contract.number, job.purchase_order.number) == ("SO-1", "CT-1", "PO-1")
    assert job.order.contract == job.contract == job.purchase_order.contract
    assert job.order.po_number == "PO-1"
    assert Delivery.objects.get().customer == customer
    assert [(x.quantity, x.order_line) for x in job.lines.all()] == [(Decimal("7.5"), 1), (Decimal(2), None)]
    assert PurchaseOrder.objects.get().amount == 1500_00
    found = Contract.objects.get().versions.get()
    assert (found.not_to_exceed, found.payment_terms, found.prices.count(), found.steps.get().amount) == (50_000_00, "net 30", 2, 1000_00)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_twice_changes_nothing(customer: Customer, kind: str) -> None:
    chain(customer)
    save, row = KINDS[kind]
    before = Event.objects.count()
    again = row(customer)
    assert outcomes(save([again, again], **ERP)) == ["unchanged", "unchanged"]
    assert Event.objects.count() == before


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_or_unknown_is_named(customer: Customer, kind: str) -> None:
    chain(customer)
    save, row = KINDS[kind]
    company = {"company": customer.company.code}
    assert problems(save([{**row(customer), "colour": "red"}], **ERP)) == {("/colour", "unknown_field")}
    needed = {pointer for pointer, code in problems(save([{**company, "external_id": "new"}], **ERP)) if code == "required"}
    assert "/number" in needed and len(needed) >= 3
    assert problems(save([{**row(customer), "company": "ZZ"}, 5, None], **ERP)) >= {("/company", "missing_reference"), ("", "invalid")}
    late = {**company, "external_id": row(customer)["external_id"], "source_version": 7}
    assert outcomes(save([late], **ERP)) == ["unchanged"]
    assert problems(save([{**late, "source_version": 6, "number": "other"}], **ERP)) == {("/source_version", "stale")}


def test_lines_are_replaced_whole_and_told(customer: Customer) -> None:
    chain(customer)
    row = rows.order(customer)
    row["lines"] = [{"number": 2, "sku": "PART", "unit": "EA", "quantity": "5", "unit_price": "12.50"}]
    row["requested_on"] = "2026-08-20"
    assert outcomes(services.save_orders([row], **ERP)) == ["updated"]
    order = SalesOrder.objects.get()
    assert [(x.number, x.quantity) for x in order.lines.all()] == [(2, 5)]
    assert (order.revision, order.requested_on) == (2, date(2026, 8, 20))
    told = Event.objects.filter(type="order.updated").get()
    assert [x["quantity"] for x in told.data["before"]["lines"]] == ["8.000000", "4.000000"]
    assert told.data["after"]["requested_on"] == "2026-08-20"
    assert outcomes(services.save_orders([{**row, "requested_on": ""}], **ERP)) == ["updated"]
    order.refresh_from_db()
    assert order.requested_on is None


def test_a_row_may_change_what_an_earlier_row_made(customer: Customer) -> None:
    later = {"company": customer.company.code, "external_id": "X-WO-1", "completed_on": "2026-08-09"}
    assert outcomes(services.save_work_orders([rows.work_order(customer), later], **ERP)) == ["created", "updated"]
    job = WorkOrder.objects.get()
    assert (job.state, job.revision, job.lines.count()) == ("done", 2, 2)
    assert set(Event.objects.filter(subject_type="orders.workorder").values_list("type", flat=True)) == {
        "work_order.created", "work_order.completed",
    }  # fmt: skip


def test_versions_are_only_added(customer: Customer) -> None:
    chain(customer)
    dearer = rows.version(prices=[{"sku": "SRV", "unit": "HUR", "unit_price": "110.00"}])
    (refused,) = services.save_contracts([rows.contract(customer, versions=[dearer])], **ERP)
    assert problems([refused]) == {("/versions/0", "version_exists")} and "new number" in refused.problems[0].detail
    second = {**dearer, "number": 2, "valid_from": "2026-07-01"}
    assert outcomes(services.save_contracts([rows.contract(customer, versions=[rows.version(), second])], **ERP)) == ["updated"]
    found = Contract.objects.get()
    assert (found.revision, found.versions.count()) == (2, 2)
    assert Event.objects.get(type="contract.amended").data["after"]["versions"][0]["number"] == 2
    third = services.amend_contract(actor=SYSTEM, contract=found, version={"valid_from": "2026-09-01", "prices": dearer["prices"]})
    assert third.number == 3
    assert outcomes(services.save_contracts([rows.contract(customer, versions=[rows.version(), second])], **ERP)) == ["unchanged"]


def test_a_milestone_is_reached_once(customer: Customer) -> None:
    chain(customer)
    said = {"code": "M1", "reached_on": "2026-08-31"}
    row = rows.contract(customer, milestones_reached=[said])
    assert outcomes(services.save_contracts([row, row], **ERP)) == ["updated", "unchanged"]
    row["milestones_reached"] = [{**said, "reached_on": "2026-09-01"}, {**said, "code": "M9"}]
    assert problems(services.save_contracts([row], **ERP)) == {
        ("/milestones_reached/0", "already_reached"), ("/milestones_reached/1/code", "missing_reference"),
    }  # fmt: skip
    with pytest.raises(NotSaved, match="said once"):
        services.reach_milestone(actor=SYSTEM, contract=Contract.objects.get(), code="M1", reached_on=date(2026, 9, 2))


def test_references_are_of_the_same_customer(customer: Customer) -> None:
    chain(customer)
    other = make_customer(customer.company)
    found = services.save_orders([rows.order(other, "SO-2", purchase_order="PO-1", contract="CT-404")], **ERP)
    assert problems(found) == {("/purchase_order", "other_customer"), ("/contract", "missing_reference")}
    services.save_purchase_orders([rows.purchase_order(other, external_id="X-PO-other")], **ERP)
    assert outcomes(services.save_orders([rows.order(other, "SO-2", purchase_order="PO-1")], **ERP)) == ["created"]
    assert SalesOrder.objects.get(number="SO-2").purchase_order.customer == other
    moved = services.save_orders([{**rows.order(customer), "customer": other.number}], **ERP)
    assert ("/customer", "conflict") in problems(moved)


def test_a_number_is_of_one_record(customer: Customer) -> None:
    chain(customer)
    twin = rows.order(customer, external_id="X-other")
    assert problems(services.save_orders([twin], **ERP)) == {("/number", "conflict")}
    by_number = {k: v for k, v in rows.order(customer, sales_representative="Mia").items() if k != "external_id"}
    assert outcomes(services.save_orders([by_number], **ERP)) == ["updated"]
    assert SalesOrder.objects.get().external_id == "X-SO-1"


def test_days_and_quantities_must_make_sense(customer: Customer) -> None:
    chain(customer)
    assert problems(services.save_purchase_orders([rows.purchase_order(customer, expires_on="2026-07-31")], **ERP)) == {
        ("/expires_on", "invalid_date")
    }
    bad = rows.delivery(customer, delivered_on="2026-08-06")
    bad["lines"] = [{"order_line": 9, "quantity": "1"}, {"order_line": 2, "quantity": "1", "damaged": "2"}]
    assert problems(services.save_deliveries([bad], **ERP)) == {
        ("/delivered_on", "invalid_date"), ("/lines/0/order_line", "missing_reference"), ("/lines/1/damaged", "invalid"),
    }  # fmt: skip
    assert problems(services.save_work_orders([rows.work_order(customer, state="done")], **ERP)) == {("/completed_on", "required")}
    odd = rows.purchase_order(customer, amount="1e3", currency="USD")
    odd["lines"] = [{"number": 1, "quantity": "NaN"}, {"number": 1, "unit_price": "1.123456789"}, 7]
    assert problems(services.save_purchase_orders([odd], **ERP)) == {
        ("/amount", "invalid_amount"), ("/lines/0/quantity", "invalid_number"), ("/lines/1/number", "duplicate"),
        ("/lines/1/unit_price", "invalid_number"), ("/lines/2", "invalid"),
    }  # fmt: skip


def test_all_or_nothing_and_a_look_before(customer: Customer) -> None:
    good, bad = rows.order(customer), rows.order(customer, "SO-2", ordered_on="soon")
    assert outcomes(services.save_orders([good, bad], atomic=True, **ERP)) == ["rejected", "rejected"]
    look = services.save_orders([good, bad], dry_run=True, **ERP)
    assert outcomes(look) == ["created", "rejected"] and look[0].pk is None
    assert not SalesOrder.objects.exists()
    assert outcomes(services.save_orders([good, bad], **ERP)) == ["created", "rejected"]


def test_a_portfolio_is_its_collectors_alone(customer: Customer) -> None:
    chain(customer)
    person = make_user("specialist", customer.company, scope=Membership.Scope.PORTFOLIO)
    own = make_customer(customer.company, collector=person)
    mine = {"actor": person, "source_system": "erp"}
    assert problems(services.save_orders([rows.order(customer, "SO-9")], **mine)) == {("/customer", "missing_reference")}
    assert problems(services.save_orders([rows.order(own)], **mine)) == {("/external_id", "conflict")}
    assert problems(services.save_orders([rows.order(own, "SO-3", contract="CT-1")], **mine)) == {("/contract", "missing_reference")}
    assert outcomes(services.save_orders([rows.order(own, "SO-3")], **mine)) == ["created"]


def test_many_rows_take_few_queries(customer: Customer, django_assert_max_num_queries: Any) -> None:
    chain(customer)
    many = [rows.work_order(customer, f"WO-{n}", order="SO-1", contract="CT-1") for n in range(200)]
    with django_assert_max_num_queries(25):
        services.save_work_orders(many, **ERP)
    changed = [{**row, "technician": "Bo", "lines": row["lines"][:1]} for row in many]
    with django_assert_max_num_queries(25):
        assert set(outcomes(services.save_work_orders(changed, **ERP))) == {"updated"}
