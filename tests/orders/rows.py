"""Rows of the order's life, as an ERP would send them, each whole; tests change what they are about."""

from typing import Any

from customers.models import Customer


def row(customer: Customer, number: str, **fields: Any) -> dict[str, Any]:
    """What every row has."""
    return {"company": customer.company.code, "customer": customer.number, "number": number, "external_id": f"X-{number}"} | fields


def version(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A version with a rate and a milestone."""
    usual = {
        "number": number, "valid_from": "2026-01-01", "payment_terms": "net 30", "escalator_percent": "3", "not_to_exceed": "50000.00",
        "prices": [{"sku": "SRV", "unit": "HUR", "unit_price": "100.00"}, {"sku": "PART", "unit": "EA", "unit_price": "12.5"}],
        "steps": [{"code": "M1", "name": "Foundation", "amount": "1000.00"}],
    }  # fmt: skip
    return usual | fields


def contract(customer: Customer, number: str = "CT-1", **fields: Any) -> dict[str, Any]:
    """A contract of one version."""
    return row(customer, number, **{"title": "Field service", "signed_on": "2025-12-15", "versions": [version()]} | fields)


def purchase_order(customer: Customer, number: str = "PO-1", **fields: Any) -> dict[str, Any]:
    """A purchase order of two lines."""
    lines = [
        {"sku": "SRV", "unit": "HUR", "quantity": "10", "unit_price": "100.00"},
        {"description": "travel", "amount": "500.00"},
    ]
    return row(customer, number, **{"issued_on": "2026-08-01", "amount": "1500.00", "lines": lines} | fields)


def order(customer: Customer, number: str = "SO-1", **fields: Any) -> dict[str, Any]:
    """An order of a service and of goods."""
    lines = [
        {"sku": "SRV", "unit": "HUR", "quantity": "8", "unit_price": "100.00", "po_line": 1, "is_service": True},
        {"sku": "PART", "unit": "EA", "quantity": "4", "unit_price": "12.50"},
    ]
    return row(customer, number, **{"ordered_on": "2026-08-05", "lines": lines} | fields)


def delivery(customer: Customer, number: str = "DL-1", **fields: Any) -> dict[str, Any]:
    """A delivery of the order's second line."""
    usual = {"order": {"external_id": "X-SO-1"}, "shipped_on": "2026-08-07", "lines": [{"order_line": 2, "quantity": "4"}]}
    return row(customer, number, **usual | fields)


def work_order(customer: Customer, number: str = "WO-1", **fields: Any) -> dict[str, Any]:
    """A work order with hours and a part."""
    lines = [
        {"kind": "hours", "sku": "SRV", "unit": "HUR", "quantity": "7.5", "order_line": 1},
        {"kind": "part", "sku": "PART", "unit": "EA", "quantity": "2"},
    ]
    return row(customer, number, **{"ordered_on": "2026-08-05", "kind": "repair", "technician": "Ana", "lines": lines} | fields)
