"""A statement by mail on demand: shown as it will read, sent once, of a group what is in sight, printed where there is no address."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from arops.lib import pdf
from collections_app.models import SentStatement
from customers.models import Contact
from messaging.models import Message
from tests.factories import issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture
def world(monkeypatch, settings):
    settings.BUSINESS_DATE = DAY
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())
    monkeypatch.setattr(pdf, "is_available", lambda: True)
    company = make_company()
    ana = make_user("specialist", company, scope="portfolio")
    head = make_customer(company, "Dupont", collector=ana, language="fr")
    mine, foreign = make_customer(company, "Dupont Nord", collector=ana, parent=head), make_customer(company, "Dupont Sud", parent=head)
    for customer, amount in ((head, 10_00), (mine, 5_00), (foreign, 2_00)):
        issue(customer, amount, day=DAY - timedelta(days=40), due=DAY - timedelta(days=10))
    client = Client()
    client.force_login(ana)
    return head, client, reverse("customers:statement-send", args=[head.pk])


def test_two_keys_show_it_and_send_it_once(world):
    head, client, address = world
    Contact.objects.create(customer=head, name="Eva", email="eva@dupont.example")
    page = client.get(address)
    text = page.content.decode()
    assert "relevé de votre compte" in text and "10,00" in text and "Eva, " in text and "17,00" not in text
    given = {"to": page.context["form"].initial["to"], "format": "both", "token": page.context["form"].initial["token"]}
    for _ in range(2):
        assert client.post(address, given).status_code == 302
    message = Message.objects.get()
    assert message.recipients == ["eva@dupont.example"] and message.enclosed.count() == 2 and message.also_about == []
    assert SentStatement.objects.get().balance == {"USD": 10_00}


def test_of_a_group_what_is_in_sight(world):
    head, client, address = world
    Contact.objects.create(customer=head, name="Eva", email="eva@dupont.example")
    assert "15,00" in client.get(f"{address}?group=on").content.decode()
    client.post(address, {"to": ["eva@dupont.example"], "format": "pdf", "group": "on", "token": "t"})
    assert SentStatement.objects.get().balance == {"USD": 15_00}


def test_nobody_is_written_to_who_is_no_contact_and_without_one_it_is_printed(world):
    head, client, address = world
    client.post(address, {"format": "pdf", "token": "t"})
    assert Message.objects.get().channel == "letter"
    Contact.objects.create(customer=head, name="Eva", email="eva@dupont.example")
    assert client.post(address, {"to": ["x@else.example"], "format": "pdf", "token": "u"}).status_code == 422
    assert client.post(address, {"format": "pdf", "token": "u"}).status_code == 422 and Message.objects.count() == 1
