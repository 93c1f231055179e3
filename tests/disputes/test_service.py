"""The report of service levels: each figure is of the cases it opens into, pauses stand apart, and the clock is the case's own."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from disputes.models import Dispute, DisputePolicy
from disputes.policy.service import FIGURES, Served, belongs, figures, grouped, median, percentile, share
from disputes.selectors.beside import clock_of
from disputes.selectors.levels import policy_of
from disputes.selectors.service import Asked, by_month, days_in_stage, served, stage_times
from disputes.services import close_dispute, move_dispute, open_dispute, reopen_dispute
from org.models import Department
from tests.disputes.running_days import days_running
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 1)  # a Tuesday
TODAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = TODAY


@pytest.fixture
def world():
    company = make_company("LEVEL")
    return company, make_user("senior", company), make_customer(company, "Nordia")


def opened(world, *, day=DAY, reason="price", amount=100_00, **fields):
    _, sam, customer = world
    item = issue(customer, 500_00, day=day - timedelta(days=40))
    return open_dispute(actor=sam, open_item=item, amount=amount, reason=reason, today=day, source=f"t:{item.pk}", **fields)


def closed(case, day, resolution="credited"):
    return close_dispute(actor=SYSTEM, dispute=case, resolution=resolution, agreed=0, today=day)


def moved(case, state, day, **fields):
    return move_dispute(actor=SYSTEM, dispute=case, state=state, version=case.version, today=day, **fields)


def asked(company, **fields):
    return Asked(company, fields.pop("first", date(2026, 7, 1)), fields.pop("last", TODAY), **fields)


def test_days_are_those_of_the_clock_and_pauses_stand_apart(world):
    company, sam, _ = world
    case = opened(world)
    moved(case, "waiting", DAY + timedelta(days=1), waiting_on="customer")
    moved(case, "investigating", DAY + timedelta(days=8))
    closed(case, DAY + timedelta(days=9))
    (told,) = served(sam, asked(company), TODAY)
    case.refresh_from_db()
    assert (told.worked, told.paused) == (2, 5) == (days_running(case, TODAY), 5)
    assert told.is_in_time and told.cost == clock_of(case, policy_of(company.pk), TODAY).cost > 0
    stages = {s.code: s for s in stage_times([told], asked(company), TODAY)}
    assert {code: (s.days, s.is_paused) for code, s in stages.items()} == {
        "open": (1, False), "waiting-customer": (5, True), "investigating": (1, False)
    }  # fmt: skip
    assert days_in_stage([told], "waiting", "customer", TODAY) == {case.pk: 5}


def test_a_case_opened_again_is_measured_from_then_on(world):
    company, sam, _ = world
    case = closed(opened(world), DAY + timedelta(days=2))
    reopen_dispute(actor=sam, dispute=case, version=case.version, today=DAY + timedelta(days=13), reason="more came")
    closed(case, DAY + timedelta(days=15))
    (told,) = served(sam, asked(company), TODAY)
    assert (told.worked, told.closed_on) == (2, DAY + timedelta(days=15)) and told.worked == days_running(case, TODAY)


def test_what_waits_for_somebody_is_late_only_as_its_clock_says(world):
    company, sam, _ = world
    DisputePolicy.objects.create(company=company, paused_by=["customer"])
    running, standing = opened(world), opened(world)
    moved(standing, "waiting", DAY + timedelta(days=1), waiting_on="customer")
    late = {c.pk: c.late for c in served(sam, asked(company), TODAY)}
    assert late[running.pk] > 0 and late[standing.pk] == 0


def test_every_figure_on_the_page_opens_into_its_cases(world):
    company, _, _ = world
    north = Department.objects.create(company=company, code="north", name="North")
    for n in range(4):
        closed(opened(world, department=north if n % 2 else None), DAY + timedelta(days=2 + 5 * n))
    opened(world, department=north)
    opened(world, day=TODAY - timedelta(days=1), reason="tax")
    client = Client()
    client.force_login(make_user("supervisor", company))
    for by in ("department", "reason", "owner"):
        body = client.get(reverse("disputes:service"), {"by": by}).content.decode()
        links = re.findall(r'<td class="num[^"]*" data-v="([^"]+)"><a href="([^"]+figure=(?:closed|in_time|open|late)&amp;key[^"]+)"', body)
        assert len(links) > 4
        for value, link in links:
            rows = list(csv.DictReader(io.StringIO(client.get(unescape(link) + "&format=csv").content.decode("utf-8-sig"))))
            paused, days = sum(int(r["Paused"]) for r in rows), sorted(int(r["Days"]) for r in rows)
            amount = sum((Decimal(r["In dispute"]) for r in rows), Decimal())
            assert Decimal(value) in {len(rows), paused, amount, median(days), percentile(days, 90)}
    assert client.get(reverse("disputes:service"), {"format": "xlsx"}).status_code == 200


def test_months_tell_what_their_cases_tell(world):
    company, sam, _ = world
    for n in (2, 20):
        closed(opened(world), DAY + timedelta(days=n))
    closed(opened(world, day=DAY - timedelta(days=60)), DAY - timedelta(days=59))
    months = {m.first: m for m in by_month(sam, asked(company))}
    assert len(months) == 12 and list(months)[-1] == DAY
    assert (months[DAY].closed, months[DAY].in_time, months[DAY].rate) == (2, 1, Decimal("50.0"))
    assert months[date(2026, 7, 1)].closed == 1 and months[date(2026, 8, 1)].rate is None


def test_nobody_sees_what_is_of_another_company_or_portfolio(world):
    company, sam, customer = world
    mine = opened(world)
    other = make_customer(company, "Other")
    item = issue(other, 100_00, day=DAY)
    open_dispute(actor=sam, open_item=item, amount=50_00, reason="tax", today=DAY, source="t:other")
    ana = make_user("specialist", company, scope="portfolio")
    type(customer).objects.filter(pk=customer.pk).update(collector=ana)
    assert [c.pk for c in served(ana, asked(company), TODAY)] == [mine.pk]
    assert served(make_user("senior", make_company()), asked(company), TODAY) == []
    client = Client()
    client.force_login(ana)
    body = client.get(reverse("disputes:service-cases"), {"figure": "open"}).content.decode()
    assert mine.number in body and "Other" not in body


def test_a_report_that_nobody_can_mean_is_the_usual_one(world):
    company, _, _ = world
    client = Client()
    client.force_login(make_user("auditor", company))
    nonsense = {"first": "x", "last": "9999-99-99", "by": "moon", "reason": "'", "owner": "-1", "department": "1e9", "company": "ZZ"}
    assert client.get(reverse("disputes:service"), nonsense).status_code == 200
    for figure in ("nonsense", "stage.", "stage.open-x'--", "late"):
        assert client.get(reverse("disputes:service-cases"), nonsense | {"figure": figure, "key": "0"}).status_code == 200
    assert Client().get(reverse("disputes:service")).status_code == 302
    client.force_login(make_user("sales", company))
    assert client.get(reverse("disputes:service"), {"format": "csv"}).status_code == 403


CASES = st.builds(
    Served, pk=st.integers(1, 10**6), reason=st.sampled_from(["price", "tax"]), department=st.sampled_from([None, 1, 2]),
    owner=st.sampled_from([None, 7]), opened_on=st.just(DAY), due_date=st.dates(DAY, TODAY),
    closed_on=st.none() | st.dates(DAY, TODAY), worked=st.integers(0, 60), paused=st.integers(0, 20), late=st.integers(0, 9),
    amount=st.integers(1, 10**9), cost=st.integers(0, 10**7),
)  # fmt: skip


@given(st.lists(CASES, max_size=40), st.sampled_from(["department", "reason", "owner"]))
def test_groups_sum_to_the_whole_and_each_figure_to_its_cases(cases, by):
    whole, parts = figures(cases), [f for _, f in grouped(cases, lambda c: getattr(c, by))]
    for name in ("closed", "in_time", "paused", "open", "late", "late_amount", "cost"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts)
    counted = {name: sum(belongs(c, name) for c in cases) for name in FIGURES}
    assert counted == {
        "closed": whole.closed, "in_time": whole.in_time, "not_in_time": whole.closed - whole.in_time, "open": whole.open,
        "late": whole.late,
    }  # fmt: skip
    assert whole.rate == share(whole.in_time, whole.closed)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=30).map(sorted), st.integers(1, 100))
def test_quantiles_are_of_the_values(values, percent):
    found = percentile(values, percent)
    assert found in values and sum(v <= found for v in values) * 100 >= percent * len(values)
    assert values[0] <= median(values) <= values[-1]


def test_the_report_reads_a_fixed_number_of_times(world, django_assert_max_num_queries):
    company, sam, _ = world
    for _ in range(6):
        closed(opened(world), DAY + timedelta(days=2))
    client = Client()
    client.force_login(sam)
    with django_assert_max_num_queries(30):
        client.get(reverse("disputes:service"))
    assert Dispute.objects.filter(company=company).count() == 6
