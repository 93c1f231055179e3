"""What browsers send beside the forms, and what they are told to keep: nothing of it breaks a page or leaves money lying about."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from collections_app.services.promises import give_promise
from disputes.services import open_dispute
from tests.factories import DAY, PASSWORD, SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db
LONG = "9" * 5_000


@pytest.fixture
def company():
    return make_company("US01")


@pytest.fixture
def web(company):
    client = Client()
    client.force_login(make_user("supervisor", company), backend="org.backends.EmailBackend")
    return client


@pytest.mark.parametrize("name", ["HX-Current-URL", "Referer"])
@pytest.mark.parametrize("address", ["http://[", "http://x/?q=%00", "http://x/?kind=%00&scope=%ff", "//", "\\"])
def test_an_odd_address_of_the_page_before_breaks_nothing(web, name, address):
    for htmx in ({}, {"HX-Request": "true"}):
        headers = {name: address, **htmx}
        assert web.post(reverse("collections:bulk"), {"keys": "x"}, headers=headers).status_code < 400
        assert web.post(reverse("collections:restore") + "?key=x", headers=headers).status_code < 400


def test_numbers_of_thousands_of_digits_break_nothing(web, company):
    customer = make_customer(company)
    item = issue(customer, 100_00)
    case = open_dispute(actor=SYSTEM, open_item=item, amount=1_00, reason="price", today=DAY, source="edge")
    for version in (LONG, "9" * 25, "-1", "²"):
        for act in ("move", "assign", "settle"):
            assert web.post(reverse(f"disputes:{act}", args=[case.pk]), {"state": "waiting", "version": version}).status_code < 500
    assert web.post(reverse("collections:call", args=[customer.pk]), {"items": [LONG, "²"], "outcome": "promise"}).status_code == 422
    case.refresh_from_db()
    assert case.state == "open"


@pytest.mark.parametrize("before", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x", "2026-09-20"])
def test_a_timeline_before_the_calendar_begins_is_the_timeline(web, company, before):
    address = reverse("customers:tab", args=[make_customer(company).pk, "timeline"])
    assert web.get(address, {"before": before}).status_code == 200


@pytest.mark.parametrize("part", ["²", LONG[:3000], "-1", "all", "9"])
def test_a_part_of_the_ageing_that_is_none_is_refused_or_left_out(web, part):
    for name in ("reports:items", "reports:aging"):
        assert web.get(reverse(name), {"part": part}).status_code in (200, 400)


def test_pages_of_someone_logged_in_are_kept_by_no_cache(web, company):
    for address in (reverse("invoicing:list"), reverse("customers:detail", args=[make_customer(company).pk]), reverse("reports:search")):
        assert web.get(address)["Cache-Control"] == "private, no-store"


def test_the_way_back_after_the_login_is_one_address(company):
    here = "http://testserver/invoices/?state=open&next=/elsewhere/"
    answer = Client().get(reverse("invoicing:list"), headers={"HX-Request": "true", "HX-Current-URL": here})
    assert parse_qs(urlsplit(answer["HX-Redirect"]).query) == {"next": [here]}


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "///evil.example"])
def test_a_login_leads_nowhere_else(company, wanted):
    user = make_user("specialist", company)
    answer = Client().post(f"{reverse('login')}?next={wanted}", {"username": user.email, "password": PASSWORD, "next": wanted})
    assert answer.status_code == 302 and answer["Location"] == reverse("home")


def test_what_a_view_lets_fall_is_said_in_words(web, company, monkeypatch):
    from collections_app.services.activities import ActivityError
    from org.actors import NotAllowed

    for error, status in ((NotAllowed("it needs a right"), 403), (ActivityError("it can't be done"), 422)):

        def fail(*args, error=error, **more):
            raise error

        monkeypatch.setattr("reports.views.editing.lift_hold", fail)
        answer = web.post(reverse("customers:lift", args=[make_customer(company).pk]))
        assert answer.status_code == status and str(error).replace("'", "&#x27;")[3:] in answer.content.decode()


def test_a_number_in_the_address_tells_no_name_of_another_company(web, company):
    ours, stranger = make_user("specialist", company), make_user("specialist", make_company("XX01"))
    ours.name, stranger.name = "Ona Ours", "Sten Stranger"
    ours.save()
    stranger.save()
    answers = {p.name: web.get(reverse("reports:items"), {"collector": p.pk}).content.decode() for p in (ours, stranger)}
    assert "Ona Ours" in answers["Ona Ours"] and "Sten Stranger" not in answers["Sten Stranger"]


def test_nul_is_read_as_if_it_had_not_been_sent(web, company):
    customer = make_customer(company)
    item = issue(customer, 100_00)
    promise = give_promise(actor=SYSTEM, customer=customer, items=[item], amount=1_00, due_on=DAY, today=DAY)
    assert web.post(reverse("collections:promise-cancel", args=[promise.pk]), {"reason": "a\x00b"}).status_code == 302
    assert Event.objects.get(type="promise.cancelled").data["reason"] == "ab"
    told = {"reason": "price", "amount": "1.00", "token": "x\x00", "na\x00me": "x"}
    assert web.post(reverse("disputes:open", args=[item.pk]), told).status_code == 302
    for name in ("dunning-run", "strategy-standard"):
        assert web.post(reverse(f"collections:{name}"), {"company": "\x00"}).status_code == 404
    for name, asked in (("collections:dunning", "company"), ("workflow:jobs", "kind"), ("messaging:outbox", "kind")):
        assert web.get(reverse(name), {asked: "\x00x"}).status_code in (200, 404)
