"""Disputes over the API: opened once, read, changed, noted; nothing of what is out of sight."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from disputes.models import Dispute
from org.models import Membership
from tests.api.conftest import caller, invoice
from tests.factories import DAY, issue, make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def billed(erp, settings):
    """INV-1 of 324.75, as an ERP sent it."""
    settings.BUSINESS_DATE = DAY
    assert erp.post("/invoices", invoice("1")).status_code == 201
    return erp.get("/invoices").json()["data"][0]


def case(billed, **fields):
    return {"invoice": billed["id"], "reason": "price", "amount": "20.00", "external_id": "D-1"} | fields


def test_a_case_is_opened_and_read_by_every_id(erp, billed):
    made = erp.post("/disputes", case(billed, customer_words="we agreed 140 an hour"))
    told = made.json()
    assert made.status_code == 201 and (told["amount"], told["claimed"], told["state"]) == ("20.00", "20.00", "open")
    assert told["due_date"] == "2026-09-22" and told["movements"] == [told["movements"][0] | {"day": "2026-09-15", "delta": "20.00"}]
    assert erp.get(f"/disputes/{told['id']}").json() == told
    assert erp.get(f"/disputes/by-external-id/{told['source_system']}/D-1").json() == told
    assert [row["id"] for row in erp.get("/disputes?state=open&reason=price").json()["data"]] == [told["id"]]
    assert erp.get("/disputes?state=closed").json()["data"] == []
    assert "dispute.opened" in [e["type"] for e in erp.get("/events?after=0").json()["data"]]


def test_a_call_told_twice_opens_one_case(erp, billed):
    first = erp.post("/disputes", case(billed), key="one")
    again = erp.post("/disputes", case(billed), key="one")
    assert again.headers["Idempotent-Replayed"] == "true" and again.json() == first.json()
    assert erp.post("/disputes", case(billed), key="another").status_code == 200
    other = erp.post("/disputes", case(billed, amount="30.00"))
    assert other.status_code == 409 and other.json()["errors"][0]["code"] == "conflict"
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize("reference", ["INV-1", {"external_id": "91"}, {"external_id": "91", "source_system": "erp"}])
def test_the_document_is_named_by_number_or_the_sender_s_id(erp, billed, reference):
    system = billed["source_system"]
    reference = reference | {"source_system": system} if isinstance(reference, dict) and "source_system" in reference else reference
    assert erp.post("/disputes", case(billed, invoice=reference)).json()["invoice"] == billed["id"]


def test_lines_without_amounts_are_contested_whole(erp, billed):
    told = erp.post("/disputes", case(billed, amount=None, lines=[{"number": 1}])).json()
    assert (told["kind"], told["amount"], told["lines"]) == ("lines", "324.75", [{"number": 1, "amount": "324.75"}])
    whole = erp.post("/disputes", case(billed, amount=None, kind="invoice", external_id="D-2"))
    assert whole.status_code == 422  # nothing is left that isn't contested


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e18", "0.005", "-1.00", "0", "-0", "١٢٣", "99999999999999999.00", "324.76"])
def test_what_is_no_amount_is_refused_by_its_field(erp, billed, amount):
    answer = erp.post("/disputes", case(billed, amount=amount))
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/amount"
    lines = erp.post("/disputes", case(billed, amount=None, lines=[{"number": 1, "amount": amount}]))
    assert lines.status_code == 422 and lines.json()["errors"][0]["pointer"].startswith("/lines")
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [({"reason": "mood"}, "/reason"), ({"invoice": "inv_999999"}, "/invoice"), ({"open_item": "itm_1"}, "/invoice"),
     ({"currency": "EUR"}, "/currency"), ({"owner": "nobody@example.com"}, "/owner"), ({"department": "nowhere"}, "/department"),
     ({"lines": [{"number": 7}], "amount": None}, "/lines/0/number"), ({"surprise": 1}, "/surprise")],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(erp, billed, fields, pointer):
    answer = erp.post("/disputes", case(billed, **fields))
    assert answer.status_code == 422 and pointer in [e["pointer"] for e in answer.json()["errors"]]


def test_many_are_opened_at_once_and_a_bad_one_alone_is_left_out(erp, us, acme, billed, django_assert_max_num_queries):
    items = [issue(acme, 10_00, number=f"B-{n}") for n in range(30)]
    rows = [{"open_item": f"itm_{i.pk}", "amount": "1.00", "reason": "price", "external_id": i.number} for i in items]
    with django_assert_max_num_queries(40):
        told = erp.post("/disputes/bulk", {"rows": rows, "control": {"count": 30, "total": "30.00"}})
    assert told.status_code == 200 and told.json()["summary"]["created"] == 30
    bad = rows[0] | {"external_id": "X", "amount": "9.01"}
    good = rows[1] | {"external_id": "Y"}
    assert erp.post("/disputes/bulk", {"rows": [good, bad], "mode": "atomic"}).json()["summary"]["rejected"] == 2
    assert erp.post("/disputes/bulk", {"rows": [good], "dry_run": True}).json()["summary"]["created"] == 1
    assert Dispute.objects.count() == 30
    mixed = erp.post("/disputes/bulk", {"rows": [good, bad, rows[2]]}).json()
    assert [r["outcome"] for r in mixed["results"]] == ["created", "rejected", "unchanged"]


def test_a_case_is_changed_all_at_once_or_not_at_all(erp, us, billed):
    sam = make_user("senior", us)
    told = erp.post("/disputes", case(billed)).json()
    address = f"/disputes/{told['id']}"
    waits = {"state": "waiting", "waiting_on": "customer"}
    changed = erp.call("PATCH", address, {"version": 0, "amount": "15.00", "owner": sam.email} | waits)
    now = changed.json()
    assert (now["amount"], now["claimed"], now["owner"], now["state"]) == ("15.00", "20.00", sam.email, "waiting")
    assert now["clock_stopped_on"] == "2026-09-15" and [m["delta"] for m in now["movements"]] == ["20.00", "-5.00"]
    stale = erp.call("PATCH", address, {"version": 0, "amount": "5.00"})
    assert stale.status_code == 409 and stale.json()["errors"][0]["pointer"] == "/version"
    nothing = erp.call("PATCH", address, {"version": now["version"], "amount": "5.00"} | waits)
    assert nothing.status_code == 422 and nothing.json()["errors"][0]["pointer"] == "/state"
    assert erp.get(address).json() == now


def test_notes_and_evidence_are_added(erp, billed):
    told = erp.post("/disputes", case(billed)).json()
    noted = erp.post(f"/disputes/{told['id']}/notes", {"body": "the buyer wrote", "visible_to_customer": True})
    assert noted.status_code == 201 and noted.json()["visible_to_customer"] is True
    assert erp.post(f"/disputes/{told['id']}/notes", {"body": " "}).status_code == 422
    file = SimpleUploadedFile("order.txt", b"we ordered at 140.00 an hour")
    kept = erp.client.post(f"/api/v1/disputes/{told['id']}/attachments", {"file": file, "kind": "evidence"}, headers=erp.headers)
    assert kept.status_code == 201
    whole = erp.get(f"/disputes/{told['id']}").json()
    assert [n["body"] for n in whole["notes"]] == ["the buyer wrote"] and whole["attachments"] == [kept.json()]
    assert Event.objects.filter(type="attachment.added", subject_type="disputes.dispute").exists()


def test_a_key_that_may_only_read_changes_nothing(erp, billed):
    told = erp.post("/disputes", case(billed)).json()
    reader = caller("disputes:read")
    assert reader.get(f"/disputes/{told['id']}").status_code == 200
    for method, path in (("POST", ""), ("POST", "/bulk"), ("PATCH", f"/{told['id']}"), ("POST", f"/{told['id']}/notes")):
        assert reader.call(method, f"/disputes{path}", {"version": 0}).status_code == 403
    assert caller("invoices:read").get("/disputes").status_code == 403


def test_what_is_another_company_s_is_not_there(erp, us, billed):
    told = erp.post("/disputes", case(billed)).json()
    foreign = caller("disputes:read", "disputes:write", companies=[make_company("DE01")])
    for method, path, body in (
        ("GET", f"/{told['id']}", None), ("PATCH", f"/{told['id']}", {"version": 0, "amount": "1.00"}),
        ("POST", f"/{told['id']}/notes", {"body": "mine"}),
    ):  # fmt: skip
        assert foreign.call(method, f"/disputes{path}", body).status_code == 404
    file = {"file": SimpleUploadedFile("a.txt", b"a")}
    assert foreign.client.post(f"/api/v1/disputes/{told['id']}/attachments", file, headers=foreign.headers).status_code == 404
    answer = foreign.post("/disputes", case(billed, external_id="D-9"))
    assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "missing_reference"
    assert foreign.get("/disputes").json()["data"] == []


def test_a_specialist_writes_to_nothing_outside_the_portfolio(erp, us, acme, billed, client):
    told = erp.post("/disputes", case(billed)).json()
    ana = make_user("specialist", us, scope=Membership.Scope.PORTFOLIO)
    own = issue(make_customer(us, "Own", collector=ana), 50_00)
    client.force_login(ana)
    address = f"/api/v1/disputes/{told['id']}"
    ask = {"content_type": "application/json", "headers": {"Idempotency-Key": "k"}}
    assert client.get(address).status_code == 404
    assert client.patch(address, {"version": 0, "amount": "1.00"}, **ask).status_code == 404
    assert client.post(f"{address}/notes", {"body": "x"}, **ask).status_code == 404
    foreign = client.post("/api/v1/disputes", {"invoice": billed["id"], "reason": "price", "amount": "1.00"}, **ask)
    assert foreign.status_code == 422 and foreign.json()["errors"][0]["code"] == "missing_reference"
    mine = client.post("/api/v1/disputes", {"open_item": f"itm_{own.pk}", "reason": "price", "amount": "1.00"}, **ask)
    assert mine.status_code == 201 and mine.json()["owner"] == ana.email
