"""Pages and mail of approvals: what waits for whom, files, decisions, limits and deputies under settings, who is told."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from org.models import AccessChange, Membership
from org.services import create_api_key
from tests.factories import SYSTEM, make_company, make_user
from workflow.models import Approval, AuthorityLimit, Deputy, Event
from workflow.services.approvals import ask, reject
from workflow.services.authority import KINDS, register_approval
from workflow.services.notices import notices_due

TODAY = date(2026, 9, 20)
NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")
KIND = "page_thing"


@pytest.fixture
def company(db, settings):
    """A company with limits of a kind that does nothing but name the company."""
    settings.BUSINESS_DATE = TODAY
    register_approval(KIND, label="Thing", request="memos.request", approve="memos.approve")(lambda approval, actor: approval.company)
    made = make_company("LIM")
    for role, alone, may in (("specialist", 100_00, 0), ("supervisor", 500_00, 1_000_00), ("controller", 0, 5_000_00)):
        AuthorityLimit.objects.create(company=made, role=role, kind=KIND, currency="USD", alone=alone, approve=may, changed_by="test")
    yield made
    del KINDS[KIND]


@pytest.fixture
def people(company):
    return {role: make_user(role, company) for role in ("specialist", "supervisor", "controller", "auditor", "administrator")}


def wish(actor, company, amount, n=0, customer=None):
    return ask(
        actor=actor, company=company, kind=KIND, amount=amount, currency="USD", title=f"Wish {n} of {amount}", reason="because",
        payload={}, customer_id=customer or n, token=f"w{n}", today=TODAY, now=NOW,
    )  # fmt: skip


def enter(person):
    client = Client()
    client.force_login(person)
    return client


def listed(person, view="mine", **asked):
    answer = enter(person).get(reverse("workflow:approvals"), {"view": view} | asked)
    assert answer.status_code == 200
    return [one.row.pk for one in answer.context["rows"]]


def test_each_sees_what_waits_for_them_what_they_asked_and_what_was_decided(company, people):
    small, large = wish(people["specialist"], company, 200_00, 1), wish(people["specialist"], company, 2_000_00, 2)
    own = wish(people["supervisor"], company, 600_00, 3)
    gone = reject(actor=people["controller"], approval=wish(people["specialist"], company, 300_00, 4), now=NOW, today=TODAY, note="no")
    assert listed(people["supervisor"]) == [small.pk]
    assert listed(people["controller"]) == [small.pk, large.pk, own.pk]
    assert listed(people["auditor"]) == [] and listed(people["auditor"], "waiting") == [small.pk, large.pk, own.pk]
    assert listed(people["specialist"], "asked") == [gone.pk, large.pk, small.pk]
    assert listed(people["specialist"], "decided") == [gone.pk]
    assert listed(people["controller"], q="Wish 9") == [] and listed(people["controller"], q="wish 2") == [large.pk]
    assert listed(people["controller"], "all", kind="refund") == []
    narrow = make_user("specialist", company, scope=Membership.Scope.PORTFOLIO)
    assert listed(narrow, "all") == []
    mine = wish(narrow, company, 150_00, 5)
    assert listed(narrow, "all") == [mine.pk]


def test_the_list_costs_a_fixed_number_of_queries_and_is_a_file(company, people, django_assert_max_num_queries):
    for n in range(12):
        wish(people["specialist"], company, 200_00, n + 1)
    client = enter(people["controller"])
    with django_assert_max_num_queries(16):
        client.get(reverse("workflow:approvals"))
    text = client.get(reverse("workflow:approvals") + "?format=csv").content.decode()
    assert text.count("Wish") == 12
    assert enter(people["supervisor"]).get(reverse("workflow:approvals") + "?format=xlsx").status_code == 200


def test_decisions_on_the_page_and_their_refusals(company, people):
    asked = wish(people["specialist"], company, 2_000_00, 1)
    address = {verb: reverse("workflow:approval-decide", args=[asked.pk, verb]) for verb in ("approve", "reject", "withdraw")}
    low = enter(people["supervisor"])
    answer = low.post(address["approve"])
    assert answer.status_code == 422 and "is more than you may approve; Controller may" in answer.content.decode()
    assert "say why" in low.post(address["reject"], {"note": " "}).content.decode().lower()
    own = enter(people["specialist"])
    assert own.post(address["approve"]).status_code == 422  # nobody approves their own
    assert enter(people["auditor"]).post(address["approve"]).status_code == 403
    assert low.post(address["withdraw"]).status_code == 403
    assert low.post(reverse("workflow:approval-decide", args=[asked.pk, "burn"])).status_code == 404
    assert own.post(address["withdraw"]).url == reverse("workflow:approval", args=[asked.pk])
    body = enter(people["controller"]).post(address["approve"]).content.decode()
    assert "withdrawn already" in body
    assert own.get(reverse("workflow:approval", args=[asked.pk])).status_code == 200


def test_limits_are_a_matrix_under_settings(company, people):
    client = enter(people["administrator"])
    page = client.get(reverse("workflow:authority")).content.decode()
    assert "1,000.00" in page and "asks only" in page
    assert client.get(reverse("workflow:authority") + "?currency=EUR").status_code == 200
    data = {"company": company.pk, "currency": "USD", "role": "supervisor", "kind": KIND, "alone": "50", "approve": "2,000.50"}
    assert client.post(reverse("workflow:authority-set"), data).status_code == 302
    row = AuthorityLimit.objects.get(role="supervisor", kind=KIND)
    assert row.approve == 1_000_00, "a higher one waits for a second person"
    enter(people["controller"]).post(reverse("org:change-decide", args=[AccessChange.objects.get().pk, "confirm"]))
    row.refresh_from_db()
    assert (row.alone, row.approve, row.changed_by) == (50_00, 2_000_50, people["controller"].label)
    client.post(reverse("workflow:authority-set"), data | {"alone": "abc"})
    client.post(reverse("workflow:authority-set"), data | {"role": "auditor"})
    assert AuthorityLimit.objects.filter(kind=KIND).count() == 3
    client.post(reverse("workflow:authority-set"), {"company": company.pk, "currency": "EUR", "standard": "1"})
    asked = AccessChange.objects.get(state="waiting")
    assert not AuthorityLimit.objects.filter(currency="EUR").exists(), "a second person confirms the standard ones, too"
    enter(people["controller"]).post(reverse("org:change-decide", args=[asked.pk, "confirm"]))
    assert AuthorityLimit.objects.filter(currency="EUR", kind="credit_memo").count() == 3, "all but the controller's own"
    assert Event.objects.filter(type="authority.changed").count() == 1
    assert enter(people["supervisor"]).get(reverse("workflow:authority")).status_code == 403
    assert client.get(reverse("workflow:authority") + "?format=csv").status_code == 200


def test_deputies_are_named_and_ended_on_their_page(company, people):
    client = enter(people["controller"])
    data = {"person": people["controller"].pk, "deputy": people["supervisor"].pk, "first_day": "2026-09-20", "last_day": "2026-09-21"}
    assert client.post(reverse("workflow:deputies"), data | {"last_day": "2026-09-01"}).status_code == 422
    assert client.post(reverse("workflow:deputies"), data | {"person": people["supervisor"].pk}).status_code == 422  # not for others
    assert client.post(reverse("workflow:deputies"), data).status_code == 302
    large = wish(people["specialist"], company, 4_000_00, 1)
    assert listed(people["supervisor"]) == [large.pk]
    assert "away until 21 Sep" in enter(people["supervisor"]).get(reverse("workflow:approval", args=[large.pk])).content.decode()
    deputy = Deputy.objects.get()
    assert enter(people["specialist"]).post(reverse("workflow:deputy-end", args=[deputy.pk])).status_code == 403
    assert client.post(reverse("workflow:deputy-end", args=[deputy.pk])).status_code == 302
    assert listed(people["supervisor"]) == []


def test_mail_goes_to_those_who_could_decide_and_to_whoever_asked(company, people):
    moment = timezone.now()
    large = wish(people["specialist"], company, 2_000_00, 1)
    told = {n.key: n for n in notices_due(moment, TODAY) if n.key.startswith(f"approval:{large.pk}:")}
    assert [n.recipients for n in told.values()] == [(people["controller"].email,)]
    assert "2,000.00 USD" in next(iter(told.values())).body
    reject(actor=people["controller"], approval=large, now=moment, today=TODAY, note="not this year")
    told = [n for n in notices_due(moment + timedelta(minutes=1), TODAY) if n.key.startswith(f"approval:{large.pk}:")]
    assert [(n.key, n.recipients) for n in told] == [(f"approval:{large.pk}:decided", (people["specialist"].email,))]
    assert "not this year" in told[0].body and told[0].subject.startswith("Rejected")


def test_the_api_tells_of_requests_and_decides_none(company, people):
    asked = wish(people["specialist"], company, 200_00, 1)
    _, secret = create_api_key(actor=SYSTEM, name="reader", scopes=["approvals:read"], companies=[company])
    client, headers = Client(), {"Authorization": f"Bearer {secret}"}
    (row,) = json.loads(client.get("/api/v1/approvals?state=waiting", headers=headers).content)["data"]
    assert (row["id"], row["amount"], row["requested_by"], row["state"]) == (
        f"apr_{asked.pk}",
        "200.00",
        people["specialist"].label,
        "waiting",
    )
    assert json.loads(client.get(f"/api/v1/approvals/{row['id']}", headers=headers).content)["payload_sha256"] == asked.payload_hash
    assert client.post(f"/api/v1/approvals/{row['id']}", "{}", content_type="application/json", headers=headers).status_code == 405
    assert Approval.objects.get().state == "waiting"
