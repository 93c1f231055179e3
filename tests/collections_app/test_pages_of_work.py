"""Pages of collections: what they cost, what they refuse, what is left when nothing is."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from collections_app.models import Promise, Snooze
from tests.factories import issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY
    cache.clear()


@pytest.fixture
def team():
    company = make_company()
    eva, sam = make_user("specialist", company), make_user("specialist", company)
    for n in range(30):
        customer = make_customer(company, f"Customer {n:02d}", collector=eva)
        customer.contacts.create(name="Ada", phone="1")
        issue(customer, 100_00 + n, day=DAY - timedelta(days=40 + n))
    return company, eva, sam


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def keys(client):
    response = client.get(reverse("collections:queue"))
    return [line.item.task.key for shown in response.context["groups"] for line in shown.lines if not line.item.waits_until]


@pytest.mark.parametrize(("name", "most"), [("queue", 28), ("promises", 16), ("play", 33)], ids=["the list", "promises", "the next task"])
def test_pages_cost_a_fixed_number_of_queries(team, django_assert_max_num_queries, name, most):
    client = enter(team[1])
    client.get(reverse("collections:queue"))
    with django_assert_max_num_queries(most):
        assert client.get(reverse(f"collections:{name}")).status_code == 200


def test_an_action_in_the_list_costs_few_queries(team, django_assert_max_num_queries):
    client = enter(team[1])
    first, second, *_ = keys(client)
    with django_assert_max_num_queries(20):
        assert client.get(reverse("collections:peek", args=[first]), **HTMX).status_code == 200
    with django_assert_max_num_queries(40):
        assert client.post(reverse("collections:done", args=[second]), **HTMX).status_code == 200


def test_done_answers_with_counts_and_a_way_back(team):
    client = enter(team[1])
    first = keys(client)[0]
    answer = client.post(reverse("collections:done", args=[first]), **HTMX)
    assert b'id="queue-facts"' in answer.content and b"<b>29</b> tasks" in answer.content and b"<html" not in answer.content
    assert reverse("collections:restore") in answer["HX-Trigger"]
    assert first not in keys(client)
    client.post(reverse("collections:restore") + f"?key={first}", **HTMX)
    assert first in keys(client)


def test_the_last_one_done_shows_what_was_cleared(team):
    client = enter(team[1])
    everything = keys(client)
    client.post(reverse("collections:bulk"), {"keys": everything[:-1], "do": "done"}, **HTMX)
    answer = client.post(reverse("collections:done", args=[everything[-1]]), **HTMX)
    assert answer["HX-Retarget"] == "#list" and b"You cleared 30 tasks" in answer.content
    assert Snooze.objects.filter(user=team[1], is_done=True).count() == 30
    assert b"30</b> done today" in client.get(reverse("collections:queue")).content


def test_several_are_done_at_once_and_only_those_in_sight(team):
    _, eva, _ = team
    foreign = make_customer(make_company(), "Foreign")
    issue(foreign, 500_00, day=DAY - timedelta(days=60))
    client = enter(eva)
    chosen = [*keys(client)[:3], f"call:{foreign.pk}:USD", "nonsense"]
    client.post(reverse("collections:bulk"), {"keys": chosen, "do": "done"})
    assert sorted(Snooze.objects.values_list("task_key", flat=True)) == sorted(chosen[:3])


def test_several_wait_for_an_event_at_once_and_can_be_taken_back(team):
    client = enter(team[1])
    chosen, address = keys(client)[:2], reverse("collections:bulk")
    for wrong in ({"keys": chosen, "do": "snooze:rain"}, {"keys": ["nonsense"], "do": "snooze:rain"}):
        client.post(address, wrong, **HTMX)
        assert not Snooze.objects.exists()
    answer = client.post(address, {"keys": chosen, "do": "snooze:payment"}, **HTMX)
    assert "2 wait until a payment comes in, 30 Nov at the latest" in answer["HX-Trigger"]
    assert {(s.event, s.is_done) for s in Snooze.objects.all()} == {("payment", False)} and not set(chosen) & set(keys(client))
    client.post(reverse("collections:restore") + f"?key={chosen[0]}&key={chosen[1]}", **HTMX)
    assert set(chosen) <= set(keys(client))


def test_play_serves_two_people_different_tasks_and_comes_back_to_ones_own(team):
    _, eva, sam = team
    address = reverse("collections:play") + "?scope=all"
    hers, his = enter(eva), enter(sam)
    mine = hers.get(address).context["item"].task.key
    assert his.get(address).context["item"].task.key != mine
    assert hers.get(address).context["item"].task.key == mine
    assert hers.get(address + f"&skip={mine}").context["item"].task.key != mine


def test_a_day_that_is_no_day_ahead_puts_nothing_off(team):
    client = enter(team[1])
    first = keys(client)[0]
    for until in ("2026-09-30", "2020-01-01", "never"):
        assert client.post(reverse("collections:snooze", args=[first]), {"until": until}, **HTMX).status_code == 422
    assert not Snooze.objects.exists()


def test_empty_lists_say_which_kind_of_empty(team):
    _, eva, sam = team
    assert b"Nothing fits the filter" in enter(eva).get(reverse("collections:queue") + "?q=nobody").content
    assert b"Clear 1 filter" in enter(eva).get(reverse("collections:queue") + "?q=nobody").content
    assert b"Nothing asks for you today" in enter(make_user("specialist", make_company())).get(reverse("collections:queue")).content
    assert b"No promises yet" in enter(sam).get(reverse("collections:promises") + "?state=all").content
    assert b"No promise fits" in enter(sam).get(reverse("collections:promises") + "?q=nobody").content


def test_promises_are_filtered_ordered_and_exported_as_shown(team):
    company, eva, _ = team
    for n, name in enumerate(("Alpha", "Beta")):
        customer = make_customer(company, name, collector=eva if n else None)
        Promise.objects.create(
            company=company, customer=customer, amount=100_00 * (n + 1), currency="USD", given_on=DAY, due_on=DAY + timedelta(days=9 - n),
            taken_by="user:1",
        )  # fmt: skip
    client, address = enter(eva), reverse("collections:promises")

    def exported(query):
        body = client.get(f"{address}?{query}&format=csv").content.decode("utf-8-sig")
        return [row["Customer"] for row in csv.DictReader(io.StringIO(body))]

    assert exported("") == ["Beta", "Alpha"]
    assert exported("sort=-due") == ["Alpha", "Beta"]
    assert exported("sort=-amount&state=all") == ["Beta", "Alpha"]
    assert exported("owner=me") == ["Beta"]
    assert exported("q=alph") == ["Alpha"]
    assert exported("sort=password&state=broken") == []
    beta = Promise.objects.get(customer__name="Beta")
    for n in (1, 2):
        beta.instalments.create(ordinal=n, due_on=DAY + timedelta(days=n), amount=100_00)
    page = client.get(f"{address}?since={DAY}")
    assert (page.context["count"], exported(f"since={DAY}")) == (2, ["Beta", "Alpha"]), "two of its parts are in the span: one promise"
    assert enter(make_user("sales", company)).get(address + "?format=csv").status_code == 403


def test_a_half_done_call_is_kept_until_it_is_saved(team):
    client = enter(team[1])
    pk = keys(client)[0].split(":")[1]
    address = reverse("collections:call", args=[pk])
    client.post(reverse("collections:call-draft", args=[pk]), {"body": "they will pay on", "outcome": "promise"})
    assert b"they will pay on" in client.get(address).content
    client.post(address, {"outcome": "no_answer", "body": "they will pay on", "then": "stay"})
    page = client.get(address)
    assert page.context["form"].initial == {}


def test_items_chosen_elsewhere_are_ticked_for_the_call(team):
    client = enter(team[1])
    pk = int(keys(client)[0].split(":")[1])
    customer = make_customer(team[0], "Two items", collector=team[1])
    one, _ = issue(customer, 10_00, day=DAY - timedelta(days=50)), issue(customer, 20_00, day=DAY - timedelta(days=50))
    page = client.get(reverse("collections:call", args=[customer.pk]) + f"?outcome=dispute&items={one.pk}&items=x&items={pk}99999")
    assert page.context["chosen"] == {one.pk}
    assert page.context["form"].initial["outcome"] == "dispute"


def test_a_call_that_is_sent_twice_is_one_call_and_one_promise(team):
    company, eva, _ = team
    item = issue(make_customer(company, "Twice", collector=eva), 50_00, day=DAY - timedelta(days=40))
    client, address = enter(eva), reverse("collections:call", args=[item.customer_id])
    told = {"outcome": "promise", "due_on": "2026-10-02", "items": [item.pk], "token": client.get(address).context["token"]}
    for _ in range(3):
        assert client.post(address, told).status_code == 302
    assert Promise.objects.filter(customer=item.customer_id).count() == item.customer.activities.count() == 1
    assert client.post(address, told | {"token": client.get(address).context["token"]}).status_code == 302
    assert list(Promise.objects.filter(customer=item.customer_id).values_list("state", flat=True).order_by("pk")) == ["superseded", "open"]
