"""Customers changed by hand: added, edited, held, noted about, written to; by those who may, of those in sight."""

import pytest
from django.test import Client
from django.urls import reverse

from collections_app.models import Activity
from customers.models import Contact, Customer
from messaging.models import Message
from tests.factories import make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    company = make_company("US01")
    customer = make_customer(company, "Acme", number="K1", address="1 Road", credit_limit=500_00, language="en")
    Contact.objects.create(customer=customer, name="Eva Lund", email="eva@acme.example")
    return company, customer


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def form_of(client, address):
    """What the page would send back unchanged."""
    form = client.get(address).context["form"]
    return {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}


def test_a_customer_is_added_by_hand(world):
    company, _ = world
    client = enter(make_user("specialist", company))
    address = reverse("customers:new")
    given = form_of(client, address) | {"number": "K2", "name": "Bolt", "country": "US", "parent": "K1"}
    answer = client.post(address, given)
    made = Customer.objects.get(number="K2")
    assert answer["Location"] == reverse("customers:detail", args=[made.pk])
    assert (made.name, made.company, made.parent.number, made.currency, made.risk) == ("Bolt", company, "K1", "USD", "B")
    assert Event.objects.filter(type="customer.created", customer_ref=made.pk).exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("number", "K1", "has this number"), ("currency", "XXQ", "currency"), ("payment_terms", "whenever", "net 30"),
        ("country", "USA", "ISO"), ("language", "english", "code"), ("parent", "K99", "no customer with this number"),
        ("name", "", "required"),
    ],
)  # fmt: skip
def test_what_an_erp_could_not_send_a_person_can_not_type(world, field, value, said):
    client = enter(make_user("specialist", world[0]))
    address = reverse("customers:new")
    answer = client.post(address, form_of(client, address) | {"number": "K2", "name": "Bolt"} | {field: value})
    assert answer.status_code == 422 and not Customer.objects.filter(number="K2").exists()
    assert said in str(answer.context["form"].errors[field]) or (field == "country" and answer.context["form"].errors[field])


def test_an_edit_changes_what_was_changed_and_says_so(world):
    company, customer = world
    client = enter(make_user("specialist", company))
    address = reverse("customers:edit", args=[customer.pk])
    given = form_of(client, address)
    client.post(address, given | {"segment": "key account"})
    customer.refresh_from_db()
    assert (customer.segment, customer.address, customer.credit_limit, customer.is_active) == ("key account", "1 Road", 500_00, True)
    event = Event.objects.get(type="customer.updated")
    assert event.data["before"] == {"segment": ""} and event.data["after"] == {"segment": "key account"}


def test_only_those_who_decide_on_credit_change_limit_and_risk(world):
    company, customer = world
    address = reverse("customers:edit", args=[customer.pk])
    for role, limit in (("specialist", 500_00), ("credit_manager", 900_00)):
        client = enter(make_user(role, company))
        assert client.post(address, form_of(client, address) | {"credit_limit": "900.00", "risk": "D"}).status_code == 302
        customer.refresh_from_db()
        assert customer.credit_limit == limit


def test_a_hold_needs_a_reason_is_shown_and_can_be_taken_back(world):
    company, customer = world
    client = enter(make_user("supervisor", company))
    hold, page = reverse("customers:hold", args=[customer.pk]), reverse("customers:detail", args=[customer.pk])
    assert client.post(hold, {"reason": " "}).status_code == 422
    assert client.post(hold, {"reason": "insolvent", "until": "2001-01-01"}).status_code == 422
    assert client.post(hold, {"reason": "insolvent"}).status_code == 302
    shown = client.get(page).content
    assert b"On hold" in shown and b"insolvent" in shown
    client.post(reverse("customers:lift", args=[customer.pk]))
    customer.refresh_from_db()
    assert not customer.dunning_hold and b"On hold" not in client.get(page).content


def test_contacts_are_added_and_changed(world):
    company, customer = world
    client = enter(make_user("specialist", company))
    new = reverse("customers:contact-new", args=[customer.pk])
    assert client.post(new, {"name": "Max", "role": "buyer", "email": "no address"}).status_code == 422
    assert client.post(new, {"name": "Max", "role": "buyer", "email": "max@acme.example", "is_active": "on"}).status_code == 302
    known = Contact.objects.get(name="Eva Lund")
    client.post(reverse("customers:contact", args=[customer.pk, known.pk]), {"name": "Eva Berg", "role": "ap", "email": "eva@acme.example"})
    known.refresh_from_db()
    assert (known.name, known.is_active, known.receives_letters) == ("Eva Berg", False, False)
    assert Event.objects.get(type="contact.updated").data["before"]["name"] == "Eva Lund"


def test_a_note_stands_on_the_timeline(world):
    company, customer = world
    client = enter(make_user("specialist", company))
    address = reverse("customers:note", args=[customer.pk])
    assert client.post(address, {"body": " "}).status_code == 422
    client.post(address, {"body": "Moves to a new bank in May"})
    assert Activity.objects.get(kind="note").body == "Moves to a new bank in May"
    assert b"Moves to a new bank" in client.get(reverse("customers:tab", args=[customer.pk, "timeline"])).content


def test_a_statement_goes_out_once_and_can_be_taken_back_while_it_rests(world):
    company, customer = world
    client = enter(make_user("specialist", company))
    address = reverse("customers:write", args=[customer.pk]) + "?statement=1"
    start = client.get(address)
    given = form_of(client, address) | {"token": start.context["token"]}
    for _ in range(2):
        answer = client.post(address, given)
        assert answer.status_code == 302
    message = Message.objects.get()
    assert (message.recipients, message.state, message.customer) == (["eva@acme.example"], "pending", customer)
    if given.get("statement"):
        assert message.attachments.get().content_type == "application/pdf"
    assert client.post(address, given | {"to": ["someone@else.example"]}).status_code == 422
    client.post(reverse("customers:unsend", args=[customer.pk, message.pk]))
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_who_may_not_is_refused_and_who_can_not_see_finds_nothing(world):
    company, customer = world
    outsider = enter(make_user("supervisor", make_company()))
    reader = enter(make_user("auditor", company))
    for name in ("edit", "hold", "note", "write", "contact-new"):
        address = reverse(f"customers:{name}", args=[customer.pk])
        assert outsider.get(address).status_code == 404, name
        assert reader.get(address).status_code == 403, name
    assert outsider.post(reverse("customers:lift", args=[customer.pk])).status_code == 404
    assert reader.get(reverse("customers:new")).status_code == 403
