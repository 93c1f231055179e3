"""The preview of dunning is kept: looked through once, anew for whom something happened to, and never other than what the run would do."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from arops.lib import clock
from collections_app.models import OutlookRow, Strategy
from collections_app.selectors.dunning import cases
from collections_app.services import dunning_outlook
from collections_app.services.dunning_outlook import look_ahead
from collections_app.services.promises import give_promise
from collections_app.services.strategies import create_standard_strategy
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, receive
from workflow.models import Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture
def company(settings):
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    create_standard_strategy(actor=SYSTEM, company=company)
    for n in range(6):
        customer = make_customer(company, f"C{n}", dunning_hold=n == 5)
        issue(customer, 100_00 * (n + 1), day=DAY - timedelta(days=60), due=DAY - timedelta(days=30), number=f"INV-{n}")
    return company


def told(company):
    rows = OutlookRow.objects.filter(company=company).order_by("customer", "currency")
    return [(r.customer_id, r.level, r.amount, r.held_out, r.reason, r.left_out_because) for r in rows]


def decided(company):
    found = [(c.customer.pk, c.decision) for c in cases(company, DAY)]
    return [(pk, d.level, d.amount, d.held_out, d.reason, d.because) for pk, d in found]


def look(company, **given):
    return look_ahead(company=company, day=DAY, now=clock.now(), **given)


def test_what_is_kept_is_what_is_decided_and_only_who_moved_is_decided_about_again(company, monkeypatch):
    assert look(company)[1] and told(company) == decided(company) and len(told(company)) == 6
    asked: list[int] = []
    monkeypatch.setattr(dunning_outlook, "cases", lambda c, day, ids: asked.extend(ids) or cases(c, day, ids))
    monkeypatch.setattr(dunning_outlook, "SLACK", timedelta(0))
    assert look(company)[1] and asked == []
    first, second, *_ = company.customers.order_by("pk")
    item = first.open_items.get()
    give_promise(actor=SYSTEM, customer=first, items=[item], amount=100_00, due_on=DAY + timedelta(days=3), today=DAY)
    apply(receive(second, 200_00, day=DAY), (second.open_items.get(kind="invoice"), 200_00), day=DAY)
    assert look(company)[1] and asked == [first.pk] and told(company) == decided(company)
    assert second.pk not in {row[0] for row in told(company)}


def test_a_changed_strategy_or_another_day_is_looked_through_as_a_whole(company):
    look(company)
    Strategy.objects.filter(company=company).update(is_active=False)
    assert look(company)[1] and told(company) == decided(company)
    assert {row[4] for row in told(company)} == {"no_policy", "hold"}


def test_a_large_company_is_looked_through_in_the_background(company, monkeypatch):
    monkeypatch.setattr(dunning_outlook.look_ahead, "__kwdefaults__", {**look_ahead.__kwdefaults__, "at_once": 3})
    client = Client()
    client.force_login(make_user("supervisor", company))
    page = reverse("collections:dunning-preview")
    assert "Look through now" in client.get(page).content.decode() and not told(company)
    assert client.post(reverse("collections:dunning-look"), {"company": "US01"}).status_code == 302
    assert "about to be looked through" in client.get(page).content.decode()
    job = Job.objects.get(kind="dunning_outlook")
    assert run_job(job_id=job.pk, now=clock.now()).counts == {"accounts": 6}
    body = client.get(page).content.decode()
    assert "Write 5 letters" in body and "Look through now" not in body and told(company) == decided(company)


def test_the_preview_costs_a_fixed_number_of_queries_once_it_is_kept(company, django_assert_max_num_queries):
    client = Client()
    client.force_login(make_user("supervisor", company))
    client.get(reverse("collections:dunning-preview"))
    with django_assert_max_num_queries(40):
        body = client.get(reverse("collections:dunning-preview") + "?show=left&reason=hold").content.decode()
    assert "C5" in body and "C1" not in body
