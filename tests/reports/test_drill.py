"""Every figure opens into rows that sum to it exactly: links are followed as a person would, and what they lead to is added up."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import apply, contest, issue, make_company, make_customer, make_user, rate, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture
def client(settings):
    """A controller of two companies in two currencies, with items of every age, cash and a dispute."""
    settings.BUSINESS_DATE = DAY
    rate("EUR", "USD", "1.10")
    us, de = make_company("US01"), make_company("DE01", currency="EUR")
    acme, bolt = make_customer(us, "Acme"), make_customer(de, "Bolt")
    for customer in (acme, bolt):
        for n, days in enumerate((5, 35, 50, 75, 100, 140, 200)):
            issue(customer, 100_00 + 11 * n, day=DAY - timedelta(days=days))
    issue(acme, 333_33, day=DAY - timedelta(days=64), currency="EUR")
    old = bolt.open_items.order_by("due_date").first()
    cash = receive(bolt, 70_07, day=DAY - timedelta(days=4))
    apply(cash, (old, 50_00), day=DAY - timedelta(days=3))
    receive(acme, 12_34, day=DAY - timedelta(days=40))
    contest(
        company=de, customer=bolt, open_item=old, number="D-1", reason="price", amount=20_00, currency="EUR", due_date=DAY,
        opened_on=DAY, opened_by="user:1", source="t:1",
    )  # fmt: skip
    client = Client()
    client.force_login(make_user("controller", us, de))
    return client


class Figures(HTMLParser):
    """Cells of a page that bear a raw value and a link: (value, address)."""

    def __init__(self, html):
        super().__init__()
        self.found, self._value, self._row = [], None, ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "tr":
            self._row = given.get("data-currency", "")
        if tag in ("tr", "th"):
            self._value = None
        if tag in ("td", "dd"):
            self._value = given.get("data-v")
        if tag == "a" and self._value not in (None, "") and "/reports/" in given.get("href", ""):
            self.found.append((Decimal(self._value), given["href"], self._row))
            self._value = None


def rows_of(client, address):
    body = client.get(address + ("&" if "?" in address else "?") + "format=csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def figures(client, address):
    found = Figures(client.get(address).content.decode()).found
    assert found, "no figure is a link"
    return found


@pytest.mark.parametrize("by", ["customer", "company", "currency", "collector", "segment"])
@pytest.mark.parametrize("more", ["", "&as_of=2026-08-15", "&basis=document", "&credits=aged"])
def test_ageing_cells_are_the_sum_of_their_items(client, by, more):
    for value, link, _ in figures(client, reverse("reports:aging") + f"?by={by}{more}"):
        rows = rows_of(client, link)
        wanted = "of it disputed" if "disputed=1" in link else "Open"
        assert sum(Decimal(row[wanted]) for row in rows) == value, link


def test_the_page_of_disputed_items_says_the_figure_that_led_to_it(client):
    found = [(value, link) for value, link, _ in figures(client, reverse("reports:aging") + "?by=customer") if "disputed=1" in link]
    assert found
    for value, link in found:
        assert f"<b>{value:,.2f} " in client.get(link).content.decode(), link


def test_the_dashboards_ageing_is_the_sum_of_its_items_in_the_companies_currency(client):
    seen = 0
    for value, link, currency in figures(client, reverse("reports:dashboard")):
        if not currency or "account=cash" in link or "disputed=1" in link or "/aging/" in link:
            continue
        rows = rows_of(client, link)
        seen += 1
        assert {row["Company currency"] for row in rows} == {currency}
        assert sum(Decimal(row["Open, company currency"]) for row in rows) == value, link
    assert seen >= 10


def test_cash_not_applied_is_the_sum_of_its_receipts(client):
    found = [(value, link) for value, link, _ in figures(client, reverse("reports:dashboard")) if "account=cash" in link]
    assert found
    for value, link in found:
        assert sum(-Decimal(row["Open"]) for row in rows_of(client, link)) == value, link


@pytest.mark.parametrize("company", ["US01", "DE01"])
def test_what_changed_is_the_sum_of_its_movements(client, company):
    body = client.get(reverse("reports:dashboard") + f"?company={company}").context
    for name, cell, link in body["causes"]:
        assert sum(Decimal(row["Amount"]) for row in rows_of(client, link)) == Decimal(cell.raw), name


def test_every_tile_has_a_definition_and_a_page_behind_it(client):
    context = client.get(reverse("reports:dashboard")).context
    for tile in (*context["tiles"], *context["more"]):
        assert tile.definition.formula and tile.definition.meaning and tile.inputs is not None
        assert client.get(tile.url).status_code == 200, tile.url


def test_the_overdue_tile_opens_into_what_is_overdue(client):
    context = client.get(reverse("reports:dashboard") + "?company=US01").context
    tile = next(tile for tile in context["tiles"] if tile.code == "overdue")
    figure = next(f for f in context["found"].figures if f.measure.code == "overdue")
    rows = rows_of(client, tile.url)
    assert sum(Decimal(row["Open, company currency"]) for row in rows) * 100 == figure.measure.inputs[0].value


def test_what_passed_the_last_bound_opens_into_the_items_that_passed_it(client):
    """Not into all that lies beyond the bound, and whatever bounds the page is asked with."""
    for bounds, bound in (("", 90), ("0,45", 45)):
        shown = client.get(reverse("reports:dashboard"), {"since": (DAY - timedelta(days=30)).isoformat(), "buckets": bounds}).context
        crossed = [(mover, url) for mover, url, _ in shown["movers"] if mover.kind == "crossed"]
        assert crossed
        for mover, url in crossed:
            found = client.get(url).context["found"]
            assert all(bound < row.days <= bound + 30 for row in found.rows)
            (base, amount), worth = *found.base_totals.items(), dict(shown["found"].equivalent.stated)
            assert round(amount * worth.get(base, 1)) == mover.amount


def test_measures_over_a_span_open_into_the_movements_of_that_span(client):
    shown = client.get(reverse("reports:dashboard"), {"company": "DE01"}).context
    tile = next(t for t in shown["more"] if t.code == "turnover")
    listed = client.get(tile.url).context
    assert listed["first"] == DAY - timedelta(days=89)
    assert f"{Decimal(listed['total']).scaleb(-2):,}" == dict(tile.inputs)["Credit sales"]


def test_the_foot_of_the_customers_counts_each_currency_for_itself(client):
    totals = client.get(reverse("customers:list")).context["totals"]
    assert [(currency, count) for currency, count, *_ in totals] == [("EUR", 1), ("USD", 1)]
    make_customer(make_company(), "Elsewhere")
    page = client.get(reverse("customers:list")).content.decode()
    assert 'Total EUR <span class="dim">1</span>' in page
