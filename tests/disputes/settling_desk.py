"""Cases on documents, and people to settle them, for tests of settling."""

from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

from customers.models import Contact
from disputes.models import Cause, DisputeLine
from disputes.services import open_dispute
from disputes.services.settling import settle_dispute
from invoicing.models import Invoice
from invoicing.services import issue_document
from invoicing.services.memo_rows import MemoLine
from invoicing.services.memos import request_memo
from ledger.models import OpenItem
from ledger.verify import verify_books
from org.models import Department
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.models import AuthorityLimit
from workflow.services.approvals import approve

DAY = date(2026, 9, 30)
NOW = datetime.fromisoformat("2026-09-30T08:00:00+00:00")
COUNT = iter(range(10**9))


def make_desk(code="US01"):
    """A company with a document of 1,080.00 in two lines, limits, and one person of each kind."""
    company = make_company(code)
    customer = make_customer(company, f"Acme {code}", address="1 Road\nTown")
    Contact.objects.create(customer=customer, name="Pat", email="pat@acme.example", role="accounts_payable")
    people = {role: make_user(role, company) for role in ("specialist", "senior", "supervisor", "controller", "auditor")}
    for role, alone, allow in (("specialist", 50_00, 0), ("senior", 250_00, 0), ("supervisor", 500_00, 5_000_00), ("controller", 0, 10**9)):
        for kind in ("credit_memo", "debit_memo", "write_off"):
            AuthorityLimit.objects.create(
                company=company, role=role, kind=kind, currency="USD", alone=alone, approve=allow, changed_by="system:test"
            )
    logistics = Department.objects.create(company=company, code="logistics", name="Logistics")
    mover = make_user("collaborator", company)
    mover.memberships.update(department=logistics)
    cause = Cause.objects.create(company=company, code="wrong_price", name="Wrong price", stage="pricing_setup")
    return SimpleNamespace(company=company, customer=customer, logistics=logistics, mover=mover, cause=cause, **people)


def bill(desk, number="INV-1", *amounts, actor=SYSTEM, **fields):
    """A document of lines of (net, tax)."""
    lines = [
        {"description": f"work {n}", "quantity": "4", "unit": "HUR", "unit_price": str(Decimal(a) / 4), "amount": a, "tax_amount": t}
        for n, (a, t) in enumerate(amounts or [("800.00", "64.00"), ("200.00", "16.00")], 1)
    ]  # fmt: skip
    row = {
        "company": desk.company.code, "customer": desk.customer.number, "number": number, "currency": "USD", "document_date": "2026-09-01",
        "lines": lines,
    }  # fmt: skip
    return Invoice.objects.get(pk=issue_document(row | fields, actor=actor).invoice_id)


def contest(desk, invoice, amount=300_00, *, lines=None, reason="price", actor=SYSTEM, **fields):
    """A case on a document; `lines` says how much of which of its lines, by number."""
    case = open_dispute(
        actor=actor, open_item=invoice.open_item, amount=amount, reason=reason, today=DAY, source=f"test:{next(COUNT)}", **fields
    )
    for number, share in (lines or {}).items():
        DisputeLine.objects.get_or_create(dispute=case, line=invoice.lines.get(number=number), defaults={"amount": share})
    return case


def settle(actor, case, resolution="credited", amount=None, **fields):
    """Settle the case as it stands."""
    case.refresh_from_db()
    given = {"reason_code": "price", "words": "The contract says 11.50.", "token": f"t{next(COUNT)}", "version": case.version} | fields
    wanted = case.amount if amount is None else amount
    return settle_dispute(actor=actor, dispute=case, resolution=resolution, amount=wanted, today=DAY, now=NOW, **given)


def allow(actor, settlement):
    """Approve what a settlement waits for."""
    settlement.refresh_from_db()
    return approve(actor=actor, approval=settlement.approval, now=NOW, today=DAY)


def open_of(invoice):
    """What of a document is open."""
    return OpenItem.objects.get(pk=invoice.open_item_id).balance


def holds():
    """The books, derived anew."""
    assert verify_books(DAY) == []


def wish_memo(actor, invoice, amount):
    """A credit memo that has nothing to do with a case."""
    return request_memo(
        actor=actor, invoice=invoice, lines=[MemoLine(None, amount)], reason_code="price", day=DAY, today=DAY, now=NOW,
        token=f"m{next(COUNT)}",
    )  # fmt: skip
