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
    assert web.get(change).context["form"]["number"].value() == "2"
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


def test_a_schedule_is_written_row_by_row_and_a_running_plan_gets_a_new_one_on_the_same_page() -> None:
    company = make_company()
    senior = make_user("collections_manager", company)
    customer = make_customer(company, collector=senior)
    item = issue(customer, 1000_00, day=date(2026, 7, 1))
    web, there = login(senior), reverse("collections:plan-new", args=[customer.pk])
    terms = {"items": [item.pk], "kind": "plan", "number": "3", "first": "+14", "rhythm": "monthly", "rate": "9", "default_days": "7"}
    out = web.get(there, terms | {"then": "rows"}, headers=HTMX)
    rows = out.context["form"].rows
    assert rows.days == ["2026-10-04", "2026-11-04", "2026-12-04"] and b'id="seen"' in out.content and b"<html" not in out.content
    typed = terms | {"day": rows.days, "part": ["200", "100", ""], "rest": "2"}
    seen = web.get(there, typed, headers=HTMX)
    assert [due.amount for due in seen.context["seen"]["dues"]] == [200_00, 100_00, 700_00] and b'id="row-total-3"' in seen.content
    more = web.get(there, typed | {"then": "add"}, headers=HTMX).context["form"].rows
    assert (more.days[3], more.parts, more.rest) == ("2027-01-04", ["200", "100", "", "350.00"], 2)
    first = web.get(there, typed | {"then": "rest-0"}, headers=HTMX).context["form"].rows
    assert (first.parts, first.rest) == (["", "100", "700.00"], 0)
    assert b"ow 2: " in web.get(there, typed | {"part": ["200", "x", ""]}, headers=HTMX).content
    assert web.post(there, typed | {"day": rows.days[:1] * 3}).status_code == 422
    web.post(there, typed | {"then": "keep"})
    plan = PaymentPlan.objects.get()
    assert web.get(reverse("collections:plan-change", args=[plan.pk])).context["form"].rows.parts == ["200.00", "100.00", "700.00"]
    web.post(reverse("collections:plan-ask", args=[plan.pk]))
    PaymentPlan.objects.filter(state="waiting").update(state="offered")
    web.post(reverse("collections:plan-sign", args=[plan.pk]), {"signed_by": "Eva", "signed_on": "2026-09-20", "note": "by phone"})
    again = reverse("collections:plan-reschedule", args=[plan.pk])
    page = web.get(again)
    assert page.context["form"].rows.parts == ["200.00", "100.00", "700.00"] and b"As it runs" in page.content
    web.post(again, {"rhythm": "monthly", "rate": "9", "day": ["+30", "+200"], "part": ["400", ""], "rest": "1", "then": "keep"})
    new = plan.versions.get()
    assert list(new.instalments.values_list("amount", flat=True)) == [400_00, 600_00] and web.get(again).status_code == 302
    assert plan.number.encode() in web.get(reverse("collections:plan", args=[new.pk])).content
    told = web.get(reverse("customers:detail", args=[customer.pk]), {"tab": "timeline"}).content
    assert b"Plan signed" in told and b"strategy" in told
