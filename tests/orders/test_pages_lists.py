"""The five lists and the pages of one record: who sees what, filters and files that agree, neighbours, what is left, history."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from orders.models import PurchaseOrder, SalesOrder, SalesOrderLine
from orders.selectors.figures import figures, sums_of
from orders.selectors.history import history
from orders.services import save_order, save_orders
from tests.factories import SYSTEM, make_company, make_customer, make_user
from tests.orders.worlds import DAY, bill, make_life

pytestmark = pytest.mark.django_db
LISTS = ["contracts", "purchase-orders", "orders", "deliveries", "work-orders"]


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def world():
    us, other = make_company("US01"), make_company("XX01")
    keller = make_user("specialist", us, scope="portfolio")
    acme, bolt = make_customer(us, "Acme", number="K-1", collector=keller), make_customer(us, "Bolt", number="K-2")
    return {
        "us": us, "keller": keller, "acme": acme, "bolt": bolt, "life": make_life(acme, "A"), "bolts": make_life(bolt, "B"),
        "theirs": make_life(make_customer(other, "Foreign"), "FOREIGN"),
    }  # fmt: skip


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def listed(client, kind, query=""):
    rows = csv.DictReader(io.StringIO(client.get(reverse(f"orders:{kind}") + f"?format=csv&{query}").content.decode("utf-8-sig")))
    return [row["Number"] for row in rows]


def page_of(name, record):
    return reverse(f"orders:{name}", args=[record.pk])


@pytest.mark.parametrize("role", ["specialist", "supervisor", "controller", "auditor", "sales"])
def test_every_page_answers_every_role_of_the_team(world, role):
    client = enter(make_user(role, world["us"]))
    bill(world["life"])
    urls = [reverse(f"orders:{kind}") for kind in LISTS] + [page_of(*entry) for entry in world["life"].records().items()]
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, url
        body = answer.content.decode()
        assert "{{" not in body and "style=" not in body and "FOREIGN" not in body and "Upkeep <b>" not in body, url


def test_what_is_anothers_is_not_there(world):
    keller, whole = enter(world["keller"]), enter(make_user("specialist", world["us"]))
    for name, record in world["theirs"].records().items():
        assert whole.get(page_of(name, record)).status_code == 404
    for name, record in world["bolts"].records().items():
        assert keller.get(page_of(name, record)).status_code == 404
        assert whole.get(page_of(name, record)).status_code == 200
    for kind, letter in zip(LISTS, ["C", "PO", "SO", "D", "WO"], strict=True):
        assert listed(enter(make_user("specialist", world["us"])), kind) == [f"{letter}-B", f"{letter}-A"]
        assert "-B" not in keller.get(reverse(f"orders:{kind}")).content.decode()


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("contracts", "state=in_force", ["C-B", "C-A"]), ("contracts", "state=over", []), ("contracts", "q=upkeep", ["C-B", "C-A"]),
        ("purchase-orders", "q=po-a", ["PO-A"]), ("purchase-orders", "state=expired", []),
        ("purchase-orders", "state=usable", ["PO-B", "PO-A"]),
        ("orders", "q=Acme", ["SO-A"]), ("orders", "q=PO-B", ["SO-B"]), ("orders", "dated_from=2026-08-06", []),
        ("orders", "sort=number", ["SO-A", "SO-B"]), ("deliveries", "state=arrived", ["D-B", "D-A"]),
        ("work-orders", "state=unsigned&sort=customer", ["WO-A", "WO-B"]),
        ("work-orders", "state=open", []), ("orders", "dated_from=yesterday", None), ("orders", "company=99999999999999999999", None),
    ],
)  # fmt: skip
def test_filters_mean_the_same_on_the_page_and_in_the_file(world, kind, query, found):
    client = enter(make_user("specialist", world["us"]))
    answer = client.get(f"{reverse(f'orders:{kind}')}?{query}")
    if found is None:
        assert answer.status_code == 422 and "not understood" in answer.content.decode()
        return
    assert [row.record.number for row in answer.context["rows"]] == found
    assert enter(make_user("supervisor", world["us"])).get(f"{reverse(f'orders:{kind}')}?format=xlsx&{query}").status_code == 200
    assert listed(client, kind, query) == found


def test_pages_follow_each_other_by_cursor_with_totals_of_all(world):
    rows = [
        {"company": "US01", "customer": "K-1", "number": f"N-{n:03}", "ordered_on": f"2026-07-{n % 9 + 1:02}",
         "lines": [{"quantity": "2", "unit_price": "10.25"}]}
        for n in range(150)
    ]  # fmt: skip
    assert {s.outcome for s in save_orders(rows, actor=SYSTEM, source_system="t")} == {"created"}
    client, url, seen = enter(make_user("specialist", world["us"])), reverse("orders:orders") + "?q=N-", []
    for sort in ("-date", "number"):
        seen, after = [], ""
        while True:
            answer = client.get(url, {"q": "N-", "sort": sort, "after": after})
            seen += [row.record.number for row in answer.context["rows"]]
            after = answer.context["next"]
            if not after:
                break
        assert len(seen) == len(set(seen)) == 150
        assert answer.context["sums"].rows == [("USD", 150, {"value": 150 * 20_50, "billed": 0})]
    for nonsense in ("~", "x~1", "2026-99-99~4", "a\x00~1"):
        assert client.get(url, {"after": nonsense}).status_code == 200


def test_a_list_costs_the_same_however_many_rows(world):
    client = enter(make_user("specialist", world["us"]))
    url = reverse("orders:orders")
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    rows = [{"company": "US01", "customer": "K-1", "number": f"N-{n}", "ordered_on": "2026-07-01", "po_number": f"P{n}",
             "lines": [{"quantity": "1", "unit_price": "1"}]} for n in range(60)]  # fmt: skip
    save_orders(rows, actor=SYSTEM, source_system="t")
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few) < 30


def test_what_was_billed_is_taken_off_what_is_left_and_comes_back_with_a_credit_memo(world):
    life, client = world["life"], enter(make_user("specialist", world["us"]))
    bill(life)
    answer = client.get(page_of("purchase-order", life.purchase_order))
    hours, lump = answer.context["lines"]
    assert (hours.left, hours.left_amount, lump.left, lump.left_amount) == (16, 1_920_00, None, 600_00)
    answer = client.get(reverse("orders:purchase-orders") + "?q=PO-A")
    assert answer.context["sums"].rows == [("USD", 1, {"value": 3_000_00, "billed": 480_00, "left": 2_520_00})]
    row = answer.context["rows"][0]
    assert (row.figures.value, row.figures.billed, row.figures.left) == (3_000_00, 480_00, 2_520_00)
    bill(life, "CM-1", "credit_memo", "1", "120.00")
    hours = client.get(page_of("purchase-order", life.purchase_order)).context["lines"][0]
    assert (hours.left, hours.left_amount) == (17, 2_040_00)
    service, goods = client.get(page_of("order", life.order)).context["lines"]
    assert (service.done, service.billed, goods.delivered, goods.damaged, goods.to_deliver) == (7.5, 3, 4, 1, 2)


def test_every_record_leads_to_its_neighbours_and_the_invoice_back(world):
    life, client = world["life"], enter(make_user("specialist", world["us"]))
    invoice = bill(life)
    for name, record in life.records().items():
        body = client.get(page_of(name, record)).content.decode()
        for other, neighbour in life.records().items():
            assert other == name or f'href="{page_of(other, neighbour)}"' in body, (name, other)
        assert f'href="{reverse("invoicing:detail", args=[invoice.pk])}' in body
    body = client.get(reverse("invoicing:detail", args=[invoice.pk])).content.decode()
    assert all(f'href="{page_of(*entry)}"' in body for entry in life.records().items())


def test_neighbours_out_of_sight_are_not_named(world):
    bolts = world["bolts"]
    SalesOrder.objects.filter(pk=world["life"].order.pk).update(contract=bolts.contract)
    body = enter(world["keller"]).get(page_of("order", world["life"].order)).content.decode()
    assert "SO-A" in body and page_of("contract", bolts.contract) not in body.partition("<dl")[0]


def test_versions_stand_side_by_side_with_what_changed_and_prices_are_todays(world):
    answer = enter(make_user("sales", world["us"])).get(page_of("contract", world["life"].contract))
    versions = answer.context["versions"]
    assert [cell.changed for cell in dict(versions.prices)["HR"]] == [False, True]
    assert [cell.changed for cell in dict(versions.prices)["P-1"]] == [False, False]
    assert [cell.text for cell in dict(versions.terms)["Not to exceed"]] == ["no limit", "10,000.00"]
    assert [(p.price.sku, p.today) for p in answer.context["prices"]] == [("HR", 120), ("P-1", 40)]
    assert [(s.step.code, s.words) for s in answer.context["steps"]] == [("M1", "29 days behind plan"), ("SVC", "next on 2026-10-31")]
    assert "Edit" not in answer.content.decode().partition("</header>")[2].partition("<dl")[0]


def test_history_says_who_changed_what(world):
    life, eva = world["life"], make_user("specialist", world["us"])
    lines = [{"number": 1, "description": "Hours", "quantity": "12", "unit": "HUR", "unit_price": "120"}]
    save_order(actor=eva, row={"requested_on": "2026-12-01", "lines": lines}, record=life.order)
    change, made = enter(eva).get(page_of("order", life.order)).context["history"]
    assert change.who == "Specialist" and made.title == "Created"
    assert ("requested on", "", "2026-12-01") in [(d.name, d.before, d.after) for d in change.differences]
    assert ("line 1, quantity", "10", "12") in [(d.name, d.before, d.after) for d in change.differences]
    assert any(d.name == "line 2" and d.after == "" for d in change.differences)


@pytest.mark.django_db(transaction=True)
def test_history_shows_what_was_changed_past_the_product():
    life = make_life(make_customer(make_company("US01")))
    SalesOrder.objects.filter(pk=life.order.pk).update(entered_by="Nobody")
    untold, made = history(life.order)
    assert (untold.title, made.title) == ("Changed in the database", "Created")
    assert [(d.name, d.before, d.after) for d in untold.differences] == [("entered by", "", "Nobody")]


def test_states_are_told_in_words(world):
    client, po = enter(make_user("sales", world["us"])), world["life"].purchase_order
    for fields, words in (({"expires_on": "2026-09-01"}, "expired 2026-09-01"), ({"state": "closed"}, "closed")):
        PurchaseOrder.objects.filter(pk=po.pk).update(**fields)
        assert words in client.get(page_of("purchase-order", po)).content.decode()


@given(st.lists(st.tuples(st.integers(-9_999, 9_999), st.integers(-99_999, 99_999)), max_size=8), st.sampled_from(["USD", "JPY", "KWD"]))
@settings_of(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_by_the_database_are_the_sum_of_the_rows(world, parts, currency):
    """Halves and all: what the footer says is what the rows say."""
    with transaction.atomic():
        order = SalesOrder.objects.create(
            company=world["us"], customer=world["acme"], number="H-1", currency=currency, ordered_on=DAY, created_by="t"
        )  # fmt: skip
        SalesOrderLine.objects.bulk_create(
            SalesOrderLine(order=order, number=n, quantity=Decimal(q) / 2, unit_price=Decimal(p) / 1000) for n, (q, p) in enumerate(parts)
        )  # fmt: skip
        found = SalesOrder.objects.filter(pk=order.pk)
        assert sums_of(found, currency)["value"] == (figures([order])[order.pk].value or 0)
        transaction.set_rollback(True)


def test_freight_that_was_agreed_is_of_the_order_s_value(world):
    order, of = world["life"].order, SalesOrder.objects.filter(pk=world["life"].order.pk)
    goods = figures([order])[order.pk].value
    for freight, more in (("", 95_00), ("billed", 95_00), ("included", 0)):
        of.update(freight=freight, freight_amount=95_00)
        assert figures([of.get()])[order.pk].value == sums_of(of, order.currency)["value"] == goods + more


def test_empty_lists_say_what_to_do(world):
    client = enter(make_user("specialist", make_company("EE01")))
    for kind in LISTS:
        assert "yet" in client.get(reverse(f"orders:{kind}")).content.decode()
        assert "Clear 1 filter" in client.get(reverse(f"orders:{kind}") + "?q=nothing").content.decode()


def test_a_customers_page_has_what_is_open_and_what_is_not_anothers(world):
    keller, acme, bolt = enter(world["keller"]), world["acme"], world["bolt"]
    answer = keller.get(reverse("customers:tab", args=[acme.pk, "orders"]))
    body = answer.content.decode()
    assert [group.label for group in answer.context["groups"]] == [
        "Contracts in force", "Open purchase orders", "Open orders", "Work done, not signed for",
    ]  # fmt: skip
    assert all(f'href="{page_of(name, world["life"].records()[name])}"' in body for name in ("contract", "purchase-order", "order"))
    assert "-B" not in body and keller.get(reverse("customers:tab", args=[bolt.pk, "orders"])).status_code == 404
    admin = enter(make_user("administrator", world["us"]))
    assert admin.get(reverse("customers:tab", args=[acme.pk, "orders"])).status_code == 403
    assert "/orders/" not in admin.get(reverse("customers:detail", args=[acme.pk])).content.decode()


def test_the_search_finds_records_by_the_beginning_of_their_numbers_within_sight(world):
    keller = enter(world["keller"])
    for number, name in (("c-a", "contract"), ("PO-A", "purchase-order"), ("so-", "order"), ("D-A", "delivery"), ("WO-A", "work-order")):
        hits = keller.get(reverse("reports:search"), {"q": number, "format": "json"}).json()["results"]
        found = [hit["url"] for hit in hits if hit["kind"] == "order"]
        assert page_of(name, world["life"].records()[name]) in found and page_of(name, world["bolts"].records()[name]) not in found
