"""Tags on customers, views of lists that are kept, the team's figures."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from arops.lib import clock
from collections_app.models import CustomerTag, Tag
from collections_app.selectors.team import team
from collections_app.selectors.worklist import Asked, WorkList
from collections_app.services.activities import mark_done
from collections_app.services.tags import MOST, TagRefused, tag_customers, untag_customers
from org.actors import NotAllowed
from tests.collections_app.work import listed
from tests.factories import DAY, issue, make_company, make_customer, make_user
from workflow.models import Event, StoredView
from workflow.services.views import lasting

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY
    cache.clear()


@pytest.fixture
def desk():
    company = make_company("US01")
    eva, sam = make_user("supervisor", company), make_user("specialist", company)
    customers = [make_customer(company, f"Customer {n}", collector=eva if n else sam) for n in range(3)]
    for customer in customers:
        issue(customer, 500_00, day=DAY - timedelta(days=70))
    return company, eva, sam, customers


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def test_tags_are_put_on_found_by_and_taken_off_with_the_trail_told(desk):
    company, eva, _sam, customers = desk
    assert tag_customers(actor=eva, customers=customers[:2], name="  Year  end ") == 2
    assert tag_customers(actor=eva, customers=customers, name="year END") == 1, "the same word is the same tag"
    tasks = listed(eva, scope="all")
    assert {i.customer for i in listed(eva, scope="all", tag="Year end")} == {i.customer for i in tasks}
    assert untag_customers(actor=eva, customers=customers[:1], name="year end") == 1
    assert {i.customer for i in listed(eva, scope="all", tag="year end")} == set(customers[1:])
    untag_customers(actor=eva, customers=customers, name="year end")
    assert not Tag.objects.exists()
    assert Event.objects.filter(type="customer.tagged").count() == Event.objects.filter(type="customer.untagged").count() == 3
    for name in ("", "  ", "a,b", "x" * 31):
        with pytest.raises(TagRefused):
            tag_customers(actor=eva, customers=customers, name=name)
    Tag.objects.bulk_create(Tag(company=company, name=f"tag {n}") for n in range(MOST))
    with pytest.raises(TagRefused, match="use one of them"):
        tag_customers(actor=eva, customers=customers, name="one more")
    with pytest.raises(NotAllowed):
        tag_customers(actor=make_user("supervisor", make_company()), customers=customers, name="ours")


def test_many_are_tagged_from_the_list_and_a_foreign_task_is_not(desk):
    _company, eva, sam, customers = desk
    client = enter(eva)
    client.get(reverse("collections:queue"))
    keys = [i.task.key for i in listed(eva, scope="all")]
    answer = client.post(reverse("collections:bulk"), {"keys": keys, "do": "tag", "tag": "new ERP"}, headers=HTMX)
    assert b"new ERP" in answer.content and CustomerTag.objects.count() == 3
    page = client.get(reverse("collections:queue"), {"scope": "all", "tag": "new ERP", "owner": str(sam.pk)})
    shown = [line.item.customer for group in page.context["groups"] for line in group.lines]
    assert shown == [customers[0]] and b"Only tasks of" in page.content
    stranger = enter(make_user("supervisor", make_company()))
    stranger.post(reverse("collections:bulk"), {"keys": keys, "do": "untag", "tag": "new ERP"}, headers=HTMX)
    assert stranger.post(reverse("collections:tag", args=[keys[0]]), {"tag": "mine"}).status_code == 404
    assert CustomerTag.objects.count() == 3
    assert client.post(reverse("collections:tag", args=[keys[0]]), {"tag": ","}, headers=HTMX).status_code == 422


def test_a_view_is_kept_shared_opened_first_and_deleted(desk):
    company, eva, sam, _customers = desk
    client, address = enter(eva), reverse("collections:queue")
    told = {"page": "collections:queue", "query": "scope=all&kind=call&q=&page=3", "name": "Calls", "shared": "1", "first": "1"}
    assert client.post(reverse("workflow:view-keep"), told).url == f"{address}?kind=call&scope=all"
    view = StoredView.objects.get()
    assert (view.query, view.companies) == (lasting(told["query"]), [company.pk])
    assert client.get(address).url.endswith("?kind=call&scope=all"), "the list opens with it"
    assert client.get(address, headers={"Referer": f"http://testserver{address}?q=x"}).status_code == 200, "cleared filters stay cleared"
    colleague, stranger = enter(sam), enter(make_user("supervisor", make_company()))
    assert b"from " in colleague.get(address, {"scope": "all"}).content and b"Calls</span>" not in stranger.get(address).content
    change = reverse("workflow:view-change", args=[view.pk])
    assert colleague.post(change, {"do": "delete"}).status_code == 404, "of somebody else"
    assert stranger.post(change, {"do": "first"}).status_code == 404
    assert colleague.post(change, {"do": "first"}).status_code == 302
    client.post(change, {"do": "unshare"})
    assert colleague.get(address).status_code == 200, "no longer shared: the list comes as it is"
    client.post(change, {"do": "delete"})
    assert not StoredView.objects.exists() and client.get(address).status_code == 200
    assert client.post(reverse("workflow:view-keep"), told | {"page": "collections:nowhere"}).status_code == 404
    assert Event.objects.filter(type__in=["view.shared", "view.unshared"]).count() == 2


def test_the_team_shows_what_waits_and_what_was_done_and_opens_into_it(desk, settings):
    company, eva, sam, _customers = desk
    settings.BUSINESS_DATE = None  # what was done bears the day of the server
    today = clock.today()
    task = WorkList(eva, today, Asked(scope="all")).now().first() or listed(eva, today, scope="all")[0].task
    mark_done(user=eva, customer=task.customer, task_key=task.key, today=today)
    members = {m.person: m for m in team(company, today, clock.now())}
    assert (members[eva].load.tasks, members[eva].done, members[sam].load.tasks) == (2, 1, 1)
    client = enter(eva)
    page = client.get(reverse("collections:team"))
    assert page.status_code == 200 and page.context["total"]["done"] == 1
    rows = client.get(reverse("collections:team-done"), {"who": eva.label})
    assert task.customer.name.encode() in rows.content
    assert client.get(reverse("collections:team-moves"), {"was": "x", "format": "csv"}).status_code == 200
    assert enter(sam).get(reverse("collections:team")).status_code == 403
