"""Receipts and bank files over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from arops.lib import clock
from cashapp.models import Receipt
from ledger.models import OpenItem, Period
from ledger.verify import verify_books
from tests.api.conftest import caller, invoice
from tests.api.test_conventions import is_problem, pointers
from tests.cashapp.worlds import Row, camt, make_bank
from tests.factories import DAY, make_company, make_customer, make_user
from workflow.models import Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(us):
    return make_bank(us, currency="USD", identifier="12345678")


def receipt(n, **fields):
    return {"external_id": f"PAY-{n}", "bank_account": "Main account", "company": "US01", "amount": "324.75", "currency": "USD",
            "value_date": "2026-09-16", "payer_name": "ACME INC", "text": "INV-1"} | fields  # fmt: skip


def test_a_receipt_is_in_the_books_at_once(erp, bank, acme):
    answer = erp.post("/receipts", receipt(1, customer={"external_id": "C-100"}, structured=[{"number": "INV-1", "amount": "324.75"}]))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["customer"], body["unapplied"], body["state"]) == (f"cus_{acme.pk}", "324.75", "unapplied")
    assert body["structured"] == [{"number": "INV-1", "amount": "324.75", "discount": None}]
    assert OpenItem.objects.get().balance == -324_75 and not verify_books(DAY)
    assert erp.get(f"/receipts/{body['id']}").json() == body
    assert erp.get("/receipts/by-external-id/erp/PAY-1").json() == body
    assert erp.get(f"/bank-accounts/{body['bank_account']}").json()["name"] == "Main account"
    assert [r["id"] for r in erp.get("/receipts?state=open").json()["data"]] == [body["id"]]


def test_the_same_receipt_again_is_unchanged_and_another_under_its_id_refused(erp, bank):
    assert erp.post("/receipts", receipt(1)).status_code == 201
    assert erp.post("/receipts", receipt(1)).status_code == 200
    assert erp.put("/receipts/by-external-id/erp/PAY-1", receipt(1), key=None).status_code == 200
    is_problem(erp.post("/receipts", receipt(1, amount="1.00")), 409, "issued")
    rows = [receipt(1), receipt(2), receipt(2), receipt(2, text="other"), receipt(3, amount="0.00")]
    answer = erp.post("/receipts/bulk", {"rows": rows})
    assert answer.status_code == 207
    assert [r["outcome"] for r in answer.json()["results"]] == ["unchanged", "created", "unchanged", "rejected", "rejected"]
    assert answer.json()["results"][1]["id"] == answer.json()["results"][2]["id"]
    assert Receipt.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("amount", "NaN", "/amount"), ("amount", "0.005", "/amount"), ("amount", "-5.00", "/amount"), ("amount", 5, "/amount"),
        ("amount", "1e3", "/amount"), ("amount", "١٢٣", "/amount"), ("amount", "1" * 19, "/amount"), ("currency", "EUR", "/currency"),
        ("currency", "ZZZ", "/currency"), ("value_date", "2026-02-31", "/value_date"), ("value_date", "03/04/2026", "/value_date"),
        ("value_date", "2031-01-01", "/value_date"), ("customer", {"external_id": "nobody"}, "/customer"), ("customer", 7, "/customer"),
        ("bank_account", "elsewhere", "/bank_account"), ("company", "XX01", "/bank_account"), ("text", "a\x00b", "/text"),
        ("structured", [{"number": ""}], "/structured/0"), ("structured", "x", "/structured"), ("channel", "pigeon", "/channel"),
        ("fee", "1.00", "/fee"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(erp, bank, field, value, pointer):
    answer = erp.post("/receipts", receipt(1, **{field: value}))
    is_problem(answer, 422)
    assert pointer in pointers(answer)
    assert not Receipt.objects.exists()


def test_modes_and_control_totals(erp, bank):
    good, bad = receipt(1), receipt(2, amount="x")
    assert erp.post("/receipts/bulk", {"rows": [good], "dry_run": True}).json()["summary"]["created"] == 1
    answer = erp.post("/receipts/bulk", {"rows": [good, bad], "mode": "atomic"})
    assert [r["errors"][0]["code"] for r in answer.json()["results"]] == ["not_applied", "invalid_amount"]
    is_problem(erp.post("/receipts/bulk", {"rows": [good], "control": {"total": "324.76"}}), 422, "control_total")
    assert not Receipt.objects.exists()
    assert erp.post("/receipts/bulk", {"rows": [good], "control": {"count": 1, "total": "324.75"}}).status_code == 200


def test_a_day_without_an_open_period_takes_the_next_one_and_none_at_all_is_refused(erp, bank):
    Period.objects.filter(name="2026-09").update(state="closed")
    assert erp.post("/receipts", receipt(1)).status_code == 201
    assert OpenItem.objects.get().document_date.isoformat() == "2026-10-01"


def test_receipts_of_another_company_are_not_there(erp, bank):
    made = erp.post("/receipts", receipt(1)).json()
    other = caller(companies=[make_company("XX01")])
    is_problem(other.get(f"/receipts/{made['id']}"), 404)
    assert other.get("/receipts").json()["data"] == [] and other.get("/bank-accounts").json()["data"] == []
    is_problem(other.post("/receipts", receipt(2)), 422)


def send(erp, content, key="f1", name="bank.xml", **fields):
    form = {"file": SimpleUploadedFile(name, content), **fields}
    return Client().post("/api/v1/bank-files", form, headers={**erp.headers, "Idempotency-Key": key})


def finished(answer):
    assert answer.status_code == 202, answer.content
    run_job(job_id=int(answer.json()["id"].removeprefix("job_")), now=clock.now())
    return answer.json()["id"]


def test_a_bank_file_is_imported_and_matched_by_a_job(erp, bank, acme, settings):
    settings.BUSINESS_DATE = DAY
    assert erp.post("/invoices", invoice("1", document_date="2026-09-01")).status_code == 201
    content = camt([Row(324_75, "INV-1", "Acme"), Row(11_00, "who knows", "Stranger")], account="12345678", currency="USD")
    job = finished(send(erp, content))
    found = erp.get(f"/jobs/{job}").json()
    assert found["state"] == "done" and found["counts"]["receipts"] == 2
    assert [r["amount"] for r in found["results"]] == ["324.75", "11.00"]
    assert erp.get("/jobs").json()["data"][0]["id"] == job
    again = send(erp, content, key="f2")
    assert again.json()["id"] == job and again.json()["state"] == "done"
    assert Receipt.objects.count() == 2 and not verify_books(DAY)


def test_a_broken_bank_file_fails_with_the_reason_and_may_be_sent_again(erp, us, settings):
    settings.BUSINESS_DATE = DAY
    content = camt([Row(324_75, "INV-1", "Acme")], account="12345678", currency="USD")
    job = finished(send(erp, content))
    assert "12345678" in erp.get(f"/jobs/{job}").json()["error"]
    make_bank(us, currency="USD", identifier="12345678")
    assert finished(send(erp, content, key="f2")) == job
    assert erp.get(f"/jobs/{job}").json()["state"] == "done"
    broken = finished(send(erp, b"<!DOCTYPE x><x/>", key="f3"))
    assert erp.get(f"/jobs/{broken}").json()["state"] == "failed"


def test_the_form_of_an_upload_is_checked(erp, bank):
    headers = {**erp.headers, "Idempotency-Key": "u1"}
    for form, pointer in (({}, "/file"), ({"file": "text"}, "/file"), ({"file": SimpleUploadedFile("a", b"x"), "x": "1"}, "/x"),
                          ({"file": SimpleUploadedFile("a", b"x"), "bank_account": "none"}, "/bank_account")):  # fmt: skip
        answer = Client().post("/api/v1/bank-files", form, headers=headers)
        is_problem(answer, 422)
        assert pointers(answer) == [pointer]
    assert not Job.objects.exists()
    is_problem(caller("receipts:read").post("/bank-files", {}), 403)


def test_whoever_works_on_a_portfolio_records_receipts_of_it(us, bank, acme, client):
    keller = make_user("specialist", us, scope="portfolio")
    acme.collector = keller
    acme.save()
    client.force_login(keller)

    def post(key, **fields):
        headers = {"Idempotency-Key": str(key)}
        return client.post("/api/v1/receipts", receipt(key, **fields), content_type="application/json", headers=headers)

    assert post(1, customer=acme.number).status_code == 201
    answer = post(2, customer=make_customer(us, "Not mine").number)
    is_problem(answer, 422)
    assert pointers(answer) == ["/customer"]
