"""Every page answers to those who may see it, shows the same figures as its files, and hides what is out of sight."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from customers.models import Contact
from ledger.models import Entry, Period
from tests.factories import apply, contest, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def world():
    us, other = make_company("US01"), make_company("XX01")
    keller = make_user("specialist", us, scope="portfolio")
    acme = make_customer(us, "Acme", collector=keller, credit_limit=500_00)
    bolt = make_customer(us, "Bolt")
    foreign = make_customer(other, "Foreign")
    Contact.objects.create(customer=acme, name="Eva Lund", email="eva@acme.example")
    late = issue(acme, 300_00, day=date(2026, 6, 1), due=date(2026, 7, 1), number="INV-LATE")
    issue(acme, 100_00, day=date(2026, 9, 20), number="INV-NEW")
    issue(bolt, 40_00, day=date(2026, 9, 1), due=date(2026, 9, 15), number="INV-BOLT")
    theirs = issue(foreign, 77_00, number="INV-FOREIGN")
    cash = receive(acme, 90_00, day=date(2026, 9, 25))
    entry = apply(cash, (late, 50_00), day=date(2026, 9, 26))
    contest(
        company=us, customer=acme, open_item=late, number="D-1", reason="price", amount=60_00, currency="USD", due_date=DAY,
        opened_on=DAY, opened_by="user:1", source="t:1", customer_words="Your price list says <b>12.00</b>",
    )  # fmt: skip
    return {
        "us": us,
        "other": other,
        "keller": keller,
        "acme": acme,
        "bolt": bolt,
        "foreign": foreign,
        "late": late,
        "theirs": theirs,
        "entry": entry,
    }


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def pages(world):
    acme, late, entry = world["acme"].pk, world["late"].pk, world["entry"]
    return [
        reverse("reports:dashboard"),
        reverse("reports:dashboard") + "?as_of=2026-08-31&compare=year&company=US01",
        *(
            reverse("reports:aging") + f"?by={by}"
            for by in ("customer", "collector", "segment", "currency", "company", "parent", "company,collector")
        ),
        reverse("reports:aging") + "?basis=document&buckets=7,14&credits=aged&known_at=2026-09-30",
        reverse("reports:items"),
        reverse("reports:items") + "?part=overdue",
        reverse("reports:items") + "?part=4&disputed=1",
        reverse("reports:movements"),
        reverse("reports:movements") + "?cause=sales&since=2026-06-01",
        reverse("reports:search") + "?q=acme",
        reverse("customers:list"),
        reverse("customers:list") + "?q=ac&state=overdue&sort=name",
        reverse("customers:detail", args=[acme]),
        *(reverse("customers:tab", args=[acme, t]) for t in ("timeline", "disputes", "payments", "contacts")),
        reverse("customers:tab", args=[acme, "timeline"]) + "?lane=money",
        reverse("customers:statement", args=[acme]),
        reverse("ledger:item", args=[late]),
        reverse("ledger:entry", args=[entry]),
        reverse("ledger:periods"),
    ]


@pytest.mark.parametrize("role", ["specialist", "senior", "supervisor", "credit_manager", "collections_manager", "controller", "auditor"])
def test_every_page_answers_every_role_of_the_team(world, role):
    client = enter(make_user(role, world["us"]))
    for address in pages(world):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert b"{{" not in answer.content and b"style=" not in answer.content, address


def test_without_the_permission_the_reports_are_forbidden(world):
    client = enter(make_user("collaborator", world["us"]))
    assert [client.get(a).status_code for a in pages(world) if "/search/" not in a] == [403] * (len(pages(world)) - 1)


def test_what_is_out_of_sight_is_not_found_and_not_told(world):
    client = enter(world["keller"])
    for address in (
        reverse("customers:detail", args=[world["bolt"].pk]), reverse("customers:statement", args=[world["bolt"].pk]),
        reverse("customers:tab", args=[world["foreign"].pk, "timeline"]), reverse("ledger:item", args=[world["theirs"].pk]),
        reverse("ledger:entry", args=[world["theirs"].opened_by_id]), reverse("reports:aging") + "?company=XX01",
        reverse("reports:items") + f"?customer={world['bolt'].pk}", reverse("customers:tab", args=[world["acme"].pk, "nonsense"]),
        reverse("reports:dashboard") + f"?company={world['other'].pk}", reverse("ledger:entry", args=[999999999]),
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    for address in pages(world):
        body = client.get(address).content
        assert b"INV-BOLT" not in body and b"INV-FOREIGN" not in body and b"Bolt" not in body, address


def test_search_finds_within_sight_and_by_number_name_and_amount(world):
    mine, whole = enter(world["keller"]), enter(make_user("senior", world["us"]))

    def found(client, text):
        return [r["label"] for r in client.get(reverse("reports:search"), {"q": text, "format": "json"}).json()["results"]]

    assert found(whole, "bolt") == ["Bolt", "INV-BOLT · Bolt"]
    assert found(mine, "bolt") == []
    assert found(mine, "INV-LATE")[0].startswith("INV-LATE")
    assert found(mine, "250.00") == ["INV-LATE · Acme"]
    assert found(mine, "D-1") == ["D-1 · Acme"]
    assert found(mine, "x") == []
    assert found(whole, "%") == []


def test_what_customers_wrote_is_text(world):
    body = enter(make_user("senior", world["us"])).get(reverse("customers:tab", args=[world["acme"].pk, "disputes"])).content.decode()
    assert "&lt;b&gt;12.00" in body


def test_the_files_hold_the_rows_of_the_screen_and_a_control_total(world):
    client = enter(make_user("controller", world["us"]))
    address = reverse("reports:aging") + "?by=customer&as_of=2026-09-30"
    shown = client.get(address)
    assert "350.00" in shown.content.decode()
    rows = list(csv.DictReader(io.StringIO(client.get(address + "&format=csv").content.decode("utf-8-sig"))))
    assert [(r["Customer"], r["Total"], r["61–90"], r["90+"]) for r in rows] == [
        ("Acme", "310.00", "0.00", "250.00"),
        ("Bolt", "40.00", "0.00", "0.00"),
    ]
    book = load_workbook(io.BytesIO(client.get(address + "&format=xlsx").content))
    sheet = {row[0].value: row for row in book["Rows"].iter_rows()}
    assert sheet["Total USD"][8].value == 350
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert about["As of"] == "2026-09-30"
    assert about["Total USD"] == "350.00"


def test_taking_data_out_needs_its_own_permission(world):
    client = enter(make_user("sales", world["us"]))
    assert client.get(reverse("customers:list")).status_code == 200
    assert client.get(reverse("customers:list") + "?format=csv").status_code == 403


def test_a_question_that_makes_no_sense_is_answered_with_the_reason(world):
    client = enter(make_user("controller", world["us"]))
    for query, said in (
        ("as_of=nonsense", "as of"), ("buckets=30,10", "buckets"), ("by=weather", "by"), ("part=9", "part"), ("currency=ZZZ", "currency"),
        ("as_of=0206-01-01", "1990"), ("known_at=yesterday", "known at"),
    ):  # fmt: skip
        answer = client.get(reverse("reports:aging") + "?" + query)
        assert answer.status_code == 400
        assert said in answer.content.decode()


def test_the_statement_foots_and_its_files_agree(world):
    client = enter(make_user("senior", world["us"]))
    address = reverse("customers:statement", args=[world["acme"].pk]) + "?first=2026-07-01"
    body = client.get(address).content.decode()
    assert "Equal to the balance" in body and "off the balance" not in body
    rows = list(csv.DictReader(io.StringIO(client.get(address + "&format=csv").content.decode("utf-8-sig"))))
    assert sorted(r["Open"] for r in rows) == ["-40.00", "100.00", "250.00"]


def test_the_page_of_a_customer_costs_a_fixed_number_of_queries(world, django_assert_max_num_queries):
    client = enter(make_user("senior", world["us"]))
    address = reverse("customers:detail", args=[world["acme"].pk])
    for n in range(40):
        issue(world["acme"], 10_00 + n, day=DAY - timedelta(days=n))
    client.get(address)
    with django_assert_max_num_queries(42):
        client.get(address)


@pytest.mark.parametrize(
    ("name", "most"),
    [("reports:dashboard", 62), ("reports:aging", 20), ("reports:items", 20), ("reports:movements", 20), ("customers:list", 20)],
)
def test_reports_cost_a_fixed_number_of_queries(world, django_assert_max_num_queries, name, most):
    client = enter(make_user("senior", world["us"]))
    for n in range(30):
        issue(make_customer(world["us"]), 10_00 + n, day=DAY - timedelta(days=3 * n))
    client.get(reverse(name))
    with django_assert_max_num_queries(most):
        assert client.get(reverse(name)).status_code == 200


def test_a_period_is_closed_by_its_name_and_opened_again_by_another_person_with_a_reason(world):
    ruth, second = make_user("controller", world["us"]), make_user("controller", world["us"])
    period = Period.objects.get(company=world["us"], name="2026-05")
    close, again = reverse("ledger:period-close", args=[period.pk]), reverse("ledger:period-reopen", args=[period.pk])
    assert enter(ruth).post(close, {"name": "2026-06"}).status_code == 422
    assert enter(make_user("senior", world["us"])).post(close, {"name": "2026-05"}).status_code == 403
    assert enter(make_user("controller", world["other"])).post(close, {"name": "2026-05"}).status_code == 404
    assert enter(ruth).post(close, {"name": "2026-05"}).status_code == 302
    assert enter(ruth).post(again, {"name": "2026-05", "reason": "late invoice"}).status_code == 422
    assert enter(second).post(again, {"name": "2026-05"}).status_code == 422
    period.refresh_from_db()
    assert period.state == "closed"
    assert enter(second).post(again, {"name": "2026-05", "reason": "late invoice"}).status_code == 302
    period.refresh_from_db()
    assert period.state == "open"


def test_an_item_tells_what_moved_it_and_an_entry_what_it_did(world):
    client = enter(make_user("senior", world["us"]))
    body = client.get(reverse("ledger:item", args=[world["late"].pk])).content.decode()
    assert "Lines sum to the open balance" in body and "250.00" in body
    entry = Entry.objects.get(pk=world["entry"])
    assert entry.source in client.get(reverse("ledger:entry", args=[entry.pk])).content.decode()
