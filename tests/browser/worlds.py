"""A small company with something on every page, and a way in without the login form."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urljoin

from django.test import Client

from collections_app.services.activities import log_activity
from collections_app.services.judging import decide_promises
from collections_app.services.promises import give_promise
from customers.models import Contact, Customer
from disputes.models import Dispute
from disputes.services import note_dispute, open_dispute
from ledger.models import OpenItem
from org.models import User
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, receive

DAY = date(2026, 9, 30)


@dataclass
class World:
    """What tests name."""

    eva: User
    nordia: Customer
    late: OpenItem
    case: Dispute
    entry: int
    period: int


def make_world() -> World:
    """Six customers in arrears, one of them with a broken promise, a dispute, cash not applied and a conversation."""
    company = make_company("US01")
    eva = make_user("supervisor", company, email="eva@test.example")
    nordia = make_customer(company, "Nordia AB", collector=eva, credit_limit=5_000_00, risk="C", country="SE", address="1 Quay\nGothenburg")
    contact = Contact.objects.create(customer=nordia, name="Eva Lund", email="ap@nordia.example", phone="+46 31 555 01")
    late = issue(nordia, 3_000_00, day=DAY - timedelta(days=120), due=DAY - timedelta(days=95), number="INV-1", po_number="44-17")
    word = issue(nordia, 900_00, day=DAY - timedelta(days=60), number="INV-2")
    issue(nordia, 450_00, day=DAY - timedelta(days=5), number="INV-3")
    for n, name in enumerate(("Kestrel Ltd", "Hart & Co", "Tarn LLP", "Moorgate Ltd", "Pfalz AG")):
        other = make_customer(company, name, collector=eva)
        Contact.objects.create(customer=other, name="Ada Berg", phone="+46 31 555 02")
        issue(other, (n + 1) * 1_111_00, day=DAY - timedelta(days=50 + 7 * n))
    cash = receive(nordia, 120_00, day=DAY - timedelta(days=3))
    entry = apply(cash, (late, 100_00), day=DAY - timedelta(days=3))
    receive(None, 75_00, company=company, day=DAY - timedelta(days=9))
    case = open_dispute(actor=eva, open_item=late, amount=500_00, reason="price", today=DAY, source="t", customer_words="Billed 12.00.")
    note_dispute(actor=eva, dispute=case, body="Asked sales for the price list.")
    given = DAY - timedelta(days=20)
    give_promise(actor=eva, customer=nordia, items=[word], amount=900_00, due_on=DAY - timedelta(days=4), today=given, contact=contact)
    decide_promises(company=company, today=DAY, actor=SYSTEM)
    log_activity(actor=eva, customer=nordia, kind="call", outcome="no_answer", body="Left a message", today=DAY, contact=contact)
    period = company.periods.get(name="2026-06").pk
    return World(eva, nordia, late, case, entry, period)


def enter(page: Any, user: User) -> None:
    """Give the browser, which stands on a page of the product, the session of someone who is logged in."""
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": urljoin(page.url, "/")}])
