"""Queues of cases: whose, what is late and what is about to be, filters, files, one case after another, several at once."""

import csv
import io
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from disputes.models import Dispute, DisputePolicy, DisputeWatcher
from disputes.selectors.queues import Queues, Wanted, page_of
from org.models import Department, Membership
from tests.factories import contest, issue, make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
LIST = reverse("disputes:list")


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


def make_case(customer, n, **fields):
    item = issue(customer, 500_00, day=DAY - timedelta(days=20))
    usual = {
        "company": customer.company, "customer": customer, "open_item": item, "number": f"DSP-{n}", "reason": "price", "currency": "USD",
        "amount": (n + 1) * 100_00, "due_date": DAY + timedelta(days=20), "opened_on": DAY - timedelta(days=5),
        "opened_by": "system:test", "source": f"t:{customer.pk}:{n}",
    }  # fmt: skip
    return contest(**usual | fields)


@pytest.fixture
def cases():
    company = make_company()
    sam = make_user("senior", company)
    made = [
        make_case(
            make_customer(company, name), n, reason=("price", "tax", "price")[n], due_date=DAY + timedelta(days=2 - 2 * n),
            owner=sam if n == 1 else None,
        )
        for n, name in enumerate(("Alpha", "Beta", "Gamma"))
    ]  # fmt: skip
    return company, sam, made


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def exported(client, query=""):
    body = client.get(f"{LIST}?{query}&format=csv").content.decode("utf-8-sig")
    return [row["Case"] for row in csv.DictReader(io.StringIO(body))]


def test_the_list_is_filtered_ordered_and_exported_as_shown(cases):
    company, sam, made = cases
    client = enter(sam)
    assert exported(client) == ["DSP-1"], "one begins with one's own"
    assert exported(client, "view=all") == ["DSP-2", "DSP-1", "DSP-0"]
    assert exported(client, "view=all&sort=-amount") == ["DSP-2", "DSP-1", "DSP-0"]
    assert exported(client, "view=all&sort=customer") == ["DSP-0", "DSP-1", "DSP-2"]
    assert exported(client, "view=all&reason=price&sort=number") == ["DSP-0", "DSP-2"]
    assert exported(client, "view=all&owner=me") == ["DSP-1"]
    assert exported(client, "view=all&q=gam") == ["DSP-2"]
    assert exported(client, "view=all&q=dsp-0") == ["DSP-0"]
    assert exported(client, f"view=all&customer={made[2].customer_id}") == ["DSP-2"]
    assert exported(client, "view=all&least=150.00&most=250") == ["DSP-1"]
    assert exported(client, f"view=all&opened_from={DAY}") == []
    assert exported(client, "view=closed") == []
    Dispute.objects.filter(number="DSP-2").update(state="resolved", resolution="credited", resolved_on=DAY)
    assert exported(client, "view=closed") == ["DSP-2"]
    assert exported(client, "view=every&sort=number") == ["DSP-0", "DSP-1", "DSP-2"]
    assert enter(make_user("sales", company)).get(LIST + "?format=csv").status_code == 403


def test_what_cannot_be_read_is_named_and_narrows_nothing(cases):
    answer = enter(cases[1]).get(LIST + "?view=all&least=many&sort=password")
    assert answer.status_code == 422 and b"narrows nothing" in answer.content and b"DSP-2" in answer.content


def test_a_queue_says_which_kind_of_empty(cases):
    client = enter(cases[1])
    assert "600.00" in client.get(LIST + "?view=all").content.decode()
    assert b"No case fits" in client.get(LIST + "?view=all&q=nobody").content
    assert b"waits for an answer of the customer" in client.get(LIST + "?view=customer").content


def test_cases_are_late_and_about_to_be_as_the_clock_goes():
    company = make_company()
    sam, customer = make_user("senior", company), make_customer(company)
    days = {"late": -1, "today": 0, "in two": 2, "in a week": 7}
    for n, (name, days_on) in enumerate(days.items()):
        make_case(customer, n, number=name, due_date=DAY + timedelta(days=days_on))
    make_case(customer, 7, number="stands", due_date=DAY - timedelta(days=9), paused_on=DAY - timedelta(days=12), state="waiting")
    make_case(customer, 8, number="stands late", due_date=DAY - timedelta(days=9), paused_on=DAY - timedelta(days=5), state="waiting")
    make_case(customer, 9, number="done", due_date=DAY - timedelta(days=9), state="resolved", resolved_on=DAY)

    def found(view, day=DAY):
        return set(Queues(sam, day).find(Wanted(view=view)).values_list("number", flat=True))

    assert found("late") == {"late", "stands late"}
    assert found("soon") == {"today", "in two"}
    saturday = DAY + timedelta(days=3)
    assert "in two" not in found("late", saturday), "no working day has passed since Friday"
    DisputePolicy.objects.create(company=company, warn_days=5)
    assert found("soon") == {"today", "in two", "in a week"}
    counted = {view: totals.count for view, totals in Queues(sam, DAY).tally().items()}
    assert counted == {"all": 6, "mine": 0, "department": 0, "soon": 3, "late": 2, "customer": 0, "nobody": 6, "escalated": 0}


def test_a_department_sees_what_it_has(cases):
    company, sam, made = cases
    service = Department.objects.create(company=company, code="service", name="Service")
    Membership.objects.filter(user=sam).update(department=service)
    Dispute.objects.filter(pk=made[0].pk).update(department=service)
    assert exported(enter(sam), "view=department") == ["DSP-0"]


def test_a_portfolio_is_seen_and_counted_alone(cases):
    company, _, made = cases
    ana = make_user("specialist", company, scope="portfolio")
    type(made[0].customer).objects.filter(pk=made[0].customer_id).update(collector=ana)
    assert exported(enter(ana), "view=all") == ["DSP-0"]
    assert Queues(ana, DAY).tally()["all"].rows == [("USD", 1, 100_00)]
    foreign = reverse("disputes:next", args=[made[1].pk])
    assert enter(ana).get(foreign).status_code == 404


def test_the_list_costs_a_fixed_number_of_queries(cases, django_assert_max_num_queries):
    client = enter(cases[1])
    client.get(LIST)
    with django_assert_max_num_queries(18):
        client.get(LIST + "?view=all")


def test_pages_follow_one_another_in_order(cases):
    found = Queues(cases[1], DAY).find(Wanted(view="all"))
    first = page_of(found, sort="-amount", size=2)
    assert [c.number for c in first.rows] == ["DSP-2", "DSP-1"]
    assert [c.number for c in page_of(found, sort="-amount", after=first.after, size=2).rows] == ["DSP-0"]


def test_play_goes_through_the_queue_as_it_was_opened(cases):
    """From the first case of the filtered queue to the next, though the case left the queue meanwhile; the list after the last."""
    client = enter(cases[1])
    rows = client.get(LIST + "?view=all&sort=amount").context["rows"]
    here = rows[0]["url"]
    queue_text = parse_qs(urlsplit(here).query)["queue"][0]
    Dispute.objects.filter(number="DSP-0").update(due_date=DAY + timedelta(days=99), amount=1, state="resolved")
    answer = client.get(reverse("disputes:next", args=[rows[0]["case"].pk]), {"queue": queue_text})
    assert answer.url.startswith(reverse("disputes:detail", args=[rows[1]["case"].pk]))
    for expected in (rows[2]["case"].pk, None):
        path, query = urlsplit(answer.url)[2:4]
        answer = client.get(path + "next/", {"queue": parse_qs(query)["queue"][0]})
        if expected:
            assert answer.url.startswith(reverse("disputes:detail", args=[expected]))
    assert answer.url.startswith(LIST) and b"That was the last case" in client.get(answer.url).content


def test_several_are_given_away_and_watched_at_once(cases, django_assert_max_num_queries):
    company, sam, made = cases
    ben, client, several = make_user("specialist", company), enter(sam), reverse("disputes:several")
    told = {"cases": [c.pk for c in made], "owner": ben.pk, "do": "assign", "back": "view=all&sort=amount"}
    with django_assert_max_num_queries(22):
        assert client.post(several, told).url == LIST + "?view=all&sort=amount"
    assert set(Dispute.objects.values_list("owner", "version")) == {(ben.pk, 1)}
    assert Event.objects.filter(type="dispute.assigned").count() == 3
    client.post(several, told)
    assert Event.objects.filter(type="dispute.assigned").count() == 3, "who has it already isn't given it again"
    client.post(several, told | {"do": "watch"})
    client.post(several, told | {"do": "watch"})
    assert DisputeWatcher.objects.filter(user=sam).count() == 3
    client.post(several, told | {"do": "unwatch", "cases": [made[0].pk]})
    assert DisputeWatcher.objects.filter(user=sam).count() == 2


def test_several_are_given_only_to_whoever_may_work_them(cases):
    company, sam, made = cases
    client, several = enter(sam), reverse("disputes:several")
    ana = make_user("specialist", company, scope="portfolio")
    told = {"cases": [c.pk for c in made], "do": "assign", "owner": ana.pk}
    assert b"may not work" in client.post(several, told, follow=True).content
    assert b"Select a valid choice" in client.post(several, told | {"owner": make_user("auditor", company).pk}, follow=True).content
    assert b"Tick the cases first" in client.post(several, {"do": "assign"}, follow=True).content
    Dispute.objects.filter(pk=made[0].pk).update(state="resolved")
    assert b"leave out what is closed" in client.post(several, told | {"owner": sam.pk}, follow=True).content
    assert not Dispute.objects.filter(owner=ana).exists() and Dispute.objects.filter(owner=sam).count() == 1


def test_foreign_cases_are_left_alone(cases):
    stranger = make_user("senior", make_company())
    told = {"cases": [c.pk for c in cases[2]], "do": "assign", "owner": stranger.pk}
    enter(stranger).post(reverse("disputes:several"), told)
    assert not Dispute.objects.filter(owner=stranger).exists()
