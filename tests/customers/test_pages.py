"""Pages of papers, rules and rates: what is typed is kept or told, lists narrow and export, files come in, nobody sees a colleague's."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import BillingRequirement, CustomerDocument, TaxRate
from customers.services.documents import request_document
from customers.services.taxes import set_tax_rate
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.models import Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)


@pytest.fixture
def world(settings, client):
    settings.BUSINESS_DATE = TODAY
    company = make_company("US01")
    customer, user = make_customer(company, "Nordwind", number="N-1"), make_user("senior", company)
    client.force_login(user)
    return company, customer, user


def test_a_paper_on_its_page(client, world):
    _, customer, _ = world
    new = reverse("customers:document-new", args=[customer.pk])
    assert client.post(new, {"kind": "passport"}).status_code == 422
    assert client.post(new, {"kind": "w9", "waits_for": "customer", "amount": "12.345"}).status_code == 422
    assert client.post(new, {"kind": "w9", "waits_for": "customer", "note": "their form"}).status_code == 302
    paper = CustomerDocument.objects.get()
    step = lambda name: reverse("customers:document-step", args=[paper.pk, name])  # noqa: E731
    assert (
        "expires before"
        in client.post(step("send"), {"on": "2026-09-20", "valid_from": "2026-09-02", "expires_on": "2026-09-01"}).content.decode()
    )
    stale = client.post(step("send"), {"on": "2026-09-20", "version": 9})
    assert stale.status_code == 422 and b"omeone else changed" in stale.content
    assert client.post(step("send"), {"on": "2026-09-20", "version": 0, "expires_on": "2026-10-01"}).status_code == 302
    shown = client.get(reverse("customers:document", args=[paper.pk])).content.decode()
    assert "Expires in 11 days" in shown and "Document sent" in shown
    client.post(step("again"))
    assert CustomerDocument.objects.count() == 2
    assert client.post(step("refuse"), {"reason": ""}).status_code == 422
    tab = client.get(reverse("customers:tab", args=[customer.pk, "documents"])).content.decode()
    assert "Requested today" in tab and "Expires in 11 days" in tab


def test_the_list_narrows_and_exports(client, world):
    company, customer, user = world
    for kind in ("w9", "exemption"):
        request_document(actor=user, customer=customer, kind=kind, today=date(2026, 9, 8), waits_for="customer")
    address = reverse("customers:documents")
    listed = client.get(address).content.decode()
    assert "W-9" in listed and "Requested 12 days ago" in listed
    assert "No paper fits" in client.get(address + "?kind=insurance").content.decode()
    assert "W-9" not in client.get(address + "?kind=exemption&format=csv").content.decode()
    for odd in ("?customer=x&within=99999999999&sort=-nothing&standing=strange", "?customer=99999999999999999"):
        assert client.get(address + odd).status_code == 200
    client.force_login(make_user("specialist", company, scope="portfolio"))
    assert "Nordwind" not in client.get(address + "?standing=all").content.decode()
    assert client.get(reverse("customers:document", args=[CustomerDocument.objects.first().pk])).status_code == 404
    client.force_login(make_user("credit_manager", company))
    assert client.get(address).status_code == 200 and client.get(reverse("customers:documents-import")).status_code == 403


def test_a_rule_on_the_pages(client, world):
    company, customer, _ = world
    new, tab = reverse("customers:requirement-new", args=[customer.pk]), reverse("customers:tab", args=[customer.pk, "requirements"])
    assert "say what the number looks like" in client.post(new, {"kind": "po_format", "valid_from": "2026-01-01"}).content.decode().lower()
    client.post(new, {"kind": "po_format", "mask": "PO-###", "valid_from": "2026-01-01", "file": "other", "paper": "w9"})
    rule = BillingRequirement.objects.get()
    revise = reverse("customers:requirement", args=[rule.pk])
    assert "PO-###" in client.get(revise).content.decode()
    assert client.post(revise, {"mask": "PO-####", "valid_from": "2025-01-01", "file": "other", "paper": "w9"}).status_code == 422
    client.post(revise, {"mask": "PO-####", "valid_from": "2026-09-20", "learned_from": "INV-7", "file": "other", "paper": "w9"})
    shown = client.get(tab).content.decode()
    assert "PO-####" in shown and "rejection of INV-7" in shown and "Ended" in shown
    client.post(reverse("customers:requirement-end", args=[BillingRequirement.objects.get(version=2).pk]), {"valid_to": "2026-13-77"})
    client.post(reverse("customers:requirement-end", args=[BillingRequirement.objects.get(version=2).pk]))
    assert BillingRequirement.objects.get(version=2).valid_to == TODAY
    client.force_login(make_user("specialist", company))
    assert client.get(new).status_code == 403 and "PO-####" in client.get(tab).content.decode()


def test_rates_on_the_page_and_by_list(client, world):
    company, _, _ = world
    client.force_login(make_user("controller", company))
    form = {"company": company.pk, "jurisdiction": "US-TX", "code": "TX", "percent": "8.25 %", "category": "S", "valid_from": "2026-01-01"}
    assert client.post(reverse("customers:tax-rate-new"), form | {"percent": "a lot"}).status_code == 422
    assert client.post(reverse("customers:tax-rate-new"), form).status_code == 302
    again = client.post(reverse("customers:tax-rate-new"), form)
    assert again.status_code == 422 and b"never edited" in again.content
    assert "8.25" in client.get(reverse("customers:tax-rates") + "?format=csv").content.decode()
    template = client.get(reverse("customers:tax-rates-import") + "?format=csv").content
    done = client.post(reverse("customers:tax-rates-import"), {"file": SimpleUploadedFile("rates.csv", template)})
    job = Job.objects.get()
    assert done["Location"] == reverse("workflow:job", args=[job.pk])
    assert run_job(job_id=job.pk, now=job.created_at).counts["created"] == 1 and TaxRate.objects.get(code="TX-DAL").percent == Decimal(
        "8.25"
    )
    bad = SimpleUploadedFile("rates.csv", b"company,colour\nUS01,red\n")
    client.post(reverse("customers:tax-rates-import"), {"file": bad})
    failed = run_job(job_id=Job.objects.latest("pk").pk, now=job.created_at)
    assert failed.state == "failed" and "'colour' is no field" in failed.error
    assert client.post(reverse("customers:tax-rates-import")).status_code == 422
    client.post(reverse("customers:tax-rate-end", args=[TaxRate.objects.get(code="TX").pk]))
    assert TaxRate.objects.get(code="TX").valid_to == TODAY
    theirs = set_tax_rate(
        actor=SYSTEM, company=make_company("XX01"), code="A", name="", jurisdiction="DE", percent=Decimal(1), valid_from=TODAY
    )
    assert client.post(reverse("customers:tax-rate-end", args=[theirs.pk])).status_code == 404


def test_master_data_says_how_invoices_reach_them(client, world):
    _, customer, _ = world
    edit = reverse("customers:edit", args=[customer.pk])
    form = {
        "number": "N-1",
        "name": "Nordwind",
        "currency": "USD",
        "language": "en",
        "payment_terms": "net 30",
        "risk": "B",
        "is_active": "on",
    }
    wrong = client.post(edit, form | {"delivery": "einvoice", "peppol_id": "nonsense", "invoice_email": "a b"}).content.decode()
    assert "is a scheme and an id" in wrong and "is one e-mail address" in wrong
    client.post(edit, form | {"delivery": "einvoice", "peppol_id": "0204:991-1", "invoice_email": "ap@nord.example", "tax_code": "TX"})
    customer.refresh_from_db()
    assert (customer.delivery, customer.peppol_id, customer.invoice_email, customer.tax_code) == (
        "einvoice",
        "0204:991-1",
        "ap@nord.example",
        "TX",
    )
