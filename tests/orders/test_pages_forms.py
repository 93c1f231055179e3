"""Records by hand: entered, refused beside the fields, sent twice, changed by two at once; and the steps of their lives."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Contract, Delivery, PurchaseOrder, SalesOrder, UnitConversion, WorkOrder
from orders.services import save_order
from tests.factories import make_company, make_customer, make_user
from tests.orders.worlds import DAY, make_life
from workflow.models import Event

pytestmark = pytest.mark.django_db
KINDS = ["contracts", "purchase-orders", "orders", "deliveries", "work-orders"]


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def us():
    return make_company("US01")


@pytest.fixture
def acme(us):
    return make_customer(us, "Acme", number="K-1")


@pytest.fixture
def client(us):
    client = Client()
    client.force_login(make_user("specialist", us))
    return client


def lines(prefix, *rows, initial=0):
    """A formset as a browser sends it."""
    sent = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(initial)}
    return sent | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def as_shown(answer):
    """What a browser would send of a form that nobody touched."""
    sheet = answer.context["sheet"]
    sent = {"token": "t", "seen": answer.context["seen"]}
    for form in (getattr(sheet, "head", None), sheet.version):
        if form is not None:
            sent |= {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    for table in sheet.tables:
        rows = [{n: f[n].value() for n in f.fields if f[n].value() not in (None, False)} for f in table.forms.forms]
        sent |= lines(table.forms.prefix, *rows, initial=table.forms.initial_form_count())
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in sent.items()}


VERSION = {"valid_from": "2026-01-01", "billing": "work", "freight": "billed", "escalator_months": "12"}
NOTHING = lines("price") | lines("step") | lines("line")
ENTERED = {
    "contracts": VERSION | {"number": "C-9", "currency": "USD", "title": "Pumps", "not_to_exceed": "10,000.00", "escalator_percent": "2.5",
                            **lines("price", {"sku": "HR", "unit": "HUR", "unit_price": "1,120.50"}, {"unit": "EA"}),
                            **lines("step", {"code": "M1", "kind": "milestone", "name": "Mounted", "amount": "500"})},
    "purchase-orders": {"number": "PO-9", "issued_on": "2026-09-01", "currency": "USD", "amount": "9,000", "is_blanket": "on",
                        **lines("line", {"number": "10", "sku": "HR", "quantity": "5", "unit_price": "120"}, {"amount": "99.90"})},
    "orders": {"number": "SO-9", "ordered_on": "2026-09-01", "currency": "USD", "po_number": "77",
               **lines("line", {"description": "Pump", "quantity": "2", "unit_price": "40.25", "is_service": "on"})},
    "work-orders": {"number": "WO-9", "ordered_on": "2026-09-01", "currency": "USD", "scheduled_on": "2026-09-05",
                    **lines("line", {"kind": "part", "quantity": "1", "description": "Seal"}, {"kind": "hours", "is_billable": "on"})},
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTERED)
def test_a_record_is_entered_once_however_often_its_form_is_sent(client, acme, kind):
    url = reverse(f"orders:{kind}-new")
    assert "Acme" in client.get(url + "?q=acm").content.decode()
    assert client.get(f"{url}?customer={acme.pk}").status_code == 200
    first = client.post(f"{url}?customer={acme.pk}", ENTERED[kind] | {"token": "one"})
    again = client.post(f"{url}?customer={acme.pk}", ENTERED[kind] | {"token": "one"})
    assert first.status_code == again.status_code == 302, first.context and first.context["sheet"].head.errors
    assert first.url == again.url and client.get(first.url).status_code == 200
    other = client.post(f"{url}?customer={acme.pk}", ENTERED[kind] | {"token": "two"})
    assert other.status_code == 422 and "bears the number" in other.content.decode()


def test_what_was_entered_is_what_is_kept(client, acme):
    for kind, sent in ENTERED.items():
        client.post(f"{reverse(f'orders:{kind}-new')}?customer={acme.pk}", sent)
    version = Contract.objects.get().versions.get()
    assert (version.not_to_exceed, version.escalator_percent, version.steps.get().amount) == (10_000_00, Decimal("2.5"), 500_00)
    assert [(p.sku, p.unit_price) for p in version.prices.all()] == [("HR", Decimal("1120.5"))]
    po = PurchaseOrder.objects.get()
    assert (po.amount, po.is_blanket, [(line.number, line.amount) for line in po.lines.all()]) == (
        9_000_00,
        True,
        [(10, None), (11, 99_90)],
    )
    assert [line.is_service for line in SalesOrder.objects.get().lines.all()] == [True]
    work = WorkOrder.objects.get()
    assert (work.state, [(line.kind, line.is_billable) for line in work.lines.all()]) == ("scheduled", [("part", False)])


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("contracts", {"number": ""}, "This field is required"), ("contracts", {"valid_from": "soon"}, "Enter a valid date"),
        ("contracts", {"valid_to": "2025-01-01"}, "Valid to lies before valid from"),
        ("contracts", {"retainage_percent": "100"}, "Retainage percent"),
        ("contracts", {"payment_terms": "when we like"}, "terms"), ("contracts", {"price-0-unit": ""}, "Unit is needed"),
        ("contracts", {"price-0-unit_price": "lots"}, "is not a number"), ("contracts", {"step-0-amount": "-1"}, "more than zero"),
        ("contracts", {"step-0-kind": "recurring"}, "needs its first day"),
        ("purchase-orders", {"expires_on": "2026-08-01"}, "lies before issued on"),
        ("purchase-orders", {"contract": "C-NONE"}, "no such contract"), ("purchase-orders", {"amount": "0"}, "more than zero"),
        ("purchase-orders", {"amount": "1.234"}, "Amount"), ("orders", {"line-0-quantity": ""}, "Quantity is needed"),
        ("orders", {"line-0-number": "0"}, "greater than or equal to 1"),
        ("orders", {"line-0-quantity": "1.2345678"}, "at most 6 decimals"),
        ("orders", {"purchase_order": "PO-NONE"}, "no such purchase order"), ("orders", {"currency": "QQQ"}, "Select a valid choice"),
        ("work-orders", {"not_to_exceed": "x"}, "is not a number"), ("work-orders", {"line-0-kind": "magic"}, "Select a valid choice"),
        ("orders", {"line-TOTAL_FORMS": "9999"}, "at most 300"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(client, acme, kind, wrong, said):
    answer = client.post(f"{reverse(f'orders:{kind}-new')}?customer={acme.pk}", ENTERED[kind] | wrong)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not any(model.objects.exists() for model in (Contract, PurchaseOrder, SalesOrder, WorkOrder))


def test_references_are_the_customers_own(client, acme, us):
    make_life(make_customer(us, "Bolt"), "B")
    answer = client.post(f"{reverse('orders:orders-new')}?customer={acme.pk}", ENTERED["orders"] | {"contract": "C-B"})
    assert answer.status_code == 422 and "of another customer" in answer.content.decode()
    assert "C-B" not in client.get(f"{reverse('orders:orders-new')}?customer={acme.pk}").content.decode()


@pytest.mark.parametrize("name", ["contract", "purchase-order", "order", "delivery", "work-order"])
def test_a_form_that_nobody_touched_changes_nothing(client, acme, name):
    record = make_life(acme).records()[name]
    url = reverse(f"orders:{name}-edit", args=[record.pk])
    answer = client.post(url, as_shown(client.get(url)))
    assert answer.status_code == 302, answer.context["sheet"].head.errors
    record.refresh_from_db()
    assert record.revision == 1


def test_a_change_of_somebody_else_meanwhile_is_told_and_not_overwritten(client, acme, us):
    life, ana = make_life(acme), make_user("senior", us, email="ana@test.example")
    url = reverse("orders:order-edit", args=[life.order.pk])
    sent = as_shown(client.get(url)) | {"entered_by": "Bert"}
    save_order(actor=ana, row={"requested_on": "2026-12-24"}, record=life.order)
    answer = client.post(url, sent)
    body = answer.content.decode()
    assert answer.status_code == 409 and "Changed by Senior at" in body and "2026-12-24" in body and 'value="Bert"' in body
    assert SalesOrder.objects.get().entered_by == ""
    assert client.post(url, sent | {"seen": answer.context["seen"]}).status_code == 302
    assert SalesOrder.objects.get().entered_by == "Bert"


def test_a_line_that_is_emptied_is_taken_out(client, acme):
    life = make_life(acme)
    url = reverse("orders:purchase-order-edit", args=[life.purchase_order.pk])
    sent = as_shown(client.get(url)) | {"line-0-description": "", "line-0-quantity": "", "line-0-unit_price": "", "line-0-unit": ""}
    assert client.post(url, sent).status_code == 302
    assert [line.number for line in life.purchase_order.lines.all()] == [2]


def test_a_delivery_begins_with_what_is_still_to_be_delivered(client, acme):
    life = make_life(acme)
    url = f"{reverse('orders:deliveries-new')}?order={life.order.pk}"
    answer = client.get(url)
    sent = as_shown(answer)
    assert (sent["number"], sent["line-0-order_line"], sent["line-0-quantity"]) == ("SO-1-D1", 2, "2")
    assert client.post(url, sent).status_code == 302
    made = Delivery.objects.get(number="SO-1-D1")
    assert (made.order, made.customer, [(line.order_line, line.quantity) for line in made.lines.all()]) == (life.order, acme, [(2, 2)])
    assert [order.number for order in client.get(reverse("orders:deliveries-new") + "?q=so-").context["found"]] == ["SO-1"]
    refused = client.post(url, sent | {"number": "D-X", "line-0-damaged": "9", "token": "z"})
    assert refused.status_code == 422 and "more than what was delivered" in refused.content.decode()


def test_what_belongs_to_an_order_begins_with_what_the_order_hangs_on(client, acme):
    life = make_life(acme)
    work = client.get(f"{reverse('orders:work-orders-new')}?order={life.order.pk}").context["sheet"].head
    assert [work[name].value() for name in ("number", "order", "contract", "purchase_order")] == ["SO-1-W1", "SO-1", "C-1", "PO-1"]
    order = client.get(f"{reverse('orders:orders-new')}?customer={acme.pk}&purchase_order={life.purchase_order.pk}").context["sheet"].head
    assert (order["purchase_order"].value(), order["contract"].value()) == ("PO-1", "C-1")


def test_an_amendment_begins_with_the_last_version_and_keeps_it(client, acme):
    contract = make_life(acme).contract
    url = reverse("orders:contract-amend", args=[contract.pk])
    sent = as_shown(client.get(url))
    assert sent["price-0-unit_price"] == "120" and "valid_from" not in {k for k, v in sent.items() if v}
    assert client.post(url, sent).status_code == 422
    done = client.post(url, sent | {"valid_from": "2026-10-01", "price-0-unit_price": "130"})
    assert done.status_code == client.post(url, sent | {"valid_from": "2026-10-01", "price-0-unit_price": "130"}).status_code == 302
    assert [(v.number, v.prices.first().unit_price) for v in contract.versions.all()] == [(1, 100), (2, 120), (3, 130)]
    stale = client.post(url, sent | {"valid_from": "2026-11-01", "token": "other"})
    assert stale.status_code == 409 and contract.versions.count() == 3


def test_steps_of_a_life(client, acme):
    life = make_life(acme)

    def take(name, record, **fields):
        return client.post(reverse(f"orders:{name}", args=[record.pk]), fields)

    assert "yet to come" in take("contract-milestone", life.contract, code="M1", reached_on="2027-01-01").content.decode()
    assert take("contract-milestone", life.contract, code="SVC", reached_on="2026-09-02").status_code == 422
    assert take("contract-milestone", life.contract, code="M1", reached_on="2026-09-02").status_code == 302
    assert life.contract.reached.get().code == "M1"
    assert "say why" in take("contract-end", life.contract, ended_on="2026-10-01", reason=" ").content.decode().lower()
    assert take("contract-end", life.contract, ended_on="2026-10-01", reason="sold").status_code == 302
    assert "ends 2026-10-01" in client.get(reverse("orders:contract", args=[life.contract.pk])).content.decode()
    assert take("purchase-order-close", life.purchase_order, state="open", reason="x").status_code == 422
    assert take("purchase-order-close", life.purchase_order, state="cancelled", reason="x").status_code == 302
    assert take("work-order-sign-off", life.work_order, signed_off_by="", signed_off_on="2026-09-01").status_code == 422
    assert take("work-order-sign-off", life.work_order, signed_off_by="Eva", signed_off_on="2026-09-01").status_code == 302
    assert set(Event.objects.values_list("type", flat=True)) >= {
        "contract.milestone_reached", "contract.ended", "purchase_order.cancelled", "work_order.signed_off",
    }  # fmt: skip


def test_work_is_completed_with_its_hours_and_not_before_someone_looks_again(client, acme):
    life = make_life(acme)
    client.post(f"{reverse('orders:work-orders-new')}?customer={acme.pk}&order={life.order.pk}", ENTERED["work-orders"] | {"order": "SO-1"})
    work = WorkOrder.objects.get(number="WO-9")
    url = reverse("orders:work-order-complete", args=[work.pk])
    sent = {"completed_on": "2026-09-10", "technician": "Ben", "seen": "1"}
    sent |= lines("line", {"number": "1", "kind": "hours", "quantity": "3.5", "unit": "HUR", "is_billable": "on"})
    assert client.post(url, sent | {"seen": "7"}).status_code == 409
    assert client.post(url, sent | {"line-0-quantity": "x"}).status_code == 422
    assert client.post(url, sent).status_code == 302
    work.refresh_from_db()
    assert (work.state, work.technician, [line.quantity for line in work.lines.all()]) == ("done", "Ben", [Decimal("3.5")])
    assert client.post(reverse("orders:work-order-sign-off", args=[work.pk]), {"signed_off_by": "E", "signed_off_on": "2026-09-11"}).url


def test_who_only_looks_changes_nothing_and_foreign_records_are_not_there(us, acme, client):
    life, theirs = make_life(acme), make_life(make_customer(make_company("XX01")), "X")
    reader = Client()
    reader.force_login(make_user("sales", us))
    names = ["contract-edit", "contract-amend", "contract-end", "contract-milestone", "purchase-order-close", "work-order-complete"]
    of = {"contract": "contract", "purchase": "purchase-order", "work": "work-order"}
    for name in names:
        for method in ("get", "post"):
            mine, foreign = (x.records()[of[name.partition("-")[0]]] for x in (life, theirs))
            assert getattr(reader, method)(reverse(f"orders:{name}", args=[mine.pk])).status_code == 403
            assert getattr(client, method)(reverse(f"orders:{name}", args=[foreign.pk])).status_code == 404
    for kind in KINDS:
        assert reader.get(reverse(f"orders:{kind}-new")).status_code == 403
    assert client.get(f"{reverse('orders:orders-new')}?customer={theirs.contract.customer_id}").status_code == 404
    assert client.get(f"{reverse('orders:deliveries-new')}?order={theirs.order.pk}").status_code == 404


def test_units_are_kept_changed_and_taken_out(client, us):
    url = reverse("orders:units")
    sent = {"company": us.pk, "sku": "P-1", "from_unit": "PK", "factor": "12", "to_unit": "EA"}
    assert "is not a number" in client.post(url, sent | {"factor": "dozen"}).content.decode()
    assert "another unit" in client.post(url, sent | {"to_unit": "PK"}).content.decode()
    assert client.post(url, sent).status_code == client.post(url, sent | {"factor": "10"}).status_code == 302
    made = UnitConversion.objects.get()
    assert made.factor == 10 and "P-1" in client.get(url).content.decode()
    assert client.post(reverse("orders:unit-remove", args=[made.pk])).status_code == 302
    assert not UnitConversion.objects.exists()
