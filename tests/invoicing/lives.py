"""Order lives for tests of the check: a customer with a contract, a purchase order, an order and a work order that agree, and invoices that
do or don't."""

from datetime import date
from decimal import Decimal
from typing import Any

from customers.models import Customer
from invoicing.models import CheckPolicy
from orders.models import (
    Contract,
    ContractPrice,
    ContractVersion,
    PurchaseOrder,
    PurchaseOrderLine,
    SalesOrder,
    SalesOrderLine,
    WorkOrder,
    WorkOrderLine,
)
from org.models import Company
from tests.factories import make_customer

PRICE, HOURS = Decimal("150.00"), Decimal(10)


def policy(company: Company, pushed: str = "hold", **more: Any) -> CheckPolicy:
    """What the company wants done about findings."""
    found, _ = CheckPolicy.objects.update_or_create(company=company, defaults={"pushed": pushed, **more})
    return found


def life(company: Company, n: int = 1, customer: Customer | None = None) -> dict[str, Any]:
    """Ten hours at 150.00, agreed, ordered, done and signed for."""
    customer = customer or make_customer(company, f"Nordwind {n}", source_system="erp", external_id=f"C-{n}")
    base = {"company": company, "customer": customer, "currency": "USD", "source_system": "erp", "created_by": "test"}
    contract = Contract.objects.create(number=f"CTR-{n}", external_id=f"ctr-{n}", signed_on=date(2026, 1, 1), **base)
    version = ContractVersion.objects.create(contract=contract, number=1, valid_from=date(2026, 1, 1), created_by="test")
    ContractPrice.objects.create(version=version, number=1, sku="SRV", unit="HUR", unit_price=PRICE)
    purchase = PurchaseOrder.objects.create(number=f"PO-{n}", contract=contract, issued_on=date(2026, 7, 1), amount=15_000_00, **base)
    PurchaseOrderLine.objects.create(order=purchase, number=1, sku="SRV", unit="HUR", quantity=100, unit_price=PRICE)
    order = SalesOrder.objects.create(
        number=f"SO-{n}", external_id=f"so-{n}", purchase_order=purchase, contract=contract, po_number=f"PO-{n}",
        ordered_on=date(2026, 7, 2), **base,
    )  # fmt: skip
    SalesOrderLine.objects.create(
        order=order, number=1, sku="SRV", unit="HUR", quantity=HOURS, unit_price=PRICE, po_line=1, is_service=True
    )
    job = WorkOrder.objects.create(
        number=f"WO-{n}", external_id=f"wo-{n}", order=order, contract=contract, purchase_order=purchase, ordered_on=date(2026, 7, 3),
        completed_on=date(2026, 8, 10), state="done", signed_off_by="Eva", signed_off_on=date(2026, 8, 11), **base,
    )  # fmt: skip
    WorkOrderLine.objects.create(work_order=job, number=1, sku="SRV", unit="HUR", quantity=HOURS, order_line=1)
    return {"customer": customer, "contract": contract, "purchase": purchase, "order": order, "job": job, "n": n}


def invoice_row(life: dict[str, Any], number: str = "", *, price: str = "150.00", hours: int = 10, **more: Any) -> dict[str, Any]:
    """The invoice of a life as the ERP pushes it."""
    n, number = life["n"], number or f"INV-{life['n']}"
    amount = f"{Decimal(price) * hours:.2f}"
    line = {
        "number": 1, "sku": "SRV", "description": "Field service", "quantity": str(hours), "unit": "HUR", "unit_price": price,
        "amount": amount, "po_line": 1, "order_line": 1, "work_order": {"external_id": f"wo-{n}"},
        "contract": {"external_id": f"ctr-{n}"},
    }  # fmt: skip
    return {
        "source_system": "erp", "external_id": f"x-{number}", "company": life["customer"].company.code, "number": number,
        "customer": {"external_id": f"C-{n}", "source_system": "erp"}, "currency": "USD", "document_date": "2026-08-15",
        "payment_terms": "net 30", "po_number": f"PO-{n}", "order": {"external_id": f"so-{n}"}, "lines": [line], "total": amount, **more,
    }  # fmt: skip
