"""Invoices, memos, open items: issued, read back, refused with pointers, in bulk."""

import json

import pytest

from invoicing.models import Invoice
from ledger.models import OpenItem, Period
from ledger.verify import verify_books
from org.models import Membership
from tests.api.conftest import invoice
from tests.api.test_conventions import is_problem
from tests.factories import DAY, SYSTEM, apply, make_company, make_customer, make_user, rate, receive
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
NEW = {"company": "US01", "number": "N-1", "name": "Nord GmbH", "currency": "USD", "external_id": "C-1"}


def outcomes(answer):
    return [row["outcome"] for row in answer.json()["results"]]


def test_an_invoice_is_issued_and_read_back(erp, acme):
    answer = erp.post("/invoices", invoice("1"))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["kind"], body["total"], body["open_amount"], body["due_date"]) == ("invoice", "324.75", "324.75", "2026-10-15")
    assert body["lines"][0]["quantity"] == "2" and body["lines"][0]["unit_price"] == "150"
    assert erp.get(f"/invoices/{body['id']}").json() == body == erp.get("/invoices/by-external-id/erp/91").json()
    item = erp.get(f"/open-items/{body['open_item']}").json()
    assert (item["balance"], item["discount_until"], item["discount_amount"]) == ("324.75", "2026-09-25", "6.50")
    assert not verify_books(DAY)


def test_issued_is_issued(erp, acme):
    erp.post("/invoices", invoice("1"))
    assert erp.post("/invoices", invoice("1")).status_code == 200
    assert erp.put("/invoices/by-external-id/erp/91", invoice("1"), key=None).status_code == 200
    answer = erp.post("/invoices", invoice("1", po_number="PO-56"))
    body = is_problem(answer, 409, "issued")
    assert "credit_memo" in body["detail"]
    is_problem(erp.post("/invoices", invoice("1", external_id="other")), 409)
    is_problem(erp.call("DELETE", f"/invoices/inv_{Invoice.objects.get().pk}"), 405)
    assert Invoice.objects.count() == OpenItem.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"total": "NaN"}, "/total", "invalid_amount"),
        ({"total": "Infinity"}, "/total", "invalid_amount"),
        ({"total": "1e18"}, "/total", "invalid_amount"),
        ({"total": "0.005"}, "/total", "invalid_amount"),
        ({"total": "-0"}, "/total", "invalid_amount"),
        ({"total": "١٢٣"}, "/total", "invalid_amount"),
        ({"total": 324.75}, "/total", "invalid_amount"),
        ({"total": "1_000.00"}, "/total", "invalid_amount"),
        ({"total": "9" * 17}, "/total", "invalid_amount"),
        ({"total": "324.76"}, "/total", "does_not_add_up"),
        ({"subtotal": "300.01"}, "/subtotal", "does_not_add_up"),
        ({"currency": "EUR"}, "/currency", "missing_rate"),
        ({"currency": "ZZZ"}, "/currency", "unknown_currency"),
        ({"document_date": "2026-02-31"}, "/document_date", "invalid_date"),
        ({"document_date": "0206-01-01"}, "/document_date", "invalid_date"),
        ({"document_date": "2024-12-31"}, "/document_date", "period_closed"),
        ({"document_date": None}, "/document_date", "required"),
        ({"customer": {"external_id": "nobody"}}, "/customer", "missing_reference"),
        ({"company": "XX"}, "/company", "missing_reference"),
        ({"kind": "receipt"}, "/kind", "invalid"),
        ({"payment_terms": "soon"}, "/payment_terms", "invalid"),
        ({"colour": 1}, "/colour", "unknown_field"),
        ({"due_date": "2026-09-01"}, "/due_date", "invalid_date"),
        ({"lines": "x"}, "/lines", "invalid"),
        ({"lines": [7]}, "/lines/0", "invalid"),
        ({"number": "a\x00"}, "/number", "invalid"),
        ({"refers_to": "inv_999"}, "/refers_to", "missing_reference"),
    ],
)
def test_a_document_that_is_wrong_is_pointed_at(erp, acme, change, pointer, code):
    answer = erp.post("/invoices", invoice("1") | change)
    is_problem(answer, 422)
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
    assert not OpenItem.objects.exists()


def test_documents_in_bulk_each_with_its_outcome_in_order(erp, acme):
    rows = [
        invoice("1"),
        invoice("2", total="1.00"),
        invoice("1"),
        invoice("1", total="999.00"),
        invoice("3", customer="nobody"),
        invoice("4"),
    ]
    answer = erp.post("/invoices/bulk", {"rows": rows, "control": {"count": 6, "total": "2298.25"}})
    is_problem(answer, 422, "control_total")
    assert not Invoice.objects.exists()
    answer = erp.post("/invoices/bulk", {"rows": rows})
    assert answer.status_code == 207
    assert outcomes(answer) == ["created", "rejected", "unchanged", "rejected", "rejected", "created"]
    results = answer.json()["results"]
    assert [r["index"] for r in results] == list(range(6)) and results[0]["external_id"] == "91" and results[2]["id"] == results[0]["id"]
    assert Invoice.objects.count() == 2 and not verify_books(DAY)


def test_bulk_all_or_nothing_and_dry(erp, acme):
    good, bad = invoice("1"), invoice("2", total="1.00")
    answer = erp.post("/invoices/bulk", {"rows": [good, bad], "mode": "atomic"})
    assert answer.status_code == 207 and outcomes(answer) == ["rejected", "rejected"]
    assert outcomes(erp.post("/invoices/bulk", {"rows": [good, bad], "dry_run": True})) == ["created", "rejected"]
    assert not Invoice.objects.exists() and not OpenItem.objects.exists()
    control = {"count": 2, "total": "649.50"}
    assert erp.post("/invoices/bulk", {"rows": [good, invoice("3")], "mode": "atomic", "control": control}).status_code == 200


def test_people_make_credit_memos_only_where_they_may_approve_them_and_of_no_invoice_of_their_own(us, acme, client):
    elsewhere = make_company("US02")
    make_customer(elsewhere, "Bolt", source_system="erp", external_id="C-200")
    chief = make_user("supervisor", us)
    standard_limits(company=us, actor=SYSTEM)
    Membership.objects.create(user=chief, company=elsewhere, role="specialist")
    client.force_login(chief, backend="org.backends.EmailBackend")

    def send(path, n, **fields):
        body = json.dumps(invoice(n, **fields))
        return client.post(f"/api/v1{path}", body, content_type="application/json", headers={"Idempotency-Key": f"own-{n}"})

    assert send("/invoices", "1", source_system="erp").status_code == 201
    memo = {"kind": "credit_memo", "reason": "price", "refers_to": "INV-1", "document_date": "2026-09-16", "source_system": "erp"}
    told = is_problem(send("/credit-memos", "2", **memo), 422)
    assert [(e["pointer"], e["code"]) for e in told["errors"]] == [("/refers_to", "forbidden")]
    there = memo | {"company": "US02", "customer": "C-200", "refers_to": None}
    told = is_problem(send("/credit-memos", "3", **there), 422)
    assert [(e["pointer"], e["code"]) for e in told["errors"]] == [("/kind", "forbidden")]
    assert send("/credit-memos", "4", **memo | {"refers_to": None}).status_code == 201
    much = {"lines": [], "subtotal": "2500.00", "tax_total": "0", "total": "2500.00"}
    told = is_problem(send("/credit-memos", "7", **memo | much | {"refers_to": None}), 422)  # with the first above the limit
    assert [(e["pointer"], e["code"]) for e in told["errors"]] == [("/total", "over_limit")]
    rows = [invoice("5", source_system="erp"), invoice("6", **memo | {"refers_to": "INV-5"})]  # both in one call
    answer = client.post(
        "/api/v1/invoices/bulk", json.dumps({"rows": rows}), content_type="application/json", headers={"Idempotency-Key": "own-bulk"}
    )
    assert outcomes(answer) == ["created", "rejected"]


def test_an_amount_that_the_companys_currency_can_not_hold_is_refused(erp, us, acme):
    rate("KWD", "USD", "9999999")
    huge = {"currency": "KWD", "lines": [], "subtotal": "900000000000.000", "tax_total": "0", "total": "900000000000.000"}
    told = is_problem(erp.post("/invoices", invoice("1", **huge)), 422)
    assert "too large for the books" in told["detail"]
    assert not Invoice.objects.exists()


def test_a_credit_memo_has_its_own_address_and_refers_to_what_it_credits(erp, acme):
    erp.post("/invoices", invoice("1"))
    memo = invoice("9", number="CM-1", refers_to={"external_id": "91"}, reason="price")
    answer = erp.post("/credit-memos", memo)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["kind"] == "credit_memo" and body["refers_to"] == f"inv_{Invoice.objects.get(kind='invoice').pk}"
    assert erp.get(f"/open-items/{body['open_item']}").json()["balance"] == "-324.75"
    assert [m["number"] for m in erp.get("/credit-memos").json()["data"]] == ["CM-1"]
    assert [m["number"] for m in erp.get("/invoices").json()["data"]] == ["INV-1"]
    assert erp.get("/debit-memos").json()["data"] == []
    is_problem(erp.get(f"/debit-memos/{body['id']}"), 404)
    is_problem(erp.post("/credit-memos", invoice("5", kind="invoice")), 422)
    assert erp.post("/debit-memos", invoice("6", number="DM-1")).json()["kind"] == "debit_memo"


def test_a_person_who_may_not_approve_memos_makes_none_over_the_api(us, acme, client):
    client.force_login(make_user("specialist", us))
    for path in ("/api/v1/credit-memos", "/api/v1/invoices"):
        answer = client.post(path, invoice("1", kind="credit_memo"), content_type="application/json", headers={"Idempotency-Key": "m1"})
        is_problem(answer, 403)
    row = invoice("1") | {"customer": acme.number}
    assert client.post("/api/v1/invoices", row, content_type="application/json", headers={"Idempotency-Key": "m2"}).status_code == 201


def test_lists_of_invoices_by_what_is_open(erp, acme):
    erp.post("/invoices/bulk", {"rows": [invoice("1"), invoice("2", document_date="2026-08-01")]})
    paid = OpenItem.objects.get(number="INV-1")
    apply(receive(acme, 324_75), (paid, 324_75))
    assert [i["number"] for i in erp.get("/invoices?state=open").json()["data"]] == ["INV-2"]
    assert [i["number"] for i in erp.get("/invoices?state=closed").json()["data"]] == ["INV-1"]
    assert [i["number"] for i in erp.get("/invoices?due_before=2026-09-01").json()["data"]] == ["INV-2"]
    assert [i["number"] for i in erp.get(f"/invoices?customer=cus_{acme.pk}&po_number=PO-55&number=INV-2").json()["data"]] == ["INV-2"]
    assert [i["number"] for i in erp.get("/open-items?kind=invoice").json()["data"]] == ["INV-2"]
    assert len(erp.get("/open-items?state=all").json()["data"]) == 3
    is_problem(erp.get("/open-items?state=some"), 422)
    is_problem(erp.get("/open-items?due_before=x"), 422)


def test_open_items_that_moved_since(erp, acme):
    erp.post("/invoices/bulk", {"rows": [invoice("1"), invoice("2")]})
    from ledger.models import Entry

    moment = Entry.objects.order_by("-posted_at").first().posted_at
    assert len(erp.get(f"/open-items?updated_since={moment.isoformat()}").json()["data"]) == 2
    assert erp.get("/open-items?updated_since=2030-01-01T00:00:00Z").json()["data"] == []


def test_nothing_is_posted_into_a_closed_period(erp, acme):
    Period.objects.filter(name="2026-09").update(state="closed")
    answer = erp.post("/invoices", invoice("1"))
    body = is_problem(answer, 422, "period_closed")
    assert "2026-10-01" in body["detail"]
