"""The import wizard: bring, map, preview, check, confirm, read, correct and bring again; and nobody else's lists."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from arops.lib import clock
from invoicing.models import Invoice, InvoiceImport
from tests.factories import make_company, make_customer, make_user
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
LIST = (
    "Invoice number,Customer,Invoice date,Description,Quantity,Unit price,Currency\n"
    "A-1,K-1,03/04/2026,Hours,2,150.00,USD\nA-1,K-1,03/04/2026,=cmd,1,50.00,USD\nA-2,K-9,05/04/2026,<b>Hours</b>,1,150.00,USD\n"
)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = date(2026, 9, 30)


@pytest.fixture
def us():
    company = make_company("US01")
    make_customer(company, "Acme", number="K-1")
    return company


@pytest.fixture
def client(us):
    client = Client()
    client.force_login(make_user("specialist", us))
    return client


def bring(client, us, content=LIST, name="list.csv", **fields):
    data = {
        "file": SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode()),
        "source": "billing",
        "company": us.pk,
    }
    return client.post(reverse("invoicing:import"), data | fields)


def mapping(body_client, url, **changes):
    """The mapping form as the page shows it, with changes."""
    form = body_client.get(url).context["form"]
    return {name: value for name, value in form.initial.items() if name in form.fields} | changes


def test_from_the_file_to_the_books(client, us):
    url = bring(client, us).url
    body = client.get(url).content.decode()
    assert "text in utf-8, separated by commas, headings in line 1" in body
    assert "3 April 2026 or 4 March 2026" in body and "Check all 3 rows" not in body
    assert client.post(url, mapping(client, url, date_order="dmy")).status_code == 302
    body = client.get(url).content.decode()
    assert (
        "&lt;b&gt;Hours" in body
        and "There is no customer K-9 in US01" in body
        and "2 documents" in body
        and "2 invoices, 500.00 USD" in body
    )
    client.post(f"{url}check/")
    body = client.get(url).content.decode()
    assert "What would become of it" in body and "The good ones alone" in body
    assert not Invoice.objects.exists()
    client.post(f"{url}confirm/", {"mode": "partial"})
    found = InvoiceImport.objects.get()
    assert (
        "hx-get" in client.get(url).content.decode()
        and "Importing" in client.get(f"{url}?progress", headers={"HX-Request": "true"}).content.decode()
    )
    run_job(job_id=found.job_id, now=clock.now())
    assert client.get(f"{url}?progress", headers={"HX-Request": "true"})["HX-Redirect"] == url
    assert "Imported" in client.get(url).content.decode()
    assert Invoice.objects.get().document_date == date(2026, 4, 3)


def test_refused_rows_come_back_as_a_sheet_that_can_be_corrected_and_brought_again(client, us):
    url = bring(client, us).url
    client.post(url, mapping(client, url, date_order="dmy"))
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "partial"})
    run_job(job_id=InvoiceImport.objects.get().job_id, now=clock.now())
    answer = client.get(f"{url}refused.xlsx")
    assert answer["Content-Disposition"].startswith("attachment")
    book = load_workbook(io.BytesIO(answer.content))
    head, row, *_ = book["Rows"].iter_rows(values_only=True)
    assert head[-1] == "Problem" and row[0] == "A-2" and row[-1] == "there is no customer K-9 in US01"
    book["Rows"].cell(2, 2).value = "K-1"
    out = io.BytesIO()
    book.save(out)
    again = bring(client, us, out.getvalue(), "refused.xlsx").url
    client.post(f"{again}check/")
    assert InvoiceImport.objects.get(pk=int(again.rstrip("/").rpartition("/")[2])).counts == {"created": 1}


def test_the_sheet_to_fill_in_is_one_that_can_be_read(client, us):
    make_customer(us, number="C-100")
    content = client.get(reverse("invoicing:import-template")).content
    url = bring(client, us, content, "sheet.xlsx").url
    client.post(url, mapping(client, url, company="US01", currency="USD"))
    client.post(f"{url}check/")
    found = InvoiceImport.objects.get()
    assert (found.counts, found.outcomes) == ({"rejected": 1}, found.outcomes)
    assert "no rate of EUR" in found.outcomes[0]["problems"][0]["detail"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"%PDF-1.7", "list.csv", "this is a PDF file"), (b"MZ\x90", "list.xlsx", "a program"), (b"", "list.csv", "empty"),
        (b'Number,Customer,Date\n"A-1,K-1,2026-09-01\n', "list.csv", "line 2: the line is not proper CSV"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(client, us, content, name, said):
    answer = bring(client, us, content, name)
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["file"])
    assert not InvoiceImport.objects.exists()


def test_two_columns_for_one_field_are_refused(client, us):
    url = bring(client, us).url
    answer = client.post(url, mapping(client, url, column_3="number"))
    assert answer.status_code == 422
    assert "is read from Invoice number already" in answer.content.decode()


def test_the_same_file_is_known_again(client, us):
    text = "Number,Customer,Date,Total,Currency\nA-1,K-1,2026-09-01,10.00,USD\n"
    url = bring(client, us, text).url
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "atomic"})
    run_job(job_id=InvoiceImport.objects.get().job_id, now=clock.now())
    again = bring(client, us, text, "other-name.csv").url
    assert "This file was imported before" in client.get(again).content.decode()
    client.post(f"{again}check/")
    assert "in the books already" in client.get(again).content.decode()


def test_lists_are_their_makers_own_and_need_the_permission(client, us):
    url = bring(client, us).url
    other = Client()
    other.force_login(make_user("specialist", us))
    for step in ("", "refused.xlsx"):
        assert other.get(url + step).status_code == 404, step
    for step in ("check/", "confirm/", "cancel/", "again/"):
        assert other.post(url + step).status_code == 404, step
        assert client.get(url + step).status_code == 405, step
    auditor = Client()
    auditor.force_login(make_user("auditor", us))
    assert bring(auditor, us).status_code == 403
    assert auditor.get(url).status_code == 403


def test_a_list_for_a_company_out_of_sight_is_not_taken(client, us):
    answer = bring(client, us, company=make_company("XX01").pk)
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()


def test_a_list_put_aside_issues_nothing(client, us):
    url = bring(client, us).url
    client.post(f"{url}cancel/")
    assert "put aside" in client.get(reverse("invoicing:import")).content.decode()
    client.post(f"{url}confirm/", {"mode": "atomic"})
    assert InvoiceImport.objects.get().state == "cancelled"


def test_work_that_stopped_says_so_and_can_begin_anew(client, us):
    url = bring(client, us, "Number,Customer,Date,Total,Currency\nA-1,K-1,2026-09-01,10.00,USD\n").url
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "atomic"})
    found = InvoiceImport.objects.get()
    type(found.job).objects.filter(pk=found.job_id).update(state="failed", error="the mill stood still")
    body = client.get(url).content.decode()
    assert "the mill stood still" in body and "Try again" in body
    client.post(f"{url}again/")
    assert run_job(job_id=found.job_id, now=clock.now()).counts == {"created": 1}


def test_the_check_reads_the_list_as_the_form_says(client, us):
    url = bring(client, us).url
    client.post(url, mapping(client, url, date_order="dmy"))
    assert client.post(f"{url}check/", mapping(client, url, date_order="mdy")).status_code == 302
    found = InvoiceImport.objects.get()
    assert found.mapping["date_order"] == "mdy" and found.state == "checked"
    client.post(f"{url}check/", mapping(client, url, date_order="ymd"))
    assert InvoiceImport.objects.get().mapping["date_order"] == "mdy"
