"""A company that sends invoices: its particulars, a customer of each kind of delivery, documents of theirs."""

from datetime import UTC, date, datetime
from decimal import Decimal

from customers.models import Contact, TaxRate
from invoicing.models import Invoice
from invoicing.services import issue_document
from org.models import Company
from tests.factories import SYSTEM, make_company, make_customer

DAY = date(2026, 9, 30)
NOW = datetime(2026, 9, 30, 8, tzinfo=UTC)
PARTICULARS = {
    "name": "Aldermere Technik GmbH", "country": "DE", "address": "Hafenstraße 14\n28195 Bremen", "email": "ar@aldermere.example",
    "vat_id": "DE129273398", "registration": "HRB 21007", "bank_name": "Sparkasse", "bank_account": "DE89370400440532013000",
    "bank_bic": "COBADEFFXXX",
}  # fmt: skip


def make_seller(code="DE01", **fields):
    """A company in euro with everything that an e-invoice wants, and German tax."""
    company = make_company(code, currency="EUR")
    Company.objects.filter(pk=company.pk).update(**PARTICULARS | fields)
    company.refresh_from_db()
    for code, percent, category, name in (
        ("DE19", "19", "S", "Umsatzsteuer"), ("DE7", "7", "S", "Umsatzsteuer"), ("EX", "0", "E", "Exempt, § 4 UStG"),
        ("Z", "0", "Z", "Zero"), ("RC", "0", "AE", "Reverse charge"),
    ):  # fmt: skip
        rate = {"code": code, "percent": Decimal(percent), "category": category, "name": name}
        TaxRate.objects.create(company=company, jurisdiction="DE", valid_from=date(2025, 1, 1), created_by="t", **rate)
    return company


def make_buyer(company, name="Kunde AG", **fields):
    """A customer who gets its invoices by mail."""
    given = {"country": "DE", "address": "Weg 2\n10115 Berlin", "tax_id": "DE987654321", "invoice_email": "ap@kunde.example"}
    return make_customer(company, name, **given | fields)


def bill(customer, number, *lines, kind="invoice", day="2026-09-20", actor=SYSTEM, **fields):
    """A document; a line is (description, quantity, price, tax code, percent)."""
    rows, net, tax = [], Decimal(0), Decimal(0)
    for n, (description, quantity, price, code, percent) in enumerate(lines or [("Work", "2", "50", "DE19", "19")], 1):
        amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
        taxed = (amount * Decimal(percent) / 100).quantize(Decimal("0.01"))
        net, tax = net + amount, tax + taxed
        rows.append(
            {"number": n, "sku": f"S-{n}", "description": description, "quantity": quantity, "unit": "HUR", "unit_price": price,
             "amount": str(amount), "tax_code": code, "tax_amount": str(taxed), "po_line": n * 10}
        )  # fmt: skip
    row = {
        "company": customer.company.code, "customer": customer.number, "number": number, "currency": customer.company.base_currency,
        "document_date": day, "kind": kind, "lines": rows, "subtotal": str(net), "tax_total": str(tax), "total": str(net + tax),
        "po_number": "PO-77", "payment_terms": "net 30",
    }  # fmt: skip
    pk = issue_document(row | fields, actor=actor).invoice_id
    return Invoice.objects.select_related("company", "customer", "open_item", "refers_to", "replaces").get(pk=pk)


def contact(customer, email, role="ap", **fields):
    """A person at the customer."""
    return Contact.objects.create(customer=customer, name=email, email=email, role=role, **fields)
