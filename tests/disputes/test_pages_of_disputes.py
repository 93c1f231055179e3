"""The list of disputes and the case page."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from disputes.models import Dispute, DisputeNote
from tests.factories import contest, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def cases():
    company = make_company()
    sam = make_user("senior", company)
    made = []
    for n, name in enumerate(("Alpha", "Beta", "Gamma")):
        item = issue(make_customer(company, name), 500_00, day=DAY - timedelta(days=20))
        made.append(
            contest(
                company=company, customer=item.customer, open_item=item, number=f"DSP-{n}", reason=("price", "tax", "price")[n],
                amount=(n + 1) * 100_00, currency="USD", due_date=DAY + timedelta(days=2 - 2 * n), opened_on=DAY - timedelta(days=5),
                opened_by=sam.label, source=f"t:{n}", owner=sam if n == 1 else None, customer_words="12.00 <b>billed</b>",
            )
        )  # fmt: skip
    return company, sam, made


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def test_the_list_is_filtered_ordered_and_exported_as_shown(cases):
    company, sam, _ = cases
    client, address = enter(sam), reverse("disputes:list")

    def exported(query=""):
        body = client.get(f"{address}?{query}&format=csv").content.decode("utf-8-sig")
        return [row["Case"] for row in csv.DictReader(io.StringIO(body))]

    assert exported() == ["DSP-2", "DSP-1", "DSP-0"]
    assert exported("sort=-amount") == ["DSP-2", "DSP-1", "DSP-0"]
    assert exported("sort=customer") == ["DSP-0", "DSP-1", "DSP-2"]
    assert exported("reason=price&sort=number") == ["DSP-0", "DSP-2"]
    assert exported("owner=me") == ["DSP-1"]
    assert exported("q=gam") == ["DSP-2"]
    assert exported("state=closed") == []
    assert exported("sort=password&state=nonsense") == ["DSP-2", "DSP-1", "DSP-0"]
    assert enter(make_user("sales", company)).get(address + "?format=csv").status_code == 403


def test_the_list_says_what_is_late_and_which_kind_of_empty(cases):
    client, address = enter(cases[1]), reverse("disputes:list")
    assert "600.00" in client.get(address).content.decode()
    assert b"No case fits" in client.get(address + "?q=nobody").content
    assert b"Nothing here" in client.get(address + "?state=decision").content


def test_the_list_costs_a_fixed_number_of_queries(cases, django_assert_max_num_queries):
    client = enter(cases[1])
    client.get(reverse("disputes:list"))
    with django_assert_max_num_queries(12):
        client.get(reverse("disputes:list"))


def test_a_case_is_worked_to_its_end_on_its_page(cases):
    _, sam, made = cases
    client, case = enter(sam), made[0]
    page = reverse("disputes:detail", args=[case.pk])
    assert "&lt;b&gt;billed" in client.get(page).content.decode()
    client.post(reverse("disputes:note", args=[case.pk]), {"body": "Sales confirms", "visible": "customer"})
    client.post(reverse("disputes:note", args=[case.pk]), {"body": "They are right"})
    assert list(DisputeNote.objects.values_list("body", "is_internal")) == [("Sales confirms", False), ("They are right", True)]
    client.post(reverse("disputes:move", args=[case.pk]), {"state": "decision", "version": 0})
    stale = client.post(reverse("disputes:move", args=[case.pk]), {"state": "waiting", "version": 0}, follow=True)
    assert Dispute.objects.get(pk=case.pk).state == "decision" and b"toast" in stale.content
    client.post(reverse("disputes:resolve", args=[case.pk]), {"resolution": "credited", "note": "", "version": 1})
    assert Dispute.objects.get(pk=case.pk).state == "resolved"
    shown = client.get(page).content.decode()
    assert "Close DSP-0" not in shown and "Open again" in shown


def test_an_empty_note_is_sent_back_with_the_reason(cases):
    client = enter(cases[1])
    answer = client.post(reverse("disputes:note", args=[cases[2][0].pk]), {"body": ""})
    assert answer.status_code == 422 and b"Write something" in answer.content


def test_a_reader_sees_the_case_and_no_way_to_change_it(cases):
    company, _, made = cases
    body = enter(make_user("auditor", company)).get(reverse("disputes:detail", args=[made[0].pk])).content.decode()
    assert "DSP-0" in body and "Save note" not in body and "Close the case" not in body
