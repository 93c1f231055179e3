"""A contract's page: which milestones and recurring amounts were reached, are drafted, are billed, and what of the limit is left."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from invoicing.services import issue_document
from invoicing.services.billing import bill_schedules
from orders.models import MilestoneReached
from tests.factories import SYSTEM, make_user
from tests.invoicing.shop import TODAY, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = TODAY


def test_steps_say_what_bills_them_and_the_limit_what_drafts_would_take(django_assert_max_num_queries):
    shop = Shop()
    rent = {"kind": "recurring", "planned_on": date(2026, 8, 1)}
    steps = (("M1", 50_000, {}), ("M2", 70_000, {}), ("M3", 20_000, {}), ("M4", 10_000, {}), ("RENT", 1_000, rent))
    contract = shop.contract(billing="milestones", not_to_exceed=200_000, steps=steps)
    for code in ("M1", "M2", "M3"):
        MilestoneReached.objects.create(contract=contract, code=code, reached_on=date(2026, 8, 1), said_by="t")
    first = shop.issue(shop.bill(f"milestone:{contract.pk}:M1").drafts[0])
    (second,) = shop.bill(f"milestone:{contract.pk}:M2").drafts
    rents = [shop.issue(d) for d in bill_schedules(actor=shop.clerk, company=shop.company, day=TODAY).drafts]
    client = Client()
    client.force_login(make_user("specialist", shop.company))
    url = reverse("orders:contract", args=[contract.pk])
    with django_assert_max_num_queries(60):
        answer = client.get(url)
    found = {s.step.code: s for s in answer.context["steps"]}
    told = {code: ([b.name for b in s.bills], s.billed, [d.amount for d in s.drafts], s.is_whole, s.is_due) for code, s in found.items()}
    assert told == {
        "M1": ([first.number], 50_000, [], True, False), "M2": ([], 0, [70_000], False, False), "M3": ([], 0, [], False, True),
        "M4": ([], 0, [], False, False), "RENT": (sorted((i.number for i in rents), reverse=True), 2_000, [], False, False),
    }  # fmt: skip
    body = answer.content.decode()
    assert reverse("invoicing:detail", args=[first.pk]) in body.partition('id="step-M1"')[2].partition("</tr>")[0]
    assert reverse("invoicing:draft", args=[second.pk]) in body.partition('id="step-M2"')[2].partition("</tr>")[0]
    assert "to bill" in body.partition('id="step-M3"')[2].partition("</tr>")[0]
    figures = {f.label: f for f in answer.context["figures"]}
    assert (figures["Billed, USD"].text, figures["Billed, USD"].note) == ("520.00", "26 % used")
    assert (figures["Left, USD"].text, figures["Left, USD"].note) == ("1,480.00", "700.00 in drafts, 780.00 after them")
    memo = {
        "company": "SHOP", "number": "CM-1", "kind": "credit_memo", "customer": f"cus_{shop.customer.pk}", "currency": "USD",
        "reason": "late", "document_date": "2026-09-16", "refers_to": first.number,
        "lines": [{"sku": "M1", "description": "Step M1", "amount": "500.00", "contract": contract.number}],
    }  # fmt: skip
    issue_document(memo, actor=SYSTEM)
    state = next(s for s in client.get(url).context["steps"] if s.step.code == "M1")
    assert (state.billed, [b.amount for b in state.bills], state.is_whole, state.is_due) == (0, [-50_000, 50_000], False, True)
