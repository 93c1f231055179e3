"""Documents that the check holds, over the API: what the sender is told, reads again, and can have looked at once more."""

import html
import json
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from arops.lib import clock
from invoicing.models import Draft, Invoice, InvoiceImport
from ledger.models import Entry
from orders.models import WorkOrder
from tests.api.conftest import caller
from tests.api.test_conventions import is_problem
from tests.api.test_imports import finished, send
from tests.factories import make_company, make_user
from tests.invoicing.lives import invoice_row, life, policy
from tests.invoicing.test_import_pages import mapping as mapping_form
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
WRONG = "165.00"


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = date(2026, 9, 30)


@pytest.fixture
def one(us):
    policy(us)
    return life(us)


def again(erp, draft):
    return erp.post(f"/drafts/{draft}/check", {}, key=None)


def test_a_held_invoice_answers_202_with_the_draft_and_why(erp, one):
    answer = erp.post("/invoices", invoice_row(one, price=WRONG))
    body = answer.json()
    assert answer.status_code == 202
    assert (body["state"], body["origin"], body["total"], body["at_stake"], body["invoice"], body["external_id"]) == (
        "held", "erp", "1650.00", "150.00", None, "x-INV-1",
    )  # fmt: skip
    assert body["document"]["lines"][0]["unit_price"] == WRONG and body["held_since"]
    (found,) = body["findings"]
    assert {n: found[n] for n in ("rule", "severity", "lines", "origin", "effect", "state")} == {
        "rule": "price", "severity": "block", "lines": [1], "origin": "billing_output", "effect": "150.00", "state": "open",
    }  # fmt: skip
    assert found["words"] and found["remedy"] and found["expected"] != found["billed"]
    agreed = next(s for s in found["sources"] if s["document"] == "contract")
    assert (agreed["id"], agreed["number"], agreed["revision"]) == (f"ctr_{one['contract'].pk}", "CTR-1", 1)
    assert erp.get(f"/contracts/{agreed['id']}").status_code == 200, "a source can be looked up"
    assert not Invoice.objects.exists() and not Entry.objects.exists()
    put = erp.put("/invoices/by-external-id/erp/x-INV-1", invoice_row(one, price=WRONG), key=None)
    assert (put.status_code, put.json()["id"]) == (202, body["id"])


def test_a_repeat_with_the_same_key_gets_the_same_held_answer(erp, one):
    first, second = (erp.post("/invoices", invoice_row(one, price=WRONG), key="k-held") for _ in range(2))
    assert (first.status_code, second.status_code, first.content) == (202, 202, second.content)
    assert "Idempotent-Replayed" not in first and second["Idempotent-Replayed"] == "true"
    assert Draft.objects.count() == 1
    is_problem(erp.post("/invoices", invoice_row(one), key="k-held"), 422, "idempotency_key_reused")
    assert erp.post("/invoices", invoice_row(one), key="k-good").status_code == 201
    late = erp.post("/invoices", invoice_row(one, price=WRONG), key="k-held")
    assert (late.status_code, late.content) == (202, first.content), "the first answer stands for its key, whatever came after"
    assert Invoice.objects.count() == 1


def test_drafts_are_read_by_state_and_by_the_senders_id(erp, us, one):
    held = erp.post("/invoices", invoice_row(one, price=WRONG)).json()
    two = life(us, 2)
    erp.post("/invoices", invoice_row(two, price=WRONG))
    erp.post("/invoices", invoice_row(two))
    everything = erp.get("/drafts").json()["data"]
    assert [(d["number"], d["state"]) for d in everything] == [("INV-1", "held"), ("INV-2", "issued")]
    (row,) = erp.get("/drafts?state=held").json()["data"]
    assert row == {k: v for k, v in held.items() if k != "document"}
    for query, numbers in (
        ("external_id=x-INV-2&source_system=erp", ["INV-2"]), (f"customer=cus_{one['customer'].pk}", ["INV-1"]), ("company=NONE", []),
        ("number=INV-2", ["INV-2"]),
    ):  # fmt: skip
        assert [d["number"] for d in erp.get(f"/drafts?{query}").json()["data"]] == numbers, query
    is_problem(erp.get("/drafts?state=lost"), 422, "invalid")
    whole = erp.get(f"/drafts/{held['id']}").json()
    assert whole == held
    issued = erp.get(f"/drafts/{everything[1]['id']}").json()
    assert issued["invoice"] == f"inv_{Invoice.objects.get().pk}" and issued["findings"] == []
    is_problem(erp.get("/drafts/drf_999999"), 404, "not_found")


def test_drafts_of_other_companies_are_not_in_sight(erp, one):
    held = erp.post("/invoices", invoice_row(one, price=WRONG)).json()["id"]
    stranger = caller(companies=[make_company("DE01")])
    assert stranger.get("/drafts").json()["data"] == []
    is_problem(stranger.get(f"/drafts/{held}"), 404, "not_found")
    is_problem(again(stranger, held), 404, "not_found")
    reader = caller("invoices:read")
    assert reader.get(f"/drafts/{held}").status_code == 200
    is_problem(again(reader, held), 403)


def test_the_check_is_asked_for_again_after_the_cause_was_mended(erp, one):
    WorkOrder.objects.filter(pk=one["job"].pk).update(signed_off_by="", signed_off_on=None, state="started", completed_on=None)
    held = erp.post("/invoices", invoice_row(one)).json()
    assert {f["state"] for f in held["findings"]} == {"open"}
    same = again(erp, held["id"])
    assert (same.status_code, same.json()["state"], len(same.json()["findings"])) == (200, "held", len(held["findings"]))
    one["job"].save()
    clear = again(erp, held["id"]).json()
    assert (clear["state"], clear["at_stake"], clear["findings"], clear["held_since"]) == ("clear", "0.00", [], None)
    assert not Invoice.objects.exists(), "a look at it issues nothing"
    assert erp.post("/invoices", invoice_row(one)).status_code == 201
    is_problem(again(erp, held["id"]), 422, "refused")
    is_problem(erp.post(f"/drafts/{held['id']}/check", {"force": True}, key=None), 422)


def test_bulk_tells_held_rows_apart_and_the_control_total_counts_them(erp, us, one):
    good, bad = invoice_row(life(us, 2)), {**invoice_row(one, "BAD"), "customer": {"external_id": "nobody"}}
    held = invoice_row(one, price=WRONG)
    total = {"rows": [held, good], "control": {"count": 2, "total": "3150.00"}}
    is_problem(erp.post("/invoices/bulk", {**total, "control": {"total": "1500.00"}}), 422, "control_total")
    assert not Draft.objects.exists(), "a call whose total is wrong leaves nothing"
    dry = erp.post("/invoices/bulk", {**total, "dry_run": True}, key=None)
    assert [(r["outcome"], r["draft"], r["id"]) for r in dry.json()["results"]] == [("held", None, None), ("created", None, None)]
    assert [f["rule"] for f in dry.json()["results"][0]["findings"]] == ["price"] and not Draft.objects.exists()
    answer = erp.post("/invoices/bulk", {**total, "mode": "atomic"}, key="k-bulk")
    assert answer.status_code == 207
    first, second = answer.json()["results"]
    assert answer.json()["summary"] == {
        "created": 1, "updated": 0, "unchanged": 0, "held": 1, "rejected": 0, "rows": 2, "dry_run": False,
    }  # fmt: skip
    assert (first["outcome"], first["id"], first["draft"], first["errors"]) == ("held", None, f"drf_{Draft.objects.get().pk}", [])
    assert [f["rule"] for f in first["findings"]] == ["price"] and second["findings"] == []
    replayed = erp.post("/invoices/bulk", {**total, "mode": "atomic"}, key="k-bulk")
    assert replayed.content == answer.content and replayed["Idempotent-Replayed"] == "true"
    again_ = erp.post("/invoices/bulk", {"rows": [held, good, bad]}).json()
    assert [r["outcome"] for r in again_["results"]] == ["held", "unchanged", "rejected"]
    assert (Draft.objects.count(), Invoice.objects.count()) == (1, 1)


def test_warned_ones_are_issued_and_said_and_a_rule_may_stand_for_itself(erp, us):
    policy(us, "warn")
    answer = erp.post("/invoices", invoice_row(life(us), price=WRONG))
    assert answer.status_code == 201
    (row,) = erp.post("/invoices/bulk", {"rows": [invoice_row(life(us, 2), price=WRONG)]}).json()["results"]
    assert (row["outcome"], row["draft"], [(f["rule"], f["severity"]) for f in row["findings"]]) == ("created", None, [("price", "warn")])
    policy(us, "warn", rules={"price": "hold"})
    assert erp.post("/invoices", invoice_row(life(us, 3), price=WRONG)).status_code == 202
    policy(us, "hold", rules={"price": "warn"})
    assert erp.post("/invoices", invoice_row(life(us, 4), price=WRONG)).status_code == 201
    policy(us, "hold", rules={"price": "record"})
    (row,) = erp.post("/invoices/bulk", {"rows": [invoice_row(life(us, 5), price=WRONG)]}).json()["results"]
    assert (row["outcome"], row["findings"]) == ("created", [])


HEADINGS = (
    "Company,Invoice number,Customer number,Currency,Invoice date,PO,Order,Article,Quantity,Unit,Unit price,PO line,Order line,WO,Contract"
)


def listed(*rows):
    """The invoices of lives as a CSV; a row is a life and a price."""
    lines = [HEADINGS]
    for found, price in rows:
        n, customer = found["n"], found["customer"]
        lines.append(
            f"US01,INV-{n},{customer.number},USD,2026-08-15,PO-{n},SO-{n},SRV,10,HUR,{price},1,1,WO-{n},CTR-{n}"
        )  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def test_a_list_with_a_held_row_goes_through_and_the_job_names_the_draft(erp, us, one):
    job = finished(erp, send(erp, "invoices", listed((one, WRONG), (life(us, 2), "150.00")), mode="atomic"))
    assert (job["state"], job["counts"]) == ("done", {"held": 1, "created": 1})
    draft = Draft.objects.get()
    held, good = job["results"]
    assert (held["line"], held["number"], held["outcome"], held["id"], held["draft"]) == (2, "INV-1", "held", None, f"drf_{draft.pk}")
    assert held["findings"] == [draft.findings.get().words]
    assert (good["outcome"], good["draft"], good["findings"]) == ("created", None, [])
    assert (draft.state, draft.origin, draft.at_stake) == ("held", "import", 150_00)
    assert erp.get(f"/drafts/{held['draft']}").json()["state"] == "held"


def test_a_held_jsonl_document_is_named_too(erp, us, one):
    lines = [json.dumps(invoice_row(one, price=WRONG)), json.dumps(invoice_row(life(us, 2)))]
    job = finished(erp, send(erp, "invoices", "\n".join(lines).encode(), name="rows.jsonl"))
    assert [(r["outcome"], r["draft"]) for r in job["results"]] == [("held", f"drf_{Draft.objects.get().pk}"), ("created", None)]


def test_the_pages_of_a_list_say_what_is_held_before_and_after(client, us, one):
    client.force_login(make_user("specialist", us))
    file = SimpleUploadedFile("list.csv", listed((one, WRONG), (life(us, 2), "150.00")))
    url = client.post(reverse("invoicing:import"), {"file": file, "source": "billing", "company": us.pk}).url
    client.post(url, mapping_form(client, url))
    client.post(f"{url}check/")
    before = client.get(url).content.decode()
    assert "Why the check would hold it" in before and ">held</span>" in before, "the preview's row is marked, too"
    assert not Draft.objects.exists() and not Invoice.objects.exists() and "exceptions/" not in before.partition('id="held"')[2]
    client.post(f"{url}confirm/", {"mode": "atomic"})
    found = InvoiceImport.objects.get()
    run_job(job_id=found.job_id, now=clock.now())
    found.refresh_from_db()
    assert found.counts == {"held": 1, "created": 1}
    assert found.totals == [["invoice", "USD", 1, 1500_00]], "what is held is not among what was issued"
    after = client.get(url).content.decode()
    draft = Draft.objects.get()
    assert "Why the check holds it" in after and reverse("invoicing:exception", args=[draft.pk]) in after
    assert draft.findings.get().words[1:] in html.unescape(after)


def test_a_list_that_is_held_whole_can_be_kept(client, us, one):
    client.force_login(make_user("specialist", us))
    file = SimpleUploadedFile("list.csv", listed((one, WRONG)))
    url = client.post(reverse("invoicing:import"), {"file": file, "source": "billing", "company": us.pk}).url
    client.post(f"{url}check/")
    assert "Keep 1 as draft" in client.get(url).content.decode()
    client.post(f"{url}confirm/", {"mode": "atomic"})
    run_job(job_id=InvoiceImport.objects.get().job_id, now=clock.now())
    assert ">Held by the check</h2>" in client.get(url).content.decode() and Draft.objects.get().state == "held"
