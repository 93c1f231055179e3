"""Notices of late charges: with days, rate and law, once, by mail or on paper, in the customer's language."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from arops.lib import pdf
from collections_app.models import Charge
from collections_app.policy.charges import Tier
from collections_app.selectors.charges import month_of
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.notices import send_notice, send_notices
from collections_app.services.charges.policies import NewPolicy, save_limit, save_policy
from collections_app.services.charges.running import run_charges
from customers.models import Contact
from messaging.models import Message
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
MONTH = month_of(date(2026, 8, 1))
TODAY = date(2026, 9, 1)
NOW = datetime.fromisoformat("2026-09-01T22:00:00+00:00")


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    settings.BUSINESS_DATE = TODAY
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())
    monkeypatch.setattr(pdf, "is_available", lambda: True)


def charged(language="fr", notice="mail", email="ap@acme.example", **fields):
    """A customer who owed 10,000.00 all August, at 24 % a year capped to 18 by law."""
    company = make_company()
    customer = make_customer(company, "Acme", language=language, country="FR", **fields)
    if email:
        Contact.objects.create(customer=customer, name="Eva", email=email)
    issue(customer, 10_000_00, day=date(2026, 6, 1), due=date(2026, 7, 31), number="F-1")
    save_policy(
        actor=SYSTEM, company=company, today=MONTH.first,
        wanted=NewPolicy("Interest", "rate", (Tier(0, Decimal(24)),), MONTH.first, notice=notice),
    )  # fmt: skip
    save_limit(
        actor=SYSTEM, company=company, place="FR", max_rate=Decimal(18), max_fee=None, source="Code de commerce L441-10",
        valid_from=MONTH.first,
    )  # fmt: skip
    run_charges(company=company, period=MONTH, day=TODAY, actor=SYSTEM, now=NOW)
    return Charge.objects.select_related("company", "customer", "open_item", "run", "policy").get()


def test_the_run_tells_each_once_with_what_the_charge_rests_on():
    charge = charged()
    message = Message.objects.get()
    assert (charge.notice, message.kind, message.recipients) == (message, "late_charge", ["ap@acme.example"])
    paper = bytes(message.enclosed.get().storedfile.content).decode()
    for said in (
        "Avis de pénalités",
        charge.open_item.number,
        "F-1",
        "31/07/2026",
        "01/08/2026",
        ">31<",
        ">18<",
        "10\u202f000,00",
        "L441-10",
    ):
        assert said in paper, said
    assert "Avis de pénalités" not in message.subject and "avis de pénalités" in message.subject and "152,88" in message.body
    assert send_notices(company=charge.company, day=TODAY, actor=SYSTEM, now=NOW) == {}
    assert send_notice(actor=SYSTEM, charge=charge, now=NOW) == message and Message.objects.count() == 1


@pytest.mark.parametrize(("notice", "email"), [("print", "ap@acme.example"), ("mail", "")])
def test_it_is_printed_where_the_policy_says_so_or_there_is_no_address(notice, email):
    charged(notice=notice, email=email)
    message = Message.objects.get()
    assert (message.channel, message.recipients, message.state) == ("letter", [], "pending")


def test_without_a_policy_that_tells_a_person_sends_it_from_its_page():
    charge = charged(language="it", notice="none")
    assert not Message.objects.exists()
    client = Client()
    client.force_login(make_user("supervisor", charge.company))
    page = client.get(reverse("collections:charge", args=[charge.pk])).content.decode()
    assert "Send notice" in page and "Writes it, which no text is in" in page
    assert b"Notice of late charges" in client.get(reverse("collections:charge-paper", args=[charge.pk])).content
    client.post(reverse("collections:charge-notice", args=[charge.pk]))
    charge.refresh_from_db()
    assert charge.notice is not None and charge.notice.recipients == ["ap@acme.example"]
    assert "Send notice" not in client.get(reverse("collections:charge", args=[charge.pk])).content.decode()


def test_a_waived_charge_is_told_to_nobody():
    charge = charged(notice="none")
    Charge.objects.update(state=Charge.State.WAIVED)
    with pytest.raises(ChargeError, match="nothing to tell"):
        send_notice(actor=SYSTEM, charge=charge, now=NOW)
