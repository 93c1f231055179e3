"""Reports over the API: the figures of the pages, within sight, as of any day."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.urls import reverse

from arops.lib import clock
from ledger.asof import Scope
from org.actors import Reach
from reports.selectors.equivalent import equivalent
from reports.selectors.figures import History
from reports.selectors.question import Question
from tests.api.conftest import caller
from tests.api.test_conventions import is_problem, pointers
from tests.factories import apply, contest, issue, make_company, make_customer, make_user, rate, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def world(us):
    keller = make_user("specialist", us, scope="portfolio", email="keller@test.example")
    acme, bolt = make_customer(us, "Acme", collector=keller), make_customer(us, "Bolt")
    late = issue(acme, 300_00, day=date(2026, 6, 1), due=date(2026, 7, 1), number="INV-LATE")
    issue(acme, 100_00, day=date(2026, 9, 20), number="INV-NEW")
    issue(bolt, 40_00, day=date(2026, 9, 1), due=date(2026, 9, 15), number="INV-BOLT")
    cash = receive(acme, 90_00, day=date(2026, 9, 25))
    apply(cash, (late, 50_00), day=date(2026, 9, 26))
    contest(
        company=us, customer=acme, open_item=late, number="D-1", reason="price", amount=60_00, currency="USD", due_date=DAY,
        opened_on=DAY, opened_by="user:1", source="t:1",
    )  # fmt: skip
    return {"us": us, "acme": acme, "bolt": bolt, "keller": keller, "late": late}


def test_ageing_gives_the_figures_of_the_page(world, client):
    erp = caller("reports:read")
    body = erp.get("/reports/aging").json()
    assert body["as_of"] == "2026-09-30" and body["buckets"] == ["current", "1–30", "31–60", "61–90", "90+"]
    assert [(r["customer"]["name"], r["total"], r["credits"], r["disputed"]) for r in body["data"]] == [
        ("Acme", "310.00", "-40.00", "60.00"), ("Bolt", "40.00", "0.00", "0.00")]  # fmt: skip
    assert body["data"][0]["buckets"]["90+"] == "250.00"
    assert body["ties"] == [{"currency": "USD", "items": "350.00", "journal": "350.00", "difference": "0.00"}]
    client.force_login(make_user("controller", world["us"]))
    page = client.get(reverse("reports:aging") + "?by=customer&format=csv").content.decode("utf-8-sig")
    assert [row["Total"] for row in csv.DictReader(io.StringIO(page))] == [r["total"] for r in body["data"]]


def test_ageing_as_of_a_day_by_anything_and_as_csv(world):
    erp = caller("reports:read")
    assert erp.get("/reports/aging?as_of=2026-09-24").json()["totals"][0]["total"] == "440.00"
    known = (clock.now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert erp.get(f"/reports/aging?known_at={known}").json()["data"] == []
    acme = f"cus_{world['acme'].pk}"
    assert [r["customer"]["id"] for r in erp.get(f"/reports/aging?customer={acme}").json()["data"]] == [acme]
    by = erp.get("/reports/aging?by=collector,company&collector=keller@test.example&basis=document&buckets=7,14&credits=aged").json()
    (row,) = by["data"]
    assert row["collector"]["id"] == "keller@test.example" and row["company"]["code"] == "US01" and row["total"] == "310.00"
    rows = list(csv.DictReader(io.StringIO(erp.get("/reports/aging", Accept="text/csv").content.decode())))
    assert rows[0]["customer.name"] == "Acme" and rows[0]["buckets.90+"] == "250.00"


@pytest.mark.parametrize("query", ["as_of=soon", "as_of=03/04/2026", "as_of=0206-01-01", "as_of=2026-W01-1", "by=weather", "buckets=30,10",
                                   "currency=ZZZ", "basis=x", "known_at=never", "credits=x", "part=9"])  # fmt: skip
def test_a_question_that_makes_no_sense_names_the_parameter(world, query):
    answer = caller("reports:read").get(f"/reports/aging?{query}")
    is_problem(answer, 422)
    assert pointers(answer) == [f"?{query.split('=')[0]}"]


def test_measures_are_those_of_the_selectors_with_formula_and_inputs(world):
    erp = caller("reports:read")
    body = erp.get("/reports/dso").json()
    history = History(Question(DAY, Scope(Reach(everything=True))), [DAY], equivalent([world["us"]], DAY), 90)
    expected = {code: str(m.rounded(2)) for code, m in history.measures(DAY).items()}
    told = {m["code"]: m["value"] for m in body["data"]}
    assert {code: told[code] for code in ("dso", "countback", "best_possible", "add")} == {
        code: expected[code] for code in ("dso", "countback", "best_possible", "add")}  # fmt: skip
    assert body["data"][0]["inputs"][0] == {"name": "Receivables", "value": "350.00", "unit": "money"} and body["data"][0]["formula"]
    assert erp.get("/reports/dso?days=30").json()["period_days"] == 30
    (cei, *_) = erp.get("/reports/collections-effectiveness?as_of=2026-09-30").json()["data"]
    assert cei["code"] == "cei" and cei["value"] == expected["cei"]
    is_problem(erp.get("/reports/dso?days=0"), 422)


def test_measures_of_several_companies_state_the_rates_of_their_day(world):
    rate("EUR", "USD", "1.0812", day=date(2026, 9, 1))
    rate("EUR", "USD", "1.5", day=DAY + timedelta(days=1))
    make_company()
    make_company(currency="EUR")
    make_company(code="JP09", currency="JPY")
    body = caller("reports:read").get("/reports/dso").json()
    assert body["currency"] == "USD" and body["companies_left_out"] == ["JP09"]
    assert body["rates"] == [{"currency": "EUR", "rate": "1.08120000"}]


def test_a_currency_narrows_the_measures_to_its_items_which_count_as_in_the_books(world, client):
    """100 euros booked at 1.05: 105 dollars, whatever the euro is worth today; the page says the same as the API."""
    rate("EUR", "USD", "1.05", day=date(2026, 9, 1))
    rate("EUR", "USD", "1.20", day=DAY)
    issue(world["bolt"], 100_00, day=date(2026, 9, 10), currency="EUR")
    body = caller("reports:read").get("/reports/dso?currency=EUR").json()
    assert body["currency"] == "USD"
    assert {"name": "Receivables", "value": "105.00", "unit": "money"} in body["data"][0]["inputs"]
    client.force_login(make_user("controller", world["us"]))
    shown = client.get(reverse("reports:dashboard") + "?currency=EUR").context["found"]
    assert (shown.equivalent.currency, shown.group.total, shown.top_whole) == ("USD", 105_00, 105_00)


def test_the_subledger_ties_to_its_control_accounts_as_of_any_day(world):
    rate("EUR", "USD", "1.1")
    issue(world["acme"], 10_00, currency="EUR", number="EUR-1")
    receive(None, 5_00, company=world["us"])
    erp = caller("reports:read")
    body = erp.get("/reports/reconciliation").json()
    assert body["ties"] is True
    assert [(r["account"], r["currency"], r["subledger"], r["control"], r["base_control"]) for r in body["data"]] == [
        ("1200", "EUR", "10.00", "10.00", "11.00"), ("1200", "USD", "350.00", "350.00", "350.00"),
        ("2100", "USD", "-5.00", "-5.00", "-5.00")]  # fmt: skip
    assert erp.get("/reports/reconciliation?as_of=2026-06-30").json()["data"][0]["control"] == "300.00"


def test_a_statement_foots(world):
    erp = caller("customers:read")
    body = erp.get(f"/customers/cus_{world['acme'].pk}/statement?first=2026-07-01").json()
    (part,) = body["parts"]
    assert (part["opening"], part["closing"]) == ("300.00", "310.00")
    assert part["lines"][-1]["balance"] == part["closing"] == part["aging"]["total"]
    assert part["items"][0]["number"] == "INV-LATE"
    for query in ("first=2026-10-01", "first=x", "as_of=2026-02-30"):
        is_problem(erp.get(f"/customers/cus_{world['acme'].pk}/statement?{query}"), 422)


def test_reports_show_what_is_in_sight_and_no_more(world, client):
    other = make_company("XX01")
    foreign = make_customer(other, "Foreign")
    issue(foreign, 77_00)
    limited = caller("reports:read", "customers:read", companies=[world["us"]])
    assert "Foreign" not in str(limited.get("/reports/aging?by=company,customer").json())
    assert {r["company"] for r in limited.get("/reports/reconciliation").json()["data"]} == {"US01"}
    for path in ("/reports/aging?company=XX01", f"/reports/aging?customer=cus_{foreign.pk}", f"/customers/cus_{foreign.pk}/statement",
                 "/reports/dso?company=XX01", "/reports/reconciliation?company=XX01",
                 "/reports/aging?collector=nobody@test.example"):  # fmt: skip
        is_problem(limited.get(path), 404)
    client.force_login(world["keller"])
    found = client.get("/api/v1/reports/aging").json()
    assert [r["customer"]["name"] for r in found["data"]] == ["Acme"]
    assert client.get("/api/v1/reports/reconciliation").json()["data"] == [], "a portfolio is no whole account"
    assert client.get(f"/api/v1/customers/cus_{world['bolt'].pk}/statement").status_code == 404
