"""Taxonomy, repeats and problems as people work them on their pages; what is out of sight isn't there."""

from datetime import date, timedelta

import pytest
from django.test import Client

from disputes.models import Cause, Problem, Repeat
from disputes.services.repeats import find_repeats
from org.models import Department
from tests.disputes.shop_of_causes import Shop, every
from tests.factories import SYSTEM, make_user
from workflow.models import Task

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)


@pytest.fixture
def shop(monkeypatch):
    monkeypatch.setattr("arops.lib.clock.today", lambda: TODAY)
    shop = Shop()
    invoices = shop.bill(shop.acme, every(2, TODAY - timedelta(days=80), 20))
    shop.bill(shop.other, every(4, TODAY - timedelta(days=80), 20), sku="PMP-1")
    for invoice in invoices[:5]:
        shop.dispute(invoice, cause=shop.cause())
    find_repeats(actor=SYSTEM, company=shop.company, day=TODAY)
    return shop


def enter(person):
    client = Client()
    client.force_login(person)
    return client


def messages(answer):
    return [str(m) for m in answer.context["messages"]]


def test_a_repeat_becomes_a_problem_that_is_mended_measured_and_closed(shop):
    web = enter(shop.senior)
    page = web.get("/disputes/causes/repeats/")
    assert b"5 of 20 invoices disputed for price not as agreed, 25.0 %, elsewhere 0.0 %" in page.content
    answer = web.post(f"/disputes/causes/repeats/{Repeat.objects.get(dimension='customer').pk}/raise/", follow=True)
    problem = Problem.objects.get()
    here = f"/disputes/causes/problems/{problem.pk}/"
    assert answer.redirect_chain[-1][0] == here and problem.owner == shop.senior
    said = messages(web.post(here + "act/", {"version": 0}, follow=True))
    assert said == ["fill in first: “What is done about it”, “Done by”, and save"]
    form = {"title": "Prices of Acme", "findings": "typed", "corrective_action": "read", "owner": shop.senior.pk, "due_date": "2026-09-19"}
    assert web.post(here + "change/", form | {"version": 0}).status_code == 302
    assert b"someone changed this problem" in web.post(here + "change/", form | {"version": 0, "title": "Else"}).content.lower()
    assert b"1 d late" in web.get("/disputes/causes/problems/?view=late").content
    for n, (step, words) in enumerate([("act", {}), ("hold", {"acted_on": "2026-07-15"}), ("measure", {}), ("close", {"words": "Fine."})]):
        problem.refresh_from_db()
        assert web.post(here + f"{step}/", {"version": problem.version} | words).status_code == 302, n
    problem.refresh_from_db()
    assert problem.state == "closed" and problem.outcome.startswith("Fine. Worked: 4 of 4 invoices")
    page = web.get(here)
    assert b"Before and after" in page.content and page.context["measured"]["rates"][0].label == "Before"
    assert b"PRB-000001" in web.get("/disputes/causes/problems/?view=closed&format=csv").content
    assert web.get("/disputes/causes/repeats/?view=raised&format=xlsx").status_code == 200


def test_put_aside_needs_a_reason_and_can_be_taken_back(shop):
    web, repeat = enter(shop.senior), Repeat.objects.get(dimension="product")
    at = f"/disputes/causes/repeats/{repeat.pk}/"
    assert messages(web.post(at + "put-aside/", {"words": ""}, follow=True)) == ["say why it is put aside"]
    web.post(at + "put-aside/", {"words": "new list since May"})
    assert b"new list since May" in web.get("/disputes/causes/repeats/?view=dismissed").content
    web.post(at + "again/")
    repeat.refresh_from_db()
    assert (repeat.state, repeat.decision_note) == ("offered", "")


def test_a_cause_is_raised_from_its_cases_and_a_department_given_a_task(shop):
    web = enter(shop.senior)
    cases = web.get(f"/disputes/causes/cases/?cause={shop.cause().pk}&source_by=customer&source={shop.acme.pk}")
    assert web.post(cases.context["raise_url"], {"cause": shop.cause().pk}).status_code == 302
    problem = Problem.objects.get()
    assert (problem.dimension, problem.source, problem.title) == ("customer", str(shop.acme.pk), "Price not as agreed: Acme")
    ask = {"department": Department.objects.get(company=shop.company, code="sales").pk, "due_date": "2026-09-30", "token": "t"}
    here = f"/disputes/causes/problems/{problem.pk}/"
    assert messages(web.post(here + "ask/", ask, follow=True))[-1].startswith("Not asked")
    for _ in range(2):
        web.post(here + "ask/", ask | {"question": "Which list holds?"})
    assert Task.objects.get().subject_id == problem.pk
    assert b"Which list holds?" in web.get(here).content
    again = web.post(cases.context["raise_url"], {"cause": shop.cause().pk})
    assert again.status_code == 422 and b"PRB-000001 is open about this already" in again.content


def test_the_taxonomy_is_changed_by_those_who_set_cases_up(shop):
    boss, cause = enter(make_user("supervisor", shop.company)), shop.cause()
    at = "/disputes/causes/taxonomy/"
    form = {"name": "Rebate left out", "stage": "pricing_setup", "is_ours": "on"}
    assert boss.post(f"{at}new/{shop.company.pk}/", form).status_code == 302
    assert boss.post(f"{at}new/{shop.company.pk}/", form).status_code == 422
    made = Cause.objects.get(name="Rebate left out")
    boss.post(f"{at}{made.pk}/", form | {"name": "Rebate forgotten"})
    rules = {f"rule_{rule}": c.code for c in Cause.objects.filter(company=shop.company) for rule in c.rules}
    assert boss.post(f"{at}rules/{shop.company.pk}/", rules | {"rule_price": made.code}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.rules) == ("Rebate forgotten", ["price"])
    boss.post(f"{at}{made.pk}/use/")
    page = boss.get(at)
    assert b"No cause is named for 1 rule of the check: price not as agreed" in page.content
    assert [c.pk for c, _, _ in page.context["retired"]] == [made.pk]
    senior = enter(shop.senior)
    assert senior.get(f"{at}{cause.pk}/").status_code == 403 and b"New cause" not in senior.get(at).content


def test_what_is_out_of_sight_is_not_there(shop):
    problem_of = f"/disputes/causes/problems/new/{shop.company.pk}/?source_by=customer&source={shop.acme.pk}"
    enter(shop.senior).post(problem_of, {"cause": shop.cause().pk})
    here = f"/disputes/causes/problems/{Problem.objects.get().pk}/"
    ana = make_user("senior", shop.company, scope="portfolio")
    foreign = [enter(ana), enter(make_user("senior", Shop("DE01").company))]
    for web in foreign:
        assert web.get(here).status_code == web.post(here + "close/", {"version": 0, "words": "x"}).status_code == 404
        assert web.post(f"/disputes/causes/repeats/{Repeat.objects.get(dimension='customer').pk}/put-aside/").status_code == 404
        assert web.get(problem_of).status_code == 404
        assert web.get("/disputes/causes/problems/").context["count"] == 0
    reader = enter(shop.specialist)
    assert reader.get(here).status_code == 200 and reader.post(here + "close/", {"version": 0}).status_code == 403
    assert b"Measure now" not in reader.get(here).content
