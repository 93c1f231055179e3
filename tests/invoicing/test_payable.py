"""Payable or not: what an issued invoice lacks, who must act, the money that waits: on the page, the list and in sums."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from customers.models import CustomerDocument
from customers.services import NotSaved
from customers.services.documents import request_document, save_documents, send_document
from customers.services.requirements import add_requirement
from invoicing.models import Invoice
from invoicing.selectors.payable import blocked_money, gaps_in, is_cleared
from invoicing.services import issue_documents
from invoicing.services.giving_up import request_write_off, reverse_write_off
from ledger.models import Entry
from tests.factories import SYSTEM, apply, make_company, make_customer, make_user, receive
from workflow.services.approvals import approve
from workflow.services.attachments import attach

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)
NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def day(settings):
    settings.BUSINESS_DATE = TODAY


@pytest.fixture
def world():
    company = make_company("US01")
    return company, make_customer(company, "Nordwind", number="N-1"), make_user("senior", company)


def bill(customer, *numbers, contract="", total="100.00", **fields):
    rows = [
        {"company": customer.company.code, "customer": customer.number, "number": number, "currency": "USD", "document_date": "2026-09-01",
         "due_date": "2026-10-01", "total": total, "lines": [{"number": 1, "description": "Work", "quantity": "1", "unit_price": total,
         "amount": total, **({"contract": contract} if contract else {})}], **fields}
        for number in numbers
    ]  # fmt: skip
    done = issue_documents(rows, actor=SYSTEM, source_system="erp")
    assert all(o.outcome == "created" for o in done), done
    return [Invoice.objects.select_related("open_item").get(number=number) for number in numbers]


def lacks(*invoices):
    fresh = Invoice.objects.select_related("open_item").filter(pk__in=[i.pk for i in invoices])
    return {pk: [(g.code, g.waits_for) for g in gaps] for pk, gaps in gaps_in(fresh, TODAY).items()}


def pay(invoice):
    money = receive(invoice.customer, invoice.total, day=TODAY)
    apply(money, (invoice.open_item, invoice.total), day=TODAY)


def paper(customer, kind, **fields):
    fields = {"state": "requested", "requested_on": date(2026, 9, 8), "created_by": "x"} | fields
    return CustomerDocument.objects.create(company=customer.company, customer=customer, kind=kind, **fields)


def test_from_a_requested_paper_to_payable(client, world):
    company, customer, user = world
    (invoice,) = bill(customer, "INV-1")
    assert lacks(invoice) == {invoice.pk: []}
    w9 = paper(customer, "w9", waits_for="customer")
    paper(customer, "po_copy", contract_number="C-8")
    paper(make_customer(company, "Other"), "insurance")
    client.force_login(user)
    page = client.get(reverse("invoicing:detail", args=[invoice.pk])).content.decode()
    assert "W-9 requested 12 days ago" in page and "waits for the customer" in page and reverse("customers:document", args=[w9.pk]) in page
    listed = client.get(reverse("invoicing:list") + "?state=blocked").content.decode()
    assert "INV-1" in listed and "not payable" in listed
    blocked = client.get(reverse("invoicing:blocked")).content.decode()
    assert "100.00" in blocked and "W-9" in blocked and "Nordwind" in blocked
    assert "W-9 requested" in client.get(reverse("invoicing:list") + "?format=csv").content.decode()
    send_document(actor=user, document=w9, on=TODAY)
    assert lacks(invoice) == {invoice.pk: []}
    assert "INV-1" not in client.get(reverse("invoicing:list") + "?state=blocked").content.decode()
    assert "Every open invoice is payable" in client.get(reverse("invoicing:blocked")).content.decode()


def test_rules_count_on_their_own_days(world):
    _, customer, user = world
    (old,) = bill(customer, "INV-1", document_date="2026-08-01")
    (new,) = bill(customer, "INV-2")
    for kind, params in (("po_number", {}), ("attachment", {"kind": "sign_off"}), ("document", {"kind": "insurance"})):
        add_requirement(actor=user, customer=customer, kind=kind, params=params, valid_from=date(2026, 8, 15))
    assert lacks(old, new) == {old.pk: [], new.pk: [("insurance", ""), ("po_number", ""), ("attachment", "")]}
    attach(actor=user, subject=new, kind="sign_off", name="sheet.pdf", content=b"%PDF-1.7")
    assert lacks(new)[new.pk] == [("insurance", ""), ("po_number", "")]
    pay(new)
    assert lacks(new)[new.pk] == [], "paid is paid"


def test_releases_follow_the_money(world):
    """Cycle by cycle of a contract: conditional with the invoice, unconditional for the one before once its money is there."""
    _, customer, user = world
    add_requirement(actor=user, customer=customer, kind="lien_release", params={}, valid_from=date(2026, 1, 1))
    (first,) = bill(customer, "INV-1", contract="C-9", document_date="2026-07-01")
    (other,) = bill(customer, "INV-X", contract="C-1", document_date="2026-07-15")
    (second,) = bill(customer, "INV-2", contract="C-9", document_date="2026-08-01")
    for invoice in (first, other, second):
        paper(customer, "lien_conditional_progress", state="sent", invoice_number=invoice.number)
    assert lacks(first, other, second) == {first.pk: [], other.pk: [], second.pk: []}
    release = request_document(
        actor=user, customer=customer, kind="lien_unconditional_progress", invoice_number="INV-1", today=TODAY, waits_for=""
    )
    assert is_cleared(customer.pk, "INV-1") is False and is_cleared(customer.pk, "INV-9") is None
    with pytest.raises(NotSaved, match="isn’t paid"):
        send_document(actor=user, document=release, on=TODAY)
    pay(first)
    assert lacks(first, second) == {first.pk: [], second.pk: [("lien_release", "")]}
    send_document(actor=user, document=release, on=TODAY)
    assert lacks(second) == {second.pk: []}


def test_what_was_written_off_is_not_paid(world):
    company, customer, _ = world
    (invoice,) = bill(customer, "INV-1")
    money = {"actor": make_user("controller", company), "items": [(invoice.open_item, invoice.total)], "reason_code": "small_balance"}
    asked = request_write_off(**money, day=TODAY, token="t", today=TODAY, now=NOON)
    approve(actor=make_user("controller", company), approval=asked, now=NOON, today=TODAY)
    assert is_cleared(customer.pk, "INV-1") is False
    reverse_write_off(actor=money["actor"], entry=Entry.objects.get(kind="write_off"), reason="paid after all", today=TODAY)
    assert is_cleared(customer.pk, "INV-1") is False
    pay(invoice)
    assert is_cleared(customer.pk, "INV-1") is True


def test_an_unconditional_release_that_went_out_is_not_moved_to_another_invoice(world):
    company, customer, user = world
    first, _ = bill(customer, "INV-1", "INV-2")
    pay(first)
    head = {"company": company.code, "customer": customer.number, "external_id": "L-1", "state": "sent"}

    def save(**fields):
        (saved,) = save_documents([head | fields], actor=user, source_system="erp", today=TODAY)
        return saved.outcome

    assert save(kind="lien_unconditional_progress", invoice_number="INV-1") == "created"
    assert save(kind="lien_unconditional_progress", invoice_number="INV-2") == "rejected"
    assert save(external_id="L-2", kind="lien_conditional_progress", invoice_number="INV-2") == "created"
    assert save(external_id="L-2", kind="lien_unconditional_progress", invoice_number="INV-2") == "rejected"


def test_money_by_reason_counts_each_invoice_once_in_all(world):
    company, customer, user = world
    bill(customer, "INV-1", "INV-2")
    second = make_customer(company, "Hart", number="H-1")
    bill(second, "INV-3", total="50.00")
    paper(customer, "w9", waits_for="customer")
    paper(customer, "insurance", state="sent", expires_on=date(2026, 9, 1))
    paper(second, "w9", waits_for="customer", requested_on=date(2026, 9, 15))
    rows, totals = blocked_money(user, TODAY)
    assert totals == {"USD": (250_00, 3)}
    assert [(r.code, r.amount, r.invoices, r.oldest, r.waits_for) for r in rows] == [
        ("insurance", 200_00, 2, date(2026, 9, 1), {""}), ("w9", 200_00, 2, date(2026, 9, 8), {"customer"}),
        ("w9", 50_00, 1, date(2026, 9, 15), {"customer"}),
    ]  # fmt: skip
    assert blocked_money(make_user("senior", make_company("XX01")), TODAY) == ([], {})
    assert blocked_money(make_user("senior", company, scope="portfolio"), TODAY) == ([], {})


def test_no_query_an_invoice(world, django_assert_max_num_queries):
    _, customer, user = world
    for kind, params in (("lien_release", {}), ("attachment", {"kind": "sign_off"}), ("sign_off", {})):
        add_requirement(actor=user, customer=customer, kind=kind, params=params, valid_from=date(2026, 1, 1))
    made = bill(customer, *(f"INV-{n}" for n in range(60)), contract="C-9")
    paper(customer, "w9")
    with django_assert_max_num_queries(8):
        assert all(gaps_in(made, TODAY).values())
    with django_assert_max_num_queries(10):
        assert blocked_money(user, TODAY)[1] == {"USD": (6000_00, 60)}
