"""Sending on paper, over the API and in the browser."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from arops.lib import pdf
from invoicing.einvoice import read
from invoicing.models import Dispatch, InvoiceDelivery, PrintBatch
from invoicing.services.printing import BatchRefused, create_print_batch, make_batch_files, mark_mailed
from invoicing.services.sending import SendingRefused
from messaging.models import Message
from org.models import Department
from tests.api.conftest import caller
from tests.factories import SYSTEM, make_user
from tests.invoicing.sending import out, send, state, steps
from tests.invoicing.sent import DAY, NOW, bill, make_buyer, make_seller
from workflow.models import Job
from workflow.services.jobs import run_job

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not pdf.is_available(), reason="no Pango on this machine")]


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def company():
    made = make_seller()
    Department.objects.create(company=made, code="billing", name="Billing")
    return made


@pytest.fixture
def customer(company):
    return make_buyer(company, number="K-1")


class TestPrint:
    """Print and mail."""

    def test_gathered_laid_out_mailed(self, company):
        customers = [make_buyer(company, f"Paper {n}", delivery="print", address=f"Weg {n}\n10115 Berlin") for n in range(3)]
        rows = [bill(c, f"INV-{n}") for n, c in enumerate(customers)]
        for row in rows:
            assert send(row).message is None
        assert {state(row) for row in rows} == {"queued"}
        clerk = make_user("specialist", company)
        batch = create_print_batch(actor=clerk, company=company, today=DAY)
        with pytest.raises(BatchRefused, match="nothing of DE01 waits"):
            create_print_batch(actor=clerk, company=company, today=DAY)
        with pytest.raises(BatchRefused, match="isn't laid out yet"):
            mark_mailed(actor=clerk, batch=batch, mailed_on=DAY, now=NOW, today=DAY)
        batch = make_batch_files(actor=clerk, batch=batch, today=DAY, tell=lambda n, of: None)
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(bytes(batch.pdf.content))).pages]
        assert len(pages) == 4 and batch.pages == 3 and all(f"Paper {n}" in pages[0] for n in range(3)) and "INV-2" in pages[3]
        assert make_batch_files(actor=clerk, batch=batch, today=DAY, tell=lambda n, of: None).pdf_id == batch.pdf_id
        with pytest.raises(BatchRefused, match="today"):
            mark_mailed(actor=clerk, batch=batch, mailed_on=DAY + timedelta(days=1), now=NOW, today=DAY)
        for _ in range(2):
            mark_mailed(actor=clerk, batch=batch, mailed_on=DAY, now=NOW, today=DAY)
        assert {state(row) for row in rows} == {"sent"} and [steps(row) for row in rows] == [["queued", "sent"]] * 3
        assert create_batch_number(company, rows[0].customer) == "PB-00002"

    def test_without_an_address_nothing_is_printed(self, company):
        with pytest.raises(SendingRefused, match="no address to mail to"):
            send(bill(make_buyer(company, delivery="print", address=" "), "INV-1"))


def create_batch_number(company, customer):
    send(bill(customer, "INV-NEXT"))
    return create_print_batch(actor=SYSTEM, company=company, today=DAY).number


class TestApi:
    """Over the API."""

    def test_files_events_and_being_taken(self, company):
        customer = make_buyer(company, delivery="pull")
        invoice, key = bill(customer, "INV-1"), caller(companies=[company])
        where = f"/invoices/inv_{invoice.pk}"
        assert key.get(f"{where}/delivery-events").json() | {"events": 0} == {
            "invoice": f"inv_{invoice.pk}", "state": "issued", "reason": "", "expected_by": None, "accepted_on": None, "rejected_on": None,
            "events": 0,
        }  # fmt: skip
        answer = key.get(f"{where}/xml", Accept="application/xml")
        assert answer.status_code == 200 and read(answer.content)["BT-1"] == "INV-1" and state(invoice) == "delivered"
        assert key.get(f"{where}/xml?syntax=cii").status_code == 200
        answer = key.get(f"{where}/pdf?form=factur-x")
        assert answer.content.startswith(b"%PDF") and answer["X-Content-Type-Options"] == "nosniff"
        assert steps(invoice) == ["delivered"] and Dispatch.objects.get().channel == "pull"
        told = key.post(f"{where}/delivery-events", {"state": "rejected", "day": "2026-09-25", "reason": "wrong price"}).json()
        assert (told["state"], told["reason"], told["rejected_on"]) == ("rejected", "wrong price", "2026-09-25")
        assert [e["state"] for e in told["events"]] == ["delivered", "rejected"]

    def test_what_is_refused(self, company, customer):
        invoice = bill(make_buyer(company, country=""), "INV-1")
        where, key = f"/invoices/inv_{invoice.pk}", caller(companies=[company])
        answer = key.get(f"{where}/xml")
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "buyer.country"
        assert key.get(f"{where}/xml?syntax=edifact").status_code == 422 and key.get(f"{where}/pdf?form=x").status_code == 422
        wrong = ({"state": "sent"}, "/state"), ({"state": "accepted", "day": "soon"}, "/day"), ({"state": "accepted", "x": 1}, "/x")
        for body, pointer in wrong:
            answer = key.post(f"{where}/delivery-events", body)
            assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer
        assert key.post(f"{where}/delivery-events", {"state": "rejected"}).status_code == 422
        reader = caller("invoices:read", companies=[company])
        assert reader.get(f"{where}/pdf").status_code == 200 and not InvoiceDelivery.objects.exists()
        assert reader.post(f"{where}/delivery-events", {"state": "accepted"}).status_code == 403
        assert caller(companies=[make_seller("X8")]).get(f"{where}/pdf").status_code == 404


class TestPages:
    """In the browser."""

    @pytest.fixture
    def client(self, company):
        client = Client()
        client.force_login(make_user("specialist", company))
        return client

    def test_a_document_s_page_sends_answers_and_tells(self, client, customer):
        invoice = bill(customer, "INV-1")
        page, url = reverse("invoicing:detail", args=[invoice.pk]), reverse("invoicing:send", args=[invoice.pk])
        assert "not sent from here" in client.get(page).content.decode()
        for _ in range(2):
            assert client.post(url, {"number": "1", "channel": "", "note": ""}).status_code == 302
        assert Message.objects.count() == 1 and "about to go out" in client.get(page).content.decode()
        out(now=NOW + timedelta(days=3650))
        client.post(reverse("invoicing:answer", args=[invoice.pk]), {"state": "rejected", "day": "2026-09-30", "reason": ""})
        assert state(invoice) == "sent"
        client.post(reverse("invoicing:answer", args=[invoice.pk]), {"state": "rejected", "day": "2026-09-30", "reason": "no <b>PO</b>"})
        told = client.get(page).content.decode()
        assert "no &lt;b&gt;PO&lt;/b&gt;" in told and "Send again" in told and "Remember what this customer wants" not in told
        client.force_login(make_user("senior", customer.company))
        told = client.get(page).content.decode()
        (learn,) = [part.split('"')[0] for part in told.split('href="') if "requirements/new/?" in part.split('"')[0]]
        assert 'value="INV-1"' in client.get(learn.replace("&amp;", "&")).content.decode()

    def test_the_list_by_where_documents_stand_bulk_print_and_files(self, client, company, customer):
        paper = make_buyer(company, "Paper", delivery="print")
        first, second, third = bill(customer, "INV-1"), bill(customer, "INV-2"), bill(paper, "INV-3")
        index = reverse("invoicing:deliveries")
        page = client.get(index).content.decode()
        assert all(number in page for number in ("INV-1", "INV-2", "INV-3")) and "357.00" in page
        answer = client.post(reverse("invoicing:deliveries-send"), {"keys": [first.pk, third.pk], "token": "abc123"})
        job = Job.objects.get(kind="send_invoices")
        assert answer["Location"] == reverse("workflow:job", args=[job.pk]) and run_job(job_id=job.pk, now=NOW).counts["queued"] == 2
        client.post(reverse("invoicing:deliveries-send"), {"keys": [first.pk], "token": "abc123"})
        assert Job.objects.filter(kind="send_invoices").count() == 1
        assert "INV-2" in client.get(index).content.decode() and "INV-1" not in client.get(index).content.decode()
        assert "INV-1" in client.get(f"{index}?view=queued").content.decode()
        rows = client.get(f"{index}?view=queued&format=csv").content.decode("utf-8-sig").splitlines()
        assert len(rows) == 3 and client.get(f"{index}?view=queued&format=xlsx").status_code == 200
        answer = client.post(reverse("invoicing:print-all"))
        batch = PrintBatch.objects.get()
        assert answer["Location"] == reverse("invoicing:batch", args=[batch.pk])
        run_job(job_id=Job.objects.get(kind="print_batch").pk, now=NOW)
        for what, kind in (("pdf", "application/pdf"), ("manifest", "sheet")):
            answer = client.get(reverse("invoicing:batch-file", args=[batch.pk, what]))
            assert answer.status_code == 200 and kind in answer["Content-Type"]
        assert "INV-3" in client.get(reverse("invoicing:batch", args=[batch.pk])).content.decode()
        client.post(reverse("invoicing:batch-mailed", args=[batch.pk]), {"mailed_on": "2026-09-30"})
        assert state(third) == "sent" and "mailed" in client.get(reverse("invoicing:batches")).content.decode()
        client.post(reverse("invoicing:deliveries-send"), {"all": "1", "view": "unsent", "token": "zzz"})
        assert run_job(job_id=Job.objects.get(slot__endswith="zzz").pk, now=NOW).counts["queued"] == 1 and state(second) == "queued"

    def test_people_of_elsewhere_and_readers(self, company, customer):
        invoice = bill(customer, "INV-1")
        client = Client()
        client.force_login(make_user("specialist", make_seller("X7")))
        assert client.post(reverse("invoicing:send", args=[invoice.pk]), {"number": "1"}).status_code == 404
        client.force_login(make_user("auditor", company))
        assert client.post(reverse("invoicing:send", args=[invoice.pk]), {"number": "1"}).status_code == 403
        assert client.get(reverse("invoicing:deliveries")).status_code == 200
