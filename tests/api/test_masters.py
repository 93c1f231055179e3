"""Customers, contacts, rates, events: written, read back, refused with pointers, in bulk."""

import json

import pytest

from customers.models import Customer
from customers.services import NotSaved, edit_customer
from invoicing.models import Invoice
from ledger.models import FxRate
from org.models import Membership
from tests.api.conftest import caller, invoice
from tests.api.test_conventions import is_problem, pointers
from tests.factories import make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db
NEW = {"company": "US01", "number": "N-1", "name": "Nord GmbH", "currency": "USD", "external_id": "C-1"}


def outcomes(answer):
    return [row["outcome"] for row in answer.json()["results"]]


def test_a_person_sets_limit_and_risk_only_where_they_decide_on_credit(us, acme, client):
    elsewhere = make_company("US02")
    person = make_user("credit_manager", elsewhere)
    Membership.objects.create(user=person, company=us, role="specialist")
    client.force_login(person, backend="org.backends.EmailBackend")

    def send(**fields):
        return client.post("/api/v1/customers", json.dumps(NEW | fields), content_type="application/json")

    for fields, pointer in (({"credit_limit": "500.00"}, "/credit_limit"), ({"risk": "A"}, "/risk")):
        assert pointers(send(**fields)) == [pointer]
    assert send(risk="B", credit_limit=None).status_code == 201
    assert pointers(send(credit_limit="500.00")) == ["/credit_limit"]
    with pytest.raises(NotSaved, match="credit limit: set by those who decide on credit"):
        edit_customer(actor=person, customer=acme, name="Acme", credit_limit=1_00)
    assert send(name="Nord AG").status_code == 200
    there = send(company="US02", credit_limit="500.00")
    assert there.status_code == 201 and there.json()["credit_limit"] == "500.00"


def test_a_customer_is_created_updated_and_left_alone(erp):
    first = erp.post("/customers", {**NEW, "credit_limit": "500.00", "payment_terms": "2/10 net 30"})
    assert first.status_code == 201
    body = first.json()
    assert (body["source_system"], body["credit_limit"], body["language"]) == ("erp", "500.00", "en")
    assert erp.get(f"/customers/{body['id']}").json() == body == erp.get("/customers/by-external-id/erp/C-1").json()
    changed = erp.put("/customers/by-external-id/erp/C-1", {"company": "US01", "name": "Nord AG"}, key=None)
    assert changed.status_code == 200 and changed.json()["name"] == "Nord AG" and changed.json()["credit_limit"] == "500.00"
    assert (
        erp.put("/customers/by-external-id/erp/C-1", {"company": "US01", "name": "Nord AG"}).json()["updated_at"]
        == changed.json()["updated_at"]
    )
    assert Event.objects.filter(type="customer.updated").count() == 1


def test_a_late_version_changes_nothing(erp):
    assert erp.post("/customers", {**NEW, "source_version": 5}).status_code == 201
    is_problem(erp.post("/customers", {**NEW, "name": "Old", "source_version": 4}), 409, "stale")
    assert erp.post("/customers", {**NEW, "name": "New", "source_version": 6}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "ZZZ"),
        ("currency", 1),
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("number", None),
        ("risk", "Z"),
        ("country", "usa"),
        ("payment_terms", "soon"),
        ("credit_limit", "-1.00"),
        ("credit_limit", "NaN"),
        ("credit_limit", 5),
        ("parent", "nobody"),
        ("collector", "nobody@x.example"),
        ("is_active", "yes"),
        ("source_version", -1),
        ("source_version", 2**70),
        ("language", "english"),
        ("company", "XX"),
    ],
)
def test_a_customer_that_is_wrong_is_pointed_at(erp, field, value):
    answer = erp.post("/customers", {**NEW, field: value})
    is_problem(answer, 422)
    assert f"/{field}" in pointers(answer)
    assert not Customer.objects.filter(number="N-1").exists()


def test_customers_in_bulk(erp, us, acme):
    rows = [
        NEW,
        {**NEW, "external_id": "C-2"},
        {**NEW, "number": "N-3", "external_id": "C-3", "parent": {"external_id": "C-1"}},
        NEW,
        {},
        7,
    ]
    answer = erp.post("/customers/bulk", {"rows": rows})
    assert answer.status_code == 207
    assert outcomes(answer) == ["created", "rejected", "created", "unchanged", "rejected", "rejected"]
    assert answer.json()["summary"] == {"created": 2, "updated": 0, "unchanged": 1, "rejected": 3, "rows": 6, "dry_run": False}
    assert answer.json()["results"][1]["errors"][0] == {
        "pointer": "/number",
        "code": "conflict",
        "detail": "another record holds this already",
    }
    dry = erp.post("/customers/bulk", {"rows": [{**NEW, "name": "Dry"}], "dry_run": True})
    assert outcomes(dry) == ["updated"] and Customer.objects.get(number="N-1").name == "Nord GmbH"
    atomic = erp.post("/customers/bulk", {"rows": [{**NEW, "name": "A"}, {}], "mode": "atomic"})
    assert atomic.json()["results"][0]["errors"][0]["code"] == "not_applied" and Customer.objects.get(number="N-1").name == "Nord GmbH"


@pytest.mark.parametrize(
    ("call", "pointer"),
    [
        ({"rows": []}, "/rows"),
        ({}, "/rows"),
        ({"rows": [{}] * 5001}, "/rows"),
        ({"rows": [{}], "mode": "some"}, "/mode"),
        ({"rows": {}}, "/rows"),
        ({"rows": [{}], "dry_run": "no"}, "/dry_run"),
        ({"rows": [{}], "extra": 1}, "/extra"),
        ({"rows": [{}], "control": {"count": 2}}, "/control/count"),
        ({"rows": [{}], "control": {"count": "1"}}, "/control/count"),
        ({"rows": [{}], "control": {"sum": 1}}, "/control"),
        ({"rows": [{}], "control": 1}, "/control"),
    ],
)
def test_a_bulk_call_that_is_wrong_is_refused_whole(erp, call, pointer):
    for path in ("/customers/bulk", "/invoices/bulk"):
        answer = erp.post(path, call)
        is_problem(answer, 422)
        assert pointer in pointers(answer)


def test_the_id_of_several_companies_must_be_told_apart(erp, us, acme):
    make_customer(make_company("XX01"), "Other", source_system="erp", external_id="C-100")
    is_problem(erp.get("/customers/by-external-id/erp/C-100"), 422, "ambiguous")
    assert erp.get("/customers/by-external-id/erp/C-100?company=XX01").json()["name"] == "Other"
    is_problem(erp.get("/customers/by-external-id/erp/C-100?company=YY"), 404)


def test_contacts(erp, acme):
    row = {"customer": {"external_id": "C-100"}, "name": "Eva Lund", "email": "eva@acme.example", "external_id": "P/1"}
    made = erp.post("/contacts", row)
    assert made.status_code == 201 and made.json()["customer"] == f"cus_{acme.pk}"
    assert erp.get("/contacts/by-external-id/erp/P/1").json() == made.json()
    assert outcomes(erp.post("/contacts/bulk", {"rows": [{**row, "phone": "1"}, {**row, "customer": "cus_99", "external_id": "P2"}]})) == [
        "updated", "rejected"]  # fmt: skip
    assert [c["name"] for c in erp.get(f"/contacts?customer=cus_{acme.pk}").json()["data"]] == ["Eva Lund"]
    is_problem(erp.get("/contacts?customer=7"), 404)
    answer = erp.post("/contacts", {**row, "email": "not an address", "external_id": "P-3"})
    assert pointers(answer) == ["/email"]


def test_whoever_works_on_a_portfolio_writes_within_it(us, acme, client):
    keller = make_user("specialist", us, scope="portfolio")
    mine = make_customer(us, "Mine", collector=keller, source_system="erp", external_id="M-1")
    client.force_login(keller)

    def put(external_id, **fields):
        return client.put(
            f"/api/v1/customers/by-external-id/erp/{external_id}", {"company": "US01", **fields}, content_type="application/json"
        )

    assert put("M-1", name="Mine too").status_code == 200
    assert put("C-100", name="Taken").status_code == 409
    assert put("M-1", collector=make_user("senior", us).email).status_code == 422
    assert put("M-2", number="M-2", name="New", currency="USD").json()["collector"] == keller.email
    acme.refresh_from_db()
    mine.refresh_from_db()
    assert (acme.name, mine.name, mine.collector) == ("Acme", "Mine too", keller)
    assert client.get(f"/api/v1/customers/cus_{acme.pk}").status_code == 404


def test_rates(erp, acme):
    row = {"currency": "EUR", "base": "USD", "day": "2026-09-01", "rate": "1.0825"}
    made = erp.post("/fx-rates", row)
    assert made.status_code == 201 and made.json()["rate"] == "1.0825"
    assert erp.post("/fx-rates", row).status_code == 200
    assert outcomes(erp.post("/fx-rates/bulk", {"rows": [{**row, "rate": "2"}, {**row, "day": "2026-09-02"}, {**row, "rate": "0"}]})) == [
        "updated", "created", "rejected"]  # fmt: skip
    assert [r["day"] for r in erp.get("/fx-rates?currency=EUR&day=2026-09-02").json()["data"]] == ["2026-09-02"]
    for field, value in (("rate", "NaN"), ("rate", 1), ("day", "soon"), ("base", "EUR"), ("currency", "ZZZ"), ("rate", None), ("x", 1)):
        answer = erp.post("/fx-rates", {**row, field: value})
        assert pointers(answer) == [f"/{field}"], answer.content
    assert erp.post("/invoices", invoice("1", currency="EUR")).status_code == 201
    is_problem(caller("fx:read").post("/fx-rates", row), 403)


def test_a_key_of_some_companies_sets_the_rates_of_their_currencies(us, acme):
    make_company("DE01", currency="EUR")
    limited = caller("fx:write", companies=[us])
    assert limited.post("/fx-rates", {"currency": "GBP", "base": "USD", "day": "2026-09-01", "rate": "1.3"}).status_code == 201
    answer = limited.post("/fx-rates", {"currency": "GBP", "base": "EUR", "day": "2026-09-01", "rate": "1.2"})
    is_problem(answer, 422)
    assert FxRate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_events_are_a_log_to_follow(erp, acme):
    erp.post("/invoices", invoice("1"))
    page = erp.get("/events?after=0&type=invoice.issued").json()
    (event,) = page["data"]
    assert event["subject"] == {"type": "invoicing.invoice", "id": f"inv_{Invoice.objects.get().pk}"}
    assert (event["company"], event["customer"]) == ("US01", f"cus_{acme.pk}")
    assert page["next"] == event["id"]
    assert erp.get(f"/events?after={page['next']}&type=invoice.issued").json() == {"data": [], "next": page["next"]}
    assert caller(companies=[make_company("XX01")]).get("/events").json()["data"] == []
    is_problem(erp.get("/events?after=x"), 422)
    is_problem(caller("invoices:read").get("/events"), 403)


def test_rows_of_one_call_see_each_other(erp):
    rows = [
        NEW,
        {**NEW, "number": "N-9"},  # the same id: its number changes
        {"company": "US01", "number": "N-1", "name": "Takes the number that is free again", "currency": "USD"},
        {"company": "US01", "number": "N-2", "name": "Child", "currency": "USD", "parent": "N-1"},
        {"company": "US01", "number": "N-2", "name": "Child, renamed"},
    ]
    assert outcomes(erp.post("/customers/bulk", {"rows": rows})) == ["created", "updated", "created", "created", "updated"]
    assert list(Customer.objects.filter(number__startswith="N-").order_by("number").values_list("number", "name", "parent__number")) == [
        ("N-1", "Takes the number that is free again", None),
        ("N-2", "Child, renamed", "N-1"),
        ("N-9", "Nord GmbH", None),
    ]


def test_a_call_whose_customers_someone_else_makes_meanwhile_looks_again(erp, us, monkeypatch):
    real, taken = Customer.objects.bulk_create, []

    def too_late(customers, **how):
        if not taken:
            taken.append(make_customer(us, "Someone else's", number="N-1"))  # undone with the attempt that it spoils
        return real(customers, **how)

    monkeypatch.setattr(Customer.objects, "bulk_create", too_late)
    answer = erp.post("/customers/bulk", {"rows": [NEW, {**NEW, "number": "N-2", "external_id": "C-2"}]})
    assert outcomes(answer) == ["created", "created"] and taken
    assert Customer.objects.filter(number__startswith="N-").count() == 2
