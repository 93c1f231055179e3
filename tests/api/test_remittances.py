"""Remittance advices over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cashapp.models import Remittance
from tests.api.conftest import caller
from tests.api.test_cash import finished
from tests.api.test_conventions import is_problem, pointers
from tests.factories import make_company

pytestmark = pytest.mark.django_db


def advice(n, **fields):
    lines = [{"reference": f"INV-{n}", "paid": "324.75", "discount": "5.00"}, {"reference": "CM-1", "kind": "credit", "paid": "-10.00"}]
    return {"external_id": f"RA-{n}", "company": "US01", "currency": "USD", "total": "314.75", "payer_name": "ACME INC", "trace": f"T{n}",
            "payment_date": "2026-09-16", "lines": lines} | fields  # fmt: skip


def test_an_advice_is_taken_in_once(erp, acme):
    answer = erp.post("/remittances", advice(1, customer={"external_id": "C-100"}))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["customer"], body["total"], body["source"], body["receipts"]) == (f"cus_{acme.pk}", "314.75", "api", [])
    assert body["lines"][1]["paid"] == "-10.00" and body["lines"][0]["gross"] is None
    assert erp.get(f"/remittances/{body['id']}").json() == body == erp.get("/remittances/by-external-id/erp/RA-1").json()
    assert [r["id"] for r in erp.get("/remittances?view=join&trace=T1").json()["data"]] == [body["id"]]
    assert erp.post("/remittances", advice(1, customer={"external_id": "C-100"})).status_code == 200
    assert erp.put("/remittances/by-external-id/erp/RA-1", advice(1)).status_code == 200
    is_problem(erp.put("/remittances/by-external-id/erp/RA-1", advice(1, total="1.00")), 409, "issued")
    is_problem(erp.get("/remittances?view=sideways"), 422, "invalid")


def test_many_at_once_with_a_control_total(erp, acme):
    unnamed = {k: v for k, v in advice(5).items() if k != "external_id"}
    rows = [advice(1), advice(1), advice(2, total="NaN"), advice(3, lines=[{"paid": "1.00"}]), advice(4, company="XX01"), unnamed]
    answer = erp.post("/remittances/bulk", {"rows": rows, "control": {"count": 6}})
    results = answer.json()["results"]
    assert [r["outcome"] for r in results] == ["created", *["rejected"] * 4, "created"]
    assert [r["errors"][0]["pointer"] for r in results[1:5]] == ["/external_id", "/total", "/lines/0/reference", "/company"]
    for row in (unnamed, advice(5)):
        (again,) = erp.post("/remittances/bulk", {"rows": [row]}).json()["results"]
        assert (again["outcome"], again["id"]) == ("unchanged", results[5]["id"])
    assert erp.get("/remittances/by-external-id/erp/RA-5").json()["id"] == results[5]["id"]  # the id came after the advice
    tried = erp.post("/remittances/bulk", {"rows": [advice(9)], "dry_run": True, "control": {"total": "314.75"}})
    assert tried.json()["summary"]["created"] == 1 and Remittance.objects.count() == 2
    is_problem(erp.post("/remittances/bulk", {"rows": [advice(9)], "control": {"total": "1.00"}}), 422, "control_total")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("currency", "ZZZ", "/currency"), ("total", "0.00", "/total"), ("total", "1e3", "/total"), ("lines", "x", "/lines"),
        ("payment_date", "2026-02-31", "/payment_date"), ("customer", {"external_id": "nobody"}, "/customer"),
        ("fee", "1.00", "/fee"), ("text", "a\x00b", "/text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(erp, acme, field, value, pointer):
    answer = erp.post("/remittances", advice(1, **{field: value}))
    is_problem(answer, 422)
    assert pointer in pointers(answer) and not Remittance.objects.exists()


def test_a_file_is_a_job_and_known_again(erp, us):
    def send(name, content):
        form, headers = {"file": SimpleUploadedFile(name, content)}, {**erp.headers, "Idempotency-Key": name}
        return finished(Client().post("/api/v1/remittance-files", form, headers=headers))

    good = b"Invoice number,Amount paid,Check number\nINV-1,10.00,77\n"
    job = erp.get(f"/jobs/{send('a.csv', good)}").json()
    assert job["state"] == "done" and job["counts"]["advices"] == 1
    (made,) = Remittance.objects.all()
    assert (made.source, made.trace, made.lines.get().paid) == ("api", "77", 10_00)
    send("b.csv", b"\xef\xbb\xbf" + good)
    assert Remittance.objects.count() == 1
    refused = erp.get(f"/jobs/{send('c.csv', b'nothing of the kind')}").json()
    assert refused["counts"]["refused"] == 1
    is_problem(caller("remittances:read").post("/remittances", advice(1)), 403)
    elsewhere = caller("remittances:read", companies=[make_company("XX01")])
    assert elsewhere.get("/remittances").json()["data"] == []
