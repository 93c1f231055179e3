"""The order's life over the API: written, read back, listed, imported; each of the five kinds by the same calls."""

import io
import json
import re
from pathlib import Path

import pytest
from openpyxl import Workbook

from customers.models import Customer
from orders.models import Contract, Delivery, PurchaseOrder, SalesOrder, UnitConversion, WorkOrder
from tests.api.conftest import caller
from tests.api.test_conventions import is_problem, pointers
from tests.api.test_imports import finished, send
from tests.factories import make_company, make_customer
from tests.orders import rows

pytestmark = pytest.mark.django_db
KINDS = {
    "contracts": (rows.contract, Contract), "purchase-orders": (rows.purchase_order, PurchaseOrder), "orders": (rows.order, SalesOrder),
    "deliveries": (rows.delivery, Delivery), "work-orders": (rows.work_order, WorkOrder),
}  # fmt: skip


def outcomes(answer):
    return [row["outcome"] for row in answer.json()["results"]]


@pytest.fixture
def chain(erp, acme: Customer):
    """One of each, over the API."""
    made = {}
    for path, (row, _) in KINDS.items():
        answer = erp.post(f"/{path}", row(acme))
        assert answer.status_code == 201, answer.content
        made[path] = answer.json()
    return made


@pytest.mark.parametrize("path", KINDS)
def test_what_is_read_may_be_sent_back(erp, acme, chain, path):
    body = chain[path]
    number = body["number"]
    assert erp.get(f"/{path}/{body['id']}").json() == body == erp.get(f"/{path}/by-external-id/erp/X-{number}").json()
    ours = {name: value for name, value in body.items() if name not in ("id", "revision", "updated_at")}
    again = erp.put(f"/{path}/by-external-id/erp/X-{number}", ours, key=None)
    assert again.status_code == 200 and again.json() == body
    (listed,) = erp.get(f"/{path}?customer=cus_{acme.pk}&company=US01&number={number}").json()["data"]
    assert listed == {name: value for name, value in body.items() if name not in ("lines", "versions", "milestones_reached")}
    assert erp.get(f"/{path}", Accept="text/csv").content.decode().count(number) >= 1


@pytest.mark.parametrize("path", KINDS)
def test_bulk_and_refusals(erp, acme, chain, path):
    row = KINDS[path][0]
    answer = erp.post(f"/{path}/bulk", {"rows": [row(acme), row(acme, "N-2"), {}, {**row(acme, "N-3"), "x": 1}]})
    assert answer.status_code == 207 and outcomes(answer) == ["unchanged", "created", "rejected", "rejected"]
    assert answer.json()["results"][3]["errors"][0]["pointer"] == "/x"
    is_problem(erp.post(f"/{path}", row(acme, "N-2", external_id="other")), 409, "conflict")
    is_problem(caller("orders:read").post(f"/{path}", row(acme, "N-4")), 403)
    is_problem(caller("invoices:read").get(f"/{path}"), 403)
    elsewhere = caller("orders:read", companies=[make_company("XX01")])
    assert elsewhere.get(f"/{path}").json()["data"] == []
    is_problem(elsewhere.get(f"/{path}/{chain[path]['id']}"), 404)
    assert pointers(erp.get(f"/{path}?state=nonsense")) == ["?state"]
    assert pointers(erp.get(f"/{path}?dated_from=soon")) == ["?dated_from"]


def test_lists_follow_the_chain(erp, acme, chain):
    order, agreed = chain["orders"]["id"], chain["contracts"]["id"]
    erp.put("/work-orders/by-external-id/erp/X-WO-1", {"company": "US01", "order": order, "contract": agreed, "completed_on": "2026-08-09"})
    for query in (f"order={order}", f"contract={agreed}", "state=done", "state=unsigned", "dated_from=2026-08-05&dated_to=2026-08-05"):
        assert [w["number"] for w in erp.get(f"/work-orders?{query}").json()["data"]] == ["WO-1"], query
    assert erp.get("/work-orders?state=open").json()["data"] == []
    assert [d["number"] for d in erp.get(f"/deliveries?order={order}").json()["data"]] == ["DL-1"]


def test_an_amendment_is_a_new_number(erp, acme, chain):
    changed = rows.version(prices=[{"sku": "SRV", "unit": "HUR", "unit_price": "120.00"}])
    answer = erp.post("/contracts", rows.contract(acme, versions=[changed]))
    is_problem(answer, 422, "version_exists")
    amended = erp.post("/contracts", rows.contract(acme, versions=[{**changed, "number": 2, "valid_from": "2026-07-01"}]))
    assert amended.status_code == 200 and [v["number"] for v in amended.json()["versions"]] == [1, 2]


def test_prices_in_force(erp, acme, chain):
    second = rows.version(2, valid_from="2026-07-01", prices=[{"sku": "SRV", "unit": "HUR", "unit_price": "120.00"}], escalator_percent="5")
    assert erp.post("/contracts", rows.contract(acme, versions=[second])).status_code == 200

    def prices(query):
        return {(p["sku"], p["version"], p["unit_price"]) for p in erp.get(f"/price-lists?{query}").json()["data"]}

    assert prices("on=2026-06-30") == {("SRV", 1, "100"), ("PART", 1, "12.5")}
    assert prices("on=2026-07-01") == {("SRV", 2, "120")}
    assert prices("on=2027-07-01&sku=SRV") == {("SRV", 2, "126")}
    assert prices(f"on=2026-07-01&customer=cus_{make_customer(acme.company).pk}") == set()
    assert prices("on=2025-12-31") == set()
    assert erp.put("/contracts/by-external-id/erp/X-CT-1", {"company": "US01", "ended_on": "2026-08-01"}).status_code == 200
    assert prices("on=2026-08-01") == set()


def test_units(erp):
    row = {"company": "US01", "from_unit": "CS", "to_unit": "EA", "factor": "12"}
    assert erp.post("/unit-conversions", row).status_code == 201
    assert erp.post("/unit-conversions", {**row, "factor": "24"}).json()["factor"] == "24"
    assert outcomes(erp.post("/unit-conversions/bulk", {"rows": [row, {**row, "sku": "PART"}, {**row, "to_unit": "CS"}]})) == [
        "updated", "created", "rejected"]  # fmt: skip
    assert len(erp.get("/unit-conversions?from_unit=CS").json()["data"]) == 2
    assert UnitConversion.objects.get(sku="").factor == 12


def test_orders_by_csv_with_a_row_for_each_line(erp, acme):
    content = (
        "company;customer;number;external_id;ordered_on;line_sku;line_unit;line_quantity;line_unit_price;line_is_service\n"
        f"US01;{acme.number};SO-1;X-1;2026-08-05;SRV;HUR;8;100.00;yes\n"
        ";;;;;PART;EA;4;12.50;no\n"
        "US01;C-100;SO-2;X-2;2026-08-06;PART;EA;four;12.50;no\n"
        "US01;C-100;SO-3;X-3;2026-08-06;PART;EA;1;12.50;no\n"
        "US01;C-100;SO-3;X-3;2026-08-07;PART;EA;1;12.50;no\n"
        "US01;C-100;SO-4;X-4;;PART;EA;1;12.50;no\n"
    ).encode()
    job = finished(erp, send(erp, "orders", content))
    assert job["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 3}
    assert [(r["line"], r["outcome"]) for r in job["results"]] == [(2, "created"), (4, "rejected"), (5, "rejected"), (7, "rejected")]
    bad, torn, empty = (r["errors"][0] for r in job["results"][1:])
    assert (bad["line"], bad["column"], bad["code"]) == (4, "line_quantity", "invalid_number")
    assert (torn["line"], torn["column"], torn["code"]) == (6, "ordered_on", "differs")
    assert (empty["line"], empty["column"], empty["code"]) == (7, "ordered_on", "required")
    assert [(x.sku, x.is_service) for x in SalesOrder.objects.get().lines.all()] == [("SRV", True), ("PART", False)]
    atomic = finished(erp, send(erp, "orders", content, key="f2", mode="atomic"))
    assert atomic["counts"]["rejected"] == 4 and SalesOrder.objects.count() == 1


def test_contracts_by_workbook(erp, acme):
    book = Workbook()
    for cells in (
        ["company", "customer", "number", "version_number", "version_valid_from", "version_escalator_percent", "price_sku", "price_unit",
         "price_unit_price", "step_code", "step_name", "step_amount", "milestone_code", "milestone_reached_on"],
        ["US01", acme.number, "CT-9", 1, "2026-01-01", 3, "SRV", "HUR", 100, "M1", "Foundation", "1000.00", "M1", "2026-08-01"],
        ["US01", acme.number, "CT-9", 1, "", "", "PART", "EA", 12.5],
        ["US01", acme.number, "CT-9", 2, "2026-07-01", "", "SRV", "HUR", 110],
    ):  # fmt: skip
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    job = finished(erp, send(erp, "contracts", out.getvalue(), name="contracts.xlsx"))
    assert job["counts"]["created"] == 1, job["results"]
    first, second = Contract.objects.get().versions.all()
    assert [(p.sku, p.unit_price) for p in first.prices.all()] == [("SRV", 100), ("PART", 12.5)]
    assert (second.number, second.prices.count(), Contract.objects.get().reached.count()) == (2, 1, 1)


def test_a_list_with_a_foreign_heading_or_as_json(erp, acme):
    job = finished(erp, send(erp, "purchase-orders", b"company,nubmer\nUS01,1\n"))
    assert job["state"] == "failed" and "nubmer" in job["error"]
    job = finished(
        erp, send(erp, "unit-conversions", b'{"company":"US01","from_unit":"CS","to_unit":"EA","factor":"12"}\n{oops\n', key="f2")
    )
    assert [(r["line"], r["outcome"]) for r in job["results"]] == [(1, "created"), (2, "rejected")]


def test_the_examples_of_the_page_do_what_is_said(erp, acme):
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "orders.md").read_text()
    examples = re.findall(r"/api/v1/([a-z-]+)\" .*? -d '\n(.*?)'\n", page, re.S)
    assert [path for path, _ in examples] == ["contracts", "orders", "work-orders"]
    for path, body in examples:
        answer = erp.post(f"/{path}", json.loads(body))
        assert answer.status_code == 201, answer.content
    job = WorkOrder.objects.get()
    assert (job.state, job.order.contract.number, job.order.po_number) == ("done", "CT-5", "PO-55")
    make_customer(acme.company, source_system="erp", external_id="C-101")
    (listed,) = re.findall(r"```csv\n(.*?)```", page, re.S)
    found = finished(erp, send(erp, "orders", listed.encode()))
    assert found["counts"]["created"] == 2, found["results"]
