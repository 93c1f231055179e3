"""A company's order life by hand: a contract with two versions, a purchase order, an order, its delivery and its work order, all billed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from customers.models import Customer
from invoicing.models import Invoice, InvoiceLine
from invoicing.services import issue_document
from orders.models import Contract, Delivery, PurchaseOrder, SalesOrder, WorkOrder
from orders.services import save_contract, save_delivery, save_order, save_purchase_order, save_work_order
from org.models import Company
from tests.factories import SYSTEM

DAY = date(2026, 9, 30)


@dataclass
class Life:
    """One of each."""

    contract: Contract
    purchase_order: PurchaseOrder
    order: SalesOrder
    delivery: Delivery
    work_order: WorkOrder

    def records(self) -> dict[str, Any]:
        """Page of one → the record."""
        return {
            "contract": self.contract, "purchase-order": self.purchase_order, "order": self.order, "delivery": self.delivery,
            "work-order": self.work_order,
        }  # fmt: skip


def make_life(customer: Customer, name: str = "1") -> Life:
    """A life of the customer; every number ends in the name."""
    company: Company = customer.company
    head = {"company": company.code, "customer": f"cus_{customer.pk}"}
    prices = [
        {"sku": "HR", "description": "Hour", "unit": "HUR", "unit_price": "100"}, {"sku": "P-1", "unit": "EA", "unit_price": "40"},
    ]  # fmt: skip
    steps = [
        {"code": "M1", "name": "Mounted", "amount": "500.00", "planned_on": "2026-09-01"},
        {"code": "SVC", "kind": "recurring", "name": "Service", "amount": "50.00", "planned_on": "2026-01-31"},
    ]
    versions = [
        {"number": 1, "valid_from": "2025-01-01", "prices": prices, "steps": steps, "escalator_percent": "10"},
        {"number": 2, "valid_from": "2026-01-01", "not_to_exceed": "10000", "steps": steps,
         "prices": [{**prices[0], "unit_price": "120"}, prices[1]]},
    ]  # fmt: skip
    contract = save_contract(actor=SYSTEM, row={**head, "number": f"C-{name}", "title": "Upkeep <b>", "versions": versions})
    lines = [{"number": 1, "description": "Hours", "unit": "HUR", "quantity": "20", "unit_price": "120"}, {"number": 2, "amount": "600.00"}]
    po = save_purchase_order(
        actor=SYSTEM, row={**head, "number": f"PO-{name}", "issued_on": "2026-08-01", "contract": f"C-{name}", "lines": lines}
    )  # fmt: skip
    goods = [
        {"number": 1, "sku": "HR", "description": "Hours", "unit": "HUR", "quantity": "10", "unit_price": "120", "is_service": True,
         "po_line": 1},
        {"number": 2, "sku": "P-1", "description": "Pump", "unit": "EA", "quantity": "5", "unit_price": "40", "po_line": 2},
    ]  # fmt: skip
    named = {"purchase_order": f"PO-{name}", "contract": f"C-{name}"}
    order = save_order(actor=SYSTEM, row={**head, "number": f"SO-{name}", "ordered_on": "2026-08-05", **named, "lines": goods})
    delivered = [{"order_line": 2, "quantity": "4", "damaged": "1"}]
    days = {"shipped_on": "2026-08-10", "delivered_on": "2026-08-12"}
    delivery = save_delivery(actor=SYSTEM, row={**head, "number": f"D-{name}", "order": f"SO-{name}", **days, "lines": delivered})
    done = [{"number": 1, "kind": "hours", "description": "On site", "unit": "HUR", "quantity": "7.5", "order_line": 1}]
    days = {"ordered_on": "2026-08-06", "completed_on": "2026-08-20"}
    work = save_work_order(actor=SYSTEM, row={**head, "number": f"WO-{name}", "order": f"SO-{name}", **days, "lines": done})
    return Life(contract, po, order, delivery, work)


def bill(life: Life, number: str = "INV-1", kind: str = "invoice", quantity: str = "4", amount: str = "480.00") -> Invoice:
    """A line of hours billed on all of a life."""
    customer = life.contract.customer
    line = {
        "description": "Hours",
        "quantity": quantity,
        "unit": "HUR",
        "unit_price": "120",
        "amount": amount,
        "po_line": 1,
        "order_line": 1,
    }
    row = {
        "company": customer.company.code, "customer": f"cus_{customer.pk}", "number": number, "kind": kind, "currency": customer.currency,
        "document_date": "2026-09-01", "lines": [line],
    }  # fmt: skip
    found = Invoice.objects.get(pk=issue_document(row, actor=SYSTEM).invoice_id)
    InvoiceLine.objects.filter(invoice=found).update(
        sales_order=life.order, purchase_order=life.purchase_order, job=life.work_order, agreement=life.contract
    )
    return found
