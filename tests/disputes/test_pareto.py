"""Causes counted: bars that add up and open into their cases, months, the period before, sources; nobody's case where it isn't seen."""

from datetime import date, timedelta
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from disputes.policy.ranking import VITAL, Counted, Sums, between, months_back, ranked
from tests.disputes.shop_of_causes import Shop, every
from tests.factories import make_company, make_user

TODAY = date(2026, 9, 20)


@given(st.lists(st.integers(0, 10**6), max_size=30))
def test_shares_add_up_and_the_vital_few_reach_80_percent(amounts: list[int]) -> None:
    """Running shares rise to 1; without the last of the vital few 80 % is not reached."""
    bars = ranked([Counted(f"c{n}", Sums(1, a, a)) for n, a in enumerate(amounts)], "value")
    total = sum(amounts)
    assert [b.now.amount for b in bars] == sorted(amounts, reverse=True)
    if total:
        assert sum(b.share for b in bars) == bars[-1].cumulated == 1
        vital = [b for b in bars if b.vital]
        assert vital[-1].cumulated >= VITAL > vital[-1].cumulated - vital[-1].share
        assert vital == bars[: len(vital)]


def test_periods() -> None:
    year = months_back(TODAY, 12)
    assert (year.first, year.last, year.before_first, year.before_last) == (
        date(2025, 10, 1), TODAY, date(2024, 10, 1), date(2025, 9, 20),
    )  # fmt: skip
    assert len(year.months()) == 12 and year.month_end(date(2026, 9, 1)) == TODAY and year.month_end(date(2026, 2, 1)) == date(2026, 2, 28)
    assert months_back(date(2026, 3, 31), 1).before_last == date(2026, 2, 28)
    days = between(date(2026, 9, 1), date(2026, 9, 10))
    assert (days.before_first, days.before_last) == (date(2026, 8, 22), date(2026, 8, 31))


@pytest.mark.django_db
class TestPages:
    @pytest.fixture(autouse=True)
    def world(self, monkeypatch):
        monkeypatch.setattr("arops.lib.clock.today", lambda: TODAY)
        self.shop = shop = Shop()
        first = shop.bill(shop.acme, every(20, date(2026, 1, 5), 10))
        second = shop.bill(shop.other, every(20, date(2026, 1, 6), 6), sku="PMP-1")
        for n, invoice in enumerate(first):
            shop.dispute(invoice, cause=shop.cause(), amount=(n + 1) * 1_00, resolved_on=None if n else TODAY)
        for invoice in second[:4]:
            shop.dispute(invoice, cause=shop.cause("goods_short"), amount=7_00)
        for invoice in second[4:]:
            shop.dispute(invoice, amount=90_00)
        (old,) = shop.bill(shop.acme, [date(2025, 9, 1)])
        shop.dispute(old, cause=shop.cause())
        self.client = Client()
        self.client.force_login(shop.senior)

    def get(self, url, **query):
        return self.client.get(f"/disputes/{url}", query)

    def test_every_bar_opens_into_the_cases_that_make_it_up(self):
        """Also the cases nobody has looked into, each month, and the period before."""
        page = self.get("causes/")
        rows = page.context["rows"]
        assert [(r.name, r.bar.now.cases, r.bar.now.amount) for r in rows] == [
            ("not found yet", 2, 180_00), ("Price not as agreed", 10, 55_00), ("Less delivered than billed", 4, 28_00),
        ]  # fmt: skip
        assert rows[1].bar.before.cases == 1
        assert rows[0].bar.cumulated == Fraction(180, 263) and page.context["said"].startswith("2 of 3 causes make up 89.4 %")
        for row in rows:
            links = [(row.bar.now, row.url), (row.bar.before, row.before_url), *row.months]
            for sums, url in links:
                assert self.client.get(url).context["sums"] == sums, url
        assert page.context["found"].now == self.client.get(page.context["all_url"]).context["sums"]

    def test_every_cell_by_source_opens_into_its_cases(self, monkeypatch):
        monkeypatch.setattr("disputes.selectors.pareto.SHOWN_SOURCES", 1)
        for dimension in ("customer", "product", "order_desk"):
            page = self.get("causes/by-source/", source_by=dimension, by="count")
            cells = [cell for row in page.context["rows"] for cell in row["cells"]]
            assert sum((c["of"] for c in cells), Sums()) == page.context["total"]["whole"]
            assert [label for _, label in page.context["found"].sources][-1] == "others"
            for cell in cells:
                assert self.client.get(cell["url"]).context["sums"] == cell["of"], cell["url"]
        assert page.context["found"].unknown == 16
        rates = self.get("causes/by-source/", by="count").context["rates"]
        assert rates == ["100.0 %", ""]  # ten cases on the ten invoices of Acme in the twelve months

    def test_filters_narrow_what_is_counted_and_say_what_they_leave_out(self):
        priced = self.get("causes/", stage="pricing_setup").context
        assert [r.name for r in priced["rows"]] == ["Price not as agreed"] and priced["found"].left_out == 2
        assert self.get("causes/", state="closed").context["found"].now.cases == 1
        assert self.get("causes/", state="open", reason="price").context["found"].now.cases == 15
        assert not self.get("causes/", reason="tax").context["rows"]
        assert b"No case fits" in self.get("causes/", reason="tax").content
        sales = str(self.shop.cause().owner_id)
        assert [r.name for r in self.get("causes/", owner=sales).context["rows"]] == ["Price not as agreed"]
        assert [r.name for r in self.get("causes/", owner="none").context["rows"]] == ["Less delivered than billed"]
        self.shop.other.collector = self.shop.specialist
        self.shop.other.save()
        assert self.get("causes/", portfolio=str(self.shop.specialist.pk)).context["found"].now.cases == 6
        for wild in (
            {"period": "x"},
            {"from": "2026-13-01", "to": "y"},
            {"from": "9999-01-01", "to": "9999-12-31"},
            {"cause": "1 OR 1"},
            {"by": ";"},
        ):
            assert self.get("causes/cases/", **wild).context["sums"].cases == 16
        assert self.get("causes/cases/", source_by="pk", source="x").context["sums"].cases == 0

    def test_days_count_until_the_end_or_today(self):
        rows = {r.name: r for r in self.get("causes/", by="days").context["rows"]}
        opened = [date(2026, 1, 11) + timedelta(days=20 * n) for n in range(4)]
        assert rows["Less delivered than billed"].bar.now.days == sum((TODAY - day).days for day in opened)

    def test_files_hold_what_the_page_shows(self):
        text = self.get("causes/", format="csv").content.decode("utf-8-sig").splitlines()
        assert text[1].startswith("1,not found yet,,,,2,180.00,") and len(text) == 4
        assert self.get("causes/by-source/", format="xlsx", source_by="product").status_code == 200
        assert len(self.get("causes/cases/", format="csv").content.splitlines()) == 17

    def test_a_portfolio_counts_its_own_cases_and_another_company_none(self):
        ana = make_user("specialist", self.shop.company, scope="portfolio")
        self.shop.other.collector = ana
        self.shop.other.save()
        self.client.force_login(ana)
        assert self.get("causes/").context["found"].now == Sums(6, 208_00, self.get("causes/cases/").context["sums"].days)
        assert self.get("causes/cases/", source_by="customer", source=str(self.shop.acme.pk)).context["sums"].cases == 0
        stranger = make_user("senior", Shop("DE01").company)
        self.client.force_login(stranger)
        assert self.get("causes/", company="US01").context["company"].code == "DE01"
        assert not self.get("causes/", company="US01").context["rows"]

    def test_links_keep_the_question(self):
        row = self.get("causes/", reason="price", period="24", by="count").context["rows"][0]
        kept = {k: v[0] for k, v in parse_qs(urlsplit(row.url).query).items()}
        assert kept == {"company": "US01", "period": "24", "reason": "price", "by": "count", "cause": str(self.shop.cause().pk)}

    def test_a_company_without_causes_is_led_to_them(self):
        company = make_company("BARE")
        self.client.force_login(make_user("supervisor", company))
        assert b"No cases in these months" in self.get("causes/").content
        assert b"Set up the standard causes" in self.get("causes/taxonomy/").content
        answer = self.client.post(f"/disputes/causes/taxonomy/standard/{company.pk}/")
        assert answer.status_code == 302 and company.causes.count() > 30
