"""Files of invoices, customers and contacts, in the background, with a result a row."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from arops.lib import clock
from customers.models import Contact, Customer
from invoicing.models import Invoice
from tests.api.conftest import caller, invoice
from tests.api.test_conventions import is_problem, pointers
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db


def send(erp, resource, content, key="f1", name="list.csv", **fields):
    form = {"file": SimpleUploadedFile(name, content), **fields}
    return Client().post(f"/api/v1/imports/{resource}", form, headers={**erp.headers, "Idempotency-Key": key})


def finished(erp, answer):
    assert answer.status_code == 202, answer.content
    run_job(job_id=int(answer.json()["id"].removeprefix("job_")), now=clock.now())
    return erp.get(f"/jobs/{answer.json()['id']}").json()


def test_customers_by_csv(erp):
    content = (b"company;number;name;currency;external_id;credit_limit;is_active\n"
               b"US01;N-1;Nord GmbH;USD;C-1;1000.00;yes\nUS01;N-2;;USD;C-2;;\nUS01;N-3;Ost AG;USD;C-3;;no\n")  # fmt: skip
    job = finished(erp, send(erp, "customers", content))
    assert job["state"] == "done" and job["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert [(r["line"], r["outcome"]) for r in job["results"]] == [(2, "created"), (3, "rejected"), (4, "created")]
    assert job["results"][1]["errors"][0]["pointer"] == "/name"
    north = Customer.objects.get(number="N-1")
    assert (north.source_system, north.credit_limit, north.is_active) == ("erp", 1000_00, True)
    again = finished(erp, send(erp, "customers", content, key="f2"))
    assert again["counts"]["unchanged"] == 2


def test_contacts_by_workbook_and_jsonl(erp, acme):
    book = Workbook()
    book.active.append(["customer", "name", "email", "external_id"])
    book.active.append([acme.number, "Eva Lund", "eva@acme.example", "P-1"])
    out = io.BytesIO()
    book.save(out)
    assert finished(erp, send(erp, "contacts", out.getvalue(), name="list.xlsx"))["counts"]["created"] == 1
    lines = [json.dumps({"customer": {"external_id": "C-100"}, "name": "Eva Lund-Berg", "external_id": "P-1"}), "{broken", "", "[1]"]
    job = finished(erp, send(erp, "contacts", "\n".join(lines).encode(), key="f2", name="list.jsonl"))
    assert [(r["line"], r["outcome"]) for r in job["results"]] == [(1, "updated"), (2, "rejected"), (4, "rejected")]
    assert Contact.objects.get().name == "Eva Lund-Berg"


def test_all_or_nothing(erp):
    content = b"company,number,name,currency\nUS01,N-1,Nord,USD\nUS01,N-2,,USD\n"
    job = finished(erp, send(erp, "customers", content, mode="atomic"))
    assert job["counts"]["rejected"] == 2 and not Customer.objects.filter(number="N-1").exists()


@pytest.mark.parametrize("content", [b"", b"nmae,number\nx,1\n", b'company,"number\n', b"PK\x03\x04nonsense", b"name,name\na,b\n"])
def test_a_list_that_can_t_be_read_fails_with_the_reason(erp, content):
    answer = send(erp, "customers", content)
    if answer.status_code == 202:
        job = finished(erp, answer)
        assert job["state"] == "failed" and job["error"]
    else:
        is_problem(answer, 422)


def test_invoices_by_jsonl(erp, acme):
    rows = [invoice("1"), invoice("2", total="1.00"), invoice("3", kind="credit_memo")]
    content = "\n".join(map(json.dumps, rows)).encode() + b"\nno json\n"
    job = finished(erp, send(erp, "invoices", content, name="docs.jsonl"))
    assert [(r["line"], r["outcome"]) for r in job["results"]] == [(1, "created"), (2, "rejected"), (3, "created"), (4, "rejected")]
    assert job["results"][0]["id"] == f"inv_{Invoice.objects.get(number='INV-1').pk}"
    again = finished(erp, send(erp, "invoices", content, key="f2", name="docs.jsonl"))
    assert again["counts"] == {"created": 0, "unchanged": 2, "held": 0, "rejected": 2}


def test_invoices_by_csv(erp, acme):
    content = (
        f"Company,Invoice number,Customer number,Currency,Invoice date,Total\nUS01,INV-77,{acme.number},USD,2026-09-15,100.00\n"
    ).encode()
    answer = send(erp, "invoices", content, source="SAP")
    job = finished(erp, answer)
    assert job["state"] == "done", job
    assert Invoice.objects.get().total == 100_00
    assert job["results"][0]["outcome"] == "created"


def test_what_is_needed_and_allowed(erp, us):
    answer = Client().post("/api/v1/imports/invoices", {"file": SimpleUploadedFile("a", b"x")}, headers=erp.headers)
    is_problem(answer, 400, "idempotency_key_needed")
    for form, pointer in (({"mode": "some"}, "/mode"), ({"company": "XX01"}, "/company"), ({"x": "1"}, "/x")):
        answer = send(erp, "invoices", b"{}", **form)
        is_problem(answer, 422)
        assert pointers(answer) == [pointer]
    is_problem(send(caller("customers:read"), "customers", b"{}"), 403)
    is_problem(send(erp, "nothing", b"{}"), 404)
    is_problem(erp.post("/imports/customers", {}), 415)


def test_a_caller_sees_the_jobs_it_began_and_no_others(erp, acme):
    writer = caller("customers:write")
    mine = finished(writer, send(writer, "customers", b"company,number,name,currency\nUS01,N-1,Nord,USD\n"))
    assert mine["counts"]["created"] == 1
    is_problem(caller("customers:write").get(f"/jobs/{mine['id']}"), 404)
    assert [j["id"] for j in erp.get("/jobs?kind=master_import").json()["data"]] == [mine["id"]]
