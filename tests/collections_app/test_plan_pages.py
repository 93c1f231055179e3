"""Pages of payment plans: negotiated with the schedule in sight, asked for, signed, ended; lists and files; who sees what."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from collections_app.models import PaymentPlan
from messaging.models import Message
from org.models import User
from tests.factories import SYSTEM, contest, issue, make_company, make_customer, make_user
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _today() -> Any:
    with override_settings(BUSINESS_DATE=TODAY):
        yield


def login(user: User) -> Client:
    web = Client()
    web.force_login(user)
    return web


def in_its_lists_and_no_one_elses(web: Client, plan: PaymentPlan, shown: str, end: str) -> None:
    """Listed for its collector, on the page and in the file; not there for another portfolio or another company."""
    company, customer = plan.company, plan.customer
    there = reverse("collections:plan-new", args=[customer.pk])
    listed = web.get(reverse("collections:plans"), {"view": "ended", "q": customer.number})
    assert [row.plan for row in listed.context["table"].rows] == [plan]
    assert web.get(reverse("collections:plans"), {"view": "all", "format": "csv"}).content.decode("utf-8-sig").count(plan.number) == 1
    for stranger in (make_user("specialist", company, scope="portfolio"), make_user("supervisor", make_company())):
        other = login(stranger)
        assert [other.get(url).status_code for url in (shown, there, end)] == [404, 404, 405]
        assert other.post(end, {"reason": "x"}).status_code == 404
        assert other.get(reverse("collections:plans"), {"view": "all"}).context["table"].rows == []


def test_a_plan_is_negotiated_asked_for_signed_and_ended_on_its_pages() -> None:
    company = make_company()
    standard_limits(company=company, actor=SYSTEM)
    ana = make_user("specialist", company, scope="portfolio")
    customer = make_customer(company, collector=ana)
    customer.contacts.create(name="Eva", email="eva@customer.example")
    late, later = issue(customer, 1000_00, day=date(2026, 7, 1)), issue(customer, 500_00)
    contest(
        company=company, customer=customer, open_item=late, amount=100_00, currency="USD", reason="price", opened_on=TODAY, due_date=TODAY,
        opened_by="x", number="D-1",
    )  # fmt: skip
    web, there = login(ana), reverse("collections:plan-new", args=[customer.pk])
    first = web.get(there)
    assert first.context["ticked"] == {late.pk} and [due.amount for due in first.context["seen"]["dues"]] == [300_00] * 3
    terms = {"items": [late.pk, later.pk], "kind": "settlement", "pays": "50 %", "number": "2", "first": "+14", "rhythm": "weekly"}
    seen = web.get(there, terms, headers=HTMX)
    assert (seen.context["seen"]["total"], seen.context["seen"]["waived"]) == (1400_00, 700_00) and b"<html" not in seen.content
    assert b"ay how many" in web.get(there, terms | {"number": ""}, headers=HTMX).content
    assert b"rite an amount" in web.get(there, terms | {"pays": "x%"}, headers=HTMX).content
    assert web.post(there, terms | {"rate": "99"}).status_code == 422 and not PaymentPlan.objects.exists()

    kept = web.post(there, terms | {"kind": "plan", "items": [late.pk], "then": "keep"})
    plan = PaymentPlan.objects.get()
    assert kept["Location"] == reverse("collections:plan", args=[plan.pk]) and plan.state == "draft" and plan.total == 900_00
    change = reverse("collections:plan-change", args=[plan.pk])
    assert web.get(change).context["form"]["number"].value() == 2
    web.post(change, terms | {"kind": "plan", "items": [late.pk], "each": "400", "number": "", "down": "100", "rate": "5"})
    plan.refresh_from_db()
    assert plan.state == "offered" and list(plan.instalments.values_list("amount", flat=True)) == [100_00, 400_00, 400_00]
    assert web.get(change).status_code == 404, "what is offered stays as it is"
    web.post(reverse("collections:plan-send", args=[plan.pk]), {"to": "eva@customer.example"})
    paper = web.get(reverse("collections:plan-paper", args=[plan.pk]))
    assert Message.objects.get().attachments.count() == 1 and paper.content[:4] == b"%PDF"
    sign = reverse("collections:plan-sign", args=[plan.pk])
    assert web.post(sign, {"signed_by": "Eva", "signed_on": "2026-09-20"}).status_code == 422
    assert (
        web.post(sign, {"signed_by": "Eva", "signed_on": "2026-09-20", "file": SimpleUploadedFile("signed.txt", b"signed")}).status_code
        == 302
    )
    assert web.get(reverse("collections:plan-signed", args=[plan.pk])).content == b"signed"
    page = web.get(reverse("collections:plan", args=[plan.pk]), {"by": "+30"})
    assert page.context["payoff"].by == TODAY + timedelta(days=30) and b"2026-10-04" in page.content
    web.post(reverse("collections:plan-early", args=[plan.pk]), {"by": "+15"})
    assert set(plan.instalments.values_list("due_on", flat=True)) == {date(2026, 10, 4), date(2026, 10, 5)}
    end = reverse("collections:plan-cancel", args=[plan.pk])
    assert web.post(end, {"reason": "x"}).status_code == 403
    assert login(make_user("supervisor", company)).post(end, {"reason": "sold"}).status_code == 302
    late.refresh_from_db(), plan.refresh_from_db()
    assert (plan.state, late.balance) == ("cancelled", 1000_00)
    in_its_lists_and_no_one_elses(web, plan, page.request["PATH_INFO"], end)
