"""Invoices by the hundred, some of them disputed for a cause, for tests of repeats, problems and counts."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from disputes.models import Cause, Dispute
from disputes.services.causes import standard_causes
from invoicing.models import Invoice
from invoicing.services import issue_documents
from org.models import Company, Department
from tests.factories import SYSTEM, contest, make_company, make_customer, make_user

FIRST = date(2026, 6, 1)


class Shop:
    """A company with the standard causes, two customers, people, and departments."""

    def __init__(self, code: str = "US01") -> None:
        self.company: Company = make_company(code)
        Department.objects.bulk_create(Department(company=self.company, code=c, name=c.title()) for c in ("orders", "sales", "billing"))
        standard_causes(actor=SYSTEM, company=self.company)
        self.senior, self.specialist = make_user("senior", self.company), make_user("specialist", self.company)
        self.acme, self.other = make_customer(self.company, "Acme"), make_customer(self.company, "Other")
        self.count = 0

    def cause(self, code: str = "price_setup") -> Cause:
        return Cause.objects.get(company=self.company, code=code)

    def bill(self, customer: Any, days: Iterable[date], sku: str = "FLT-20") -> list[Invoice]:
        """An invoice of 100.00 a day."""
        rows = [self._row(customer, day, sku) for day in days]
        done = issue_documents(rows, actor=SYSTEM, source_system="erp")
        assert all(o.outcome == "created" for o in done), [o for o in done if o.outcome != "created"][:1]
        found = {i.pk: i for i in Invoice.objects.filter(pk__in=[o.invoice_id for o in done]).select_related("open_item")}
        return [found[o.invoice_id] for o in done]

    def _row(self, customer: Any, day: date, sku: str) -> dict[str, Any]:
        self.count += 1
        line = {"sku": sku, "description": f"Filter {sku}", "quantity": "1", "unit_price": "100.00", "amount": "100.00"}
        number = f"INV-{self.company.code}-{self.count}"
        return {
            "company": self.company.code, "customer": f"cus_{customer.pk}", "number": number, "external_id": number, "currency": "USD",
            "document_date": day.isoformat(), "lines": [line],
        }  # fmt: skip

    def dispute(self, invoice: Invoice, *, after: int = 5, amount: int = 40_00, cause: Cause | None = None, **fields: Any) -> Dispute:
        """A case on an invoice, opened some days after it."""
        self.count += 1
        base = {
            "company": self.company, "customer_id": invoice.customer_id, "open_item": invoice.open_item, "invoice": invoice,
            "amount": amount, "number": f"DSP-{self.count}", "reason": "price", "currency": "USD", "base_amount": amount,
            "source": f"t:{self.count}",
            "opened_on": invoice.document_date + timedelta(days=after), "due_date": invoice.document_date + timedelta(days=after + 5),
            "opened_by": "user:1", "cause": cause, "origin": cause.stage if cause else "", "product": invoice.lines.first().sku,
        }  # fmt: skip
        return contest(**base | fields)


def every(days: int, start: date, count: int) -> list[date]:
    """So many days, each so many after the one before."""
    return [start + timedelta(days=days * n) for n in range(count)]
