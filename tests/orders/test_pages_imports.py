"""Lists of records in the browser: brought, mapped, previewed, checked, confirmed, corrected and brought again."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from arops.lib import clock
from orders.models import Contract, ListImport, PurchaseOrder, SalesOrder
from tests.factories import make_company, make_customer, make_user
from tests.orders.worlds import DAY, make_life
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
ORDERS = (
    "Auftrag;Kunde;Datum;Curr;Artikel;Menge;Preis\n"
    "A-1;K-1;03.04.2026;USD;PUMP;2;1.150,25\nA-1;K-1;;;SEAL;1;50,00\nA-2;K-9;05.04.2026;USD;=cmd;1;10\nA-3;K-1;31.02.2026;USD;SEAL;x;10\n"
)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


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


def bring(client, us, kind="orders", content=ORDERS, name="list.csv", source="SAP"):
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(
        reverse(f"orders:{kind}-import"), {"file": SimpleUploadedFile(name, content), "source": source, "company": us.pk}
    )  # fmt: skip


def mapping(client, url, **changes):
    form = client.get(url).context["form"]
    return {name: value for name, value in form.initial.items() if name in form.fields} | changes


def run(found=None):
    run_job(job_id=(found or ListImport.objects.latest("pk")).job_id, now=clock.now())


def test_from_the_file_to_the_orders(client, us):
    url = bring(client, us).url
    answer = client.get(url)
    body = answer.content.decode()
    assert "separated by semicolons" in body and "Check all 4 rows" in body
    rows = answer.context["view"].rows
    assert [row.outcome for row in rows] == ["created", "", "rejected", "rejected"]
    wrong = {cell.field: cell.problems for cell in rows[3].cells if cell.problems}
    assert "is a day such as" in wrong["ordered_on"][0] and "plain number" in wrong["line_quantity"][0]
    assert "no such customer" in {c.field: c.problems for c in rows[2].cells}["customer"][0]
    client.post(f"{url}check/")
    body = client.get(url).content.decode()
    assert "What would become of it" in body and "The good ones alone" in body and not SalesOrder.objects.exists()
    client.post(f"{url}confirm/", {"mode": "partial"})
    assert "Importing" in client.get(f"{url}?progress", headers={"HX-Request": "true"}).content.decode()
    run()
    assert client.get(f"{url}?progress", headers={"HX-Request": "true"})["HX-Redirect"] == url
    order = SalesOrder.objects.get()
    assert (order.number, str(order.ordered_on)) == ("A-1", "2026-04-03")
    assert [(line.number, line.sku, str(line.unit_price)) for line in order.lines.all()] == [
        (1, "PUMP", "1150.25000000"), (2, "SEAL", "50.00000000"),
    ]  # fmt: skip


def test_all_or_nothing_keeps_nothing_and_then_the_good_ones(client, us):
    url = bring(client, us).url
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "atomic"})
    run()
    assert not SalesOrder.objects.exists() and "Import the good ones alone" in client.get(url).content.decode()
    client.post(f"{url}confirm/", {"mode": "partial"})
    run()
    assert SalesOrder.objects.count() == 1


def test_refused_rows_come_back_as_a_sheet_that_can_be_corrected(client, us):
    url = bring(client, us).url
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "partial"})
    run()
    book = load_workbook(io.BytesIO(client.get(f"{url}refused.xlsx").content))
    head, *rows = book["Rows"].iter_rows(values_only=True)
    assert head[-1] == "Problem" and [row[0] for row in rows if row[0]] == ["A-2", "A-3"] and "no such customer" in rows[0][-1]
    sheet = book["Rows"]
    sheet.cell(2, 2).value, sheet.cell(3, 3).value, sheet.cell(3, 6).value = "K-1", "2026-02-28", 3
    out = io.BytesIO()
    book.save(out)
    again = bring(client, us, content=out.getvalue(), name="refused.xlsx").url
    client.post(f"{again}check/")
    assert ListImport.objects.get(pk=int(again.rstrip("/").rpartition("/")[2])).counts == {"created": 2}


def test_columns_with_other_names_are_mapped_and_remembered(client, us):
    content = "Nr,Who,When,What,How many,Each\nB-1,K-1,2026-04-03,Work,2,10.50\n"
    url = bring(client, us, content=content, source="Odd").url
    assert "Which column holds the number?" in client.get(url).content.decode()
    assert "Check all 1 rows" not in client.get(url).content.decode()
    columns = dict(zip((f"column_{n}" for n in range(6)), ["number", "customer", "ordered_on", "line_description", "line_quantity",
                                                           "line_unit_price"], strict=True))  # fmt: skip
    twice = client.post(url, mapping(client, url, **columns | {"column_1": "number"}))
    assert twice.status_code == 422 and "is read from" in twice.content.decode()
    assert client.post(url, mapping(client, url, **columns)).status_code == 302
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "atomic"})
    run()
    assert SalesOrder.objects.get().number == "B-1"
    again = bring(client, us, content=content.replace("B-1", "B-2"), source="odd").url
    assert client.get(again).context["view"].questions == []


def test_what_can_be_read_two_ways_is_asked(client, us):
    url = bring(client, us, content='Order,Customer,Date,Qty,Price\nC-1,K-1,03/04/2026,1,"1,234"\n').url
    body = client.get(url).content.decode()
    assert "3 April 2026 or 4 March 2026" in body and "before decimals or between thousands" in body
    client.post(url, mapping(client, url, date_order="mdy", decimal="."))
    client.post(f"{url}check/")
    assert ListImport.objects.get().counts == {"created": 1}


@pytest.mark.parametrize("kind", ["contracts", "purchase-orders", "orders", "deliveries", "work-orders"])
def test_the_sheet_to_fill_in_can_be_read(client, us, kind):
    acme = make_customer(us, "C", number="C-100", currency="EUR")
    if kind == "deliveries":
        life = make_life(acme, "1001")
        SalesOrder.objects.filter(pk=life.order.pk).update(number="SO-1001")
    content = client.get(reverse("orders:import-template", args=[kind])).content
    url = bring(client, us, kind, content, "sheet.xlsx").url
    client.post(f"{url}check/")
    found = ListImport.objects.get()
    wanted = [] if kind != "work-orders" else ["order"]
    assert [p["field"] for o in found.outcomes for p in o["problems"]] == wanted, found.outcomes


def test_amendments_and_purchase_orders_by_list(client, us):
    url = bring(
        client, us, "contracts",
        "number,customer,title,version,valid from,article,unit,price\n"
        "C-7,K-1,Upkeep,1,2025-01-01,HR,HUR,100\nC-7,K-1,Upkeep,2,2026-01-01,HR,HUR,120\nC-7,K-1,Upkeep,2,2026-01-01,KM,KMT,1\n",
    ).url  # fmt: skip
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "atomic"})
    run()
    assert [(v.number, v.prices.count()) for v in Contract.objects.get().versions.all()] == [(1, 1), (2, 2)]
    url = bring(client, us, "purchase-orders", "PO,Customer,Issued,Contract,Amount\n77,K-1,2026-02-01,C-7,5000\n").url
    client.post(f"{url}check/")
    client.post(f"{url}confirm/", {"mode": "atomic"})
    run()
    assert PurchaseOrder.objects.get().contract.number == "C-7"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"%PDF-1.7", "his is a PDF file"), (b"", "empty"), (b"a,b\n\"x", "quote"), (b"Order,Customer\n", "no rows")],
)  # fmt: skip
def test_files_that_are_no_lists_are_refused_with_the_reason(client, us, content, said):
    answer = bring(client, us, content=content)
    assert answer.status_code == 422 and said in answer.content.decode()


def test_nobody_elses_lists(client, us):
    url = bring(client, us).url
    other, reader = Client(), Client()
    other.force_login(make_user("specialist", us))
    reader.force_login(make_user("sales", us))
    assert other.get(url).status_code == other.post(f"{url}check/").status_code == 404
    assert reader.get(url).status_code == 403
    assert client.post(f"{url}confirm/", {"mode": "atomic"}).status_code == 302 and ListImport.objects.get().job is None
    client.post(f"{url}cancel/")
    assert ListImport.objects.get().state == "cancelled"
