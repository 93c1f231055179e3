"""Papers, rules, certificates and tax rates over the API: written, read back, refused with pointers, by file."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import CustomerDocument, TaxRate
from customers.services.taxes import set_tax_rate
from tests.api.conftest import caller
from tests.api.test_conventions import pointers
from tests.factories import SYSTEM, make_company
from workflow.models import Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
PAPER = {"customer": {"external_id": "C-100"}, "kind": "insurance", "external_id": "D-1", "state": "sent", "expires_on": "2026-12-31"}
RATE = {"company": "US01", "code": "TX-DAL", "jurisdiction": "US-TX-DAL", "percent": "8.25", "valid_from": "2026-01-01"}


@pytest.fixture(autouse=True)
def day(settings):
    settings.BUSINESS_DATE = date(2026, 9, 20)


def test_papers(erp, acme):
    made = erp.post("/customer-documents", PAPER)
    assert made.status_code == 201 and made.json()["standing"] == "good" and made.json()["source_system"] == "erp"
    body = made.json()
    assert erp.get(f"/customer-documents/{body['id']}").json() == body
    assert erp.get("/customer-documents/by-external-id/erp/D-1").json() == body
    renewed = erp.put("/customer-documents/by-external-id/erp/D-1", {"customer": f"cus_{acme.pk}", "expires_on": "2026-09-01"})
    assert renewed.status_code == 200 and renewed.json()["standing"] == "expired"
    assert pointers(erp.post("/customer-documents", {**PAPER, "expires_on": "soon"})) == ["/expires_on"]
    assert pointers(erp.post("/customer-documents", {**PAPER, "kind": "passport"})) == ["/kind"]
    assert pointers(erp.post("/customer-documents", {"kind": "w9", "customer": "nobody"})) == ["/customer"]
    waits = erp.post("/customer-documents", {"customer": acme.number, "kind": "w9", "waits_for": "moon"})
    assert waits.status_code == 422 and "moon" in waits.json()["detail"]
    assert [d["id"] for d in erp.get(f"/customer-documents?customer=cus_{acme.pk}&kind=insurance").json()["data"]] == [body["id"]]


def test_certificates_are_the_exemptions_among_papers(erp, acme):
    erp.post("/customer-documents", PAPER)
    made = erp.post("/tax-certificates", {"customer": acme.number, "external_id": "E-1", "state": "received", "jurisdiction": "US-TX"})
    assert made.status_code == 201 and made.json()["kind"] == "exemption"
    assert [d["external_id"] for d in erp.get("/tax-certificates").json()["data"]] == ["E-1"]
    assert erp.get("/tax-certificates/by-external-id/erp/D-1").status_code == 404
    bulk = erp.post("/tax-certificates/bulk", {"rows": [{"customer": acme.number, "external_id": "E-2"}, {"customer": "x"}]})
    assert bulk.status_code == 207 and [r["outcome"] for r in bulk.json()["results"]] == ["created", "rejected"]


def test_rules(erp, acme):
    rule = {"customer": acme.number, "kind": "po_format", "params": {"mask": "PO-###"}, "valid_from": "2026-01-01"}
    first = erp.post("/billing-requirements", rule)
    assert first.status_code == 201 and first.json()["version"] == 1
    assert erp.post("/billing-requirements", rule).json() == first.json()
    second = erp.post("/billing-requirements", {**rule, "params": {"mask": "PO-####"}, "valid_from": "2026-10-01"})
    assert second.json()["version"] == 2 and second.json()["replaces"] == first.json()["id"]
    assert erp.get(f"/billing-requirements/{first.json()['id']}").json()["valid_to"] == "2026-09-30"
    assert pointers(erp.post("/billing-requirements", {**rule, "params": {}})) == ["/params"]
    assert len(erp.get(f"/billing-requirements?customer=cus_{acme.pk}").json()["data"]) == 2


def test_rates(erp, us):
    made = erp.post("/tax-rates", RATE)
    assert made.status_code == 201 and Decimal(made.json()["percent"]) == Decimal("8.25")
    assert erp.post("/tax-rates", RATE).status_code == 200
    edited = erp.post("/tax-rates", {**RATE, "percent": "9"})
    assert edited.status_code == 409 and "never edited" in edited.json()["detail"]
    assert erp.post("/tax-rates", {**RATE, "valid_to": "2026-12-31"}).json()["valid_to"] == "2026-12-31"
    bulk = erp.post("/tax-rates/bulk", {"rows": [{**RATE, "valid_from": "2027-01-01"}, {**RATE, "company": "XX"}]})
    assert [r["outcome"] for r in bulk.json()["results"]] == ["created", "rejected"]
    assert len(erp.get("/tax-rates?code=TX-DAL").json()["data"]) == 2


def test_scopes_and_companies(acme, us):
    theirs = make_company("XX01")
    rate = set_tax_rate(
        actor=SYSTEM, company=theirs, code="A", name="", jurisdiction="DE", percent=Decimal(19), valid_from=date(2026, 1, 1)
    )
    reader, writer = caller("documents:read", "taxes:read"), caller("documents:write", "taxes:write", companies=[us])
    assert reader.get("/customer-documents").status_code == 200 and reader.post("/customer-documents", PAPER).status_code == 403
    assert reader.post("/tax-rates", RATE).status_code == 403 and writer.post("/tax-rates", RATE).status_code == 201
    assert writer.get(f"/tax-rates/tax_{rate.pk}").status_code == 404
    assert pointers(writer.post("/tax-rates", {**RATE, "company": "XX01"})) == ["/company"]
    assert caller("customers:write").post("/billing-requirements", {"customer": acme.number, "kind": "portal"}).status_code == 403


def test_by_file(erp, acme, us):
    rates = "company,code,jurisdiction,percent,valid_from\nUS01,TX-DAL,US-TX-DAL,8.25,2026-01-01\nUS01,TX-AUS,US-TX-AUS,x,2026-01-01\n"
    papers = f"company,customer,kind,state,expires_on\nUS01,{acme.number},exemption,received,2027-01-01\nUS01,nobody,w9,sent,\n"
    for path, text in (("tax-rates", rates), ("customer-documents", papers)):
        file = SimpleUploadedFile("list.csv", text.encode())
        answer = erp.client.post(f"/api/v1/imports/{path}", {"file": file}, headers=erp.headers)
        assert answer.status_code == 202, answer.content
        job = run_job(job_id=Job.objects.latest("pk").pk, now=Job.objects.latest("pk").created_at)
        assert (job.state, job.counts["created"], job.counts["rejected"]) == ("done", 1, 1), job.results
    assert TaxRate.objects.get().code == "TX-DAL" and CustomerDocument.objects.get().expires_on == date(2027, 1, 1)
