"""Asking for memos and allowing them, for tests."""

from datetime import date, datetime
from decimal import Decimal

from django.test import Client

from invoicing.models import Invoice
from invoicing.services import issue_document
from invoicing.services.memos import MemoLine, request_memo
from ledger.models import OpenItem
from ledger.verify import verify_books
from tests.factories import SYSTEM
from workflow.services.approvals import approve

DAY = date(2026, 9, 30)


NOW = datetime.fromisoformat("2026-09-30T08:00:00+00:00")


COUNT = iter(range(10**9))


def bill(customer, number, *amounts, actor=SYSTEM, **fields):
    lines = [
        {"description": f"work {n}", "quantity": "4", "unit": "HUR", "unit_price": str(Decimal(a) / 4), "amount": a, "tax_amount": t}
        for n, (a, t) in enumerate(amounts or [("1000.00", "80.00")], 1)
    ]  # fmt: skip
    row = {"company": "US01", "customer": customer.number, "number": number, "currency": "USD", "document_date": "2026-09-01"}
    return Invoice.objects.get(pk=issue_document(row | {"lines": lines} | fields, actor=actor).invoice_id)


def wish(actor, invoice, net, tax=0, *, line=True, token=None, **fields):
    key = invoice.lines.first().pk if line else None
    given = {"reason_code": "price", "day": DAY, "today": DAY, "now": NOW, "lines": [MemoLine(key, net, tax)]} | fields
    return request_memo(actor=actor, invoice=invoice, token=token or f"t{next(COUNT)}", **given)


def allow(actor, asked):
    return approve(actor=actor, approval=asked, now=NOW, today=DAY)


def balance(number):
    return OpenItem.objects.get(number=number).balance


def holds():
    """The books, derived anew."""
    assert verify_books(DAY) == []


def enter(person):
    client = Client()
    client.force_login(person)
    return client
