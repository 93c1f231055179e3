"""Statements by schedule: to whom, once, in whose words; of groups; as files. And what people may."""

import io
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from arops.lib import pdf
from collections_app.models import SentStatement, StatementSchedule
from collections_app.selectors.statement_schedules import audiences
from collections_app.services.statement_runs import send_statements
from collections_app.services.statement_schedules import ScheduleDraft, end_schedule, save_schedule
from collections_app.services.statements import StatementRefused, statement_file
from customers.models import Contact
from messaging.models import Message
from messaging.services.bouncing import bounce_message
from org.actors import NotAllowed
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
NOW = datetime.fromisoformat("2026-09-30T22:00:00+00:00")


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    settings.BUSINESS_DATE = DAY
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())
    monkeypatch.setattr(pdf, "is_available", lambda: True)


def owes(company, name, amount=100_00, days=10, email="ap@acme.example", **fields):
    customer = make_customer(company, name, **fields)
    if email:
        Contact.objects.create(customer=customer, name="Eva", email=email)
    issue(customer, amount, day=DAY - timedelta(days=days + 30), due=DAY - timedelta(days=days))
    return customer


def schedule(company, name="Monthly", **fields):
    return save_schedule(actor=SYSTEM, company=company, draft=ScheduleDraft(name, DAY.replace(day=1), **{"day": 31} | fields))


def send(company, day=DAY):
    return send_statements(actor=SYSTEM, company=company, day=day, now=NOW)


def test_each_night_sends_each_once_in_the_customers_words(monkeypatch):
    company = make_company()
    owes(company, "Acme")
    german = owes(company, "Muster", language="de", email="")
    make_customer(company, "Nothing ever")
    schedule(company)
    assert send(company) == {"sent": 2, "left_out": 0, "failed": 0}
    assert send(company) == send(company, DAY + timedelta(days=3)) == {"sent": 0, "left_out": 0, "failed": 0}
    mail, letter = Message.objects.order_by("channel")
    assert (mail.channel, mail.recipients, letter.channel) == ("email", ["ap@acme.example"], "letter")
    assert "past due 100.00" in mail.body and "as of 30 September 2026" in mail.body
    assert letter.customer == german and "Kontoauszug" in letter.subject and "30.09.2026" in letter.body
    page = bytes(letter.enclosed.get().storedfile.content).decode()
    assert "Offene Posten" in page and "Rechnung" in page and "100,00" in page
    assert SentStatement.objects.get(customer=german).balance == {"USD": 100_00}


def test_own_before_segment_before_all_and_ended_ones_send_nothing():
    company = make_company()
    one, two, three = owes(company, "One", segment="gold"), owes(company, "Two", segment="gold"), owes(company, "Three")
    for_all, gold, own = schedule(company), schedule(company, segment="gold"), schedule(company, customer=one)
    assert audiences(company, [for_all, gold, own]) == {own.pk: [one.pk], gold.pk: [two.pk], for_all.pk: [three.pk]}
    end_schedule(actor=SYSTEM, schedule=own)
    assert send(company)["sent"] == 3 and SentStatement.objects.filter(schedule=gold).count() == 2
    with pytest.raises(StatementRefused, match="has a schedule already"):
        schedule(company, segment="gold")


def test_a_group_gets_one_statement_of_all_its_accounts():
    company = make_company()
    parent = owes(company, "Holding", amount=10_00)
    child = owes(company, "Branch", amount=5_00, parent=parent)
    owes(company, "Closed branch", amount=1_00, parent=parent, is_active=False)
    schedule(company, for_group=True, format="both")
    assert send(company)["sent"] == 1
    sent = SentStatement.objects.get()
    assert (sent.customer, sent.balance) == (parent, {"USD": 15_00})
    page, book = (bytes(f.storedfile.content) for f in sent.message.enclosed.order_by("name").reverse())
    if not page.startswith(b"%PDF"):
        page, book = book, page
    assert child.name in page.decode() and "15.00" in page.decode()
    rows = list(openpyxl.load_workbook(io.BytesIO(book))["Rows"].iter_rows(min_row=2, max_row=3, values_only=True))
    assert [(row[0], row[7]) for row in rows] == [("Holding", 10), ("Branch", 5)]


def test_left_out_by_rule_is_kept_with_its_reason():
    company = make_company()
    owes(company, "Early", days=-5)
    owes(company, "Small", amount=3_00)
    schedule(company, only_overdue=True, minimum=5_00)
    assert send(company) == {"sent": 0, "left_out": 2, "failed": 0}
    said = set(SentStatement.objects.values_list("customer__name", "left_out_because"))
    assert said == {("Early", "nothing is past due"), ("Small", "less is open than the schedule asks for")}
    assert send(company)["left_out"] == 0


def test_an_address_that_bounced_is_not_used(monkeypatch):
    company = make_company()
    acme = owes(company, "Acme")
    schedule(company)
    send(company)
    message = Message.objects.get()
    Message.objects.update(state="sent", sent_at=NOW)
    assert bounce_message(actor=SYSTEM, message=message, why="550 no such user", day=DAY)
    message.refresh_from_db()
    assert message.state == "failed" and "550" in message.error
    assert not bounce_message(actor=SYSTEM, message=message, why="again", day=DAY) or acme.bounces.count() == 1
    assert send(company, date(2026, 10, 31))["sent"] == 1
    assert Message.objects.filter(channel="letter", customer=acme).count() == 1


def test_one_that_goes_wrong_stops_nobody(monkeypatch):
    company = make_company()
    bad, good = owes(company, "Bad"), owes(company, "Good")
    schedule(company)
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": 1 / 0 if "Bad" in html else b"%PDF")
    assert send(company) == {"sent": 1, "left_out": 0, "failed": 1}
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF again")
    assert send(company) == {"sent": 1, "left_out": 0, "failed": 0}
    assert {s.customer for s in SentStatement.objects.all()} == {bad, good}


def test_a_file_closes_with_what_is_owed():
    company = make_company()
    acme = owes(company, "Acme")
    receive(acme, 30_00, day=DAY - timedelta(days=1))
    file = statement_file(customers=[acme], as_of=DAY, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(file.content))["Account"]
    assert file.name.endswith(".xlsx") and [row[0].value for row in sheet.iter_rows()][-1] == "Total USD"
    assert sheet.cell(row=sheet.max_row, column=4).value == 70


def test_pages_and_rights():
    company = make_company()
    acme = owes(company, "Acme")
    client, senior = Client(), make_user("senior", company)
    client.force_login(senior)
    new = reverse("collections:statement-schedule-new") + f"?company={company.code}"
    given = {"name": "Monthly", "day": 31, "every_months": 1, "starts_on": "2026-09-01", "format": "pdf", "minimum": "2.50"}
    assert client.post(new, given | {"customer": "nobody"}).status_code == 422
    assert client.post(new, given | {"customer": acme.number}).status_code == 302
    made = StatementSchedule.objects.get()
    assert (made.customer, made.minimum) == (acme, 2_50)
    send(company)
    body = client.get(reverse("collections:statements")).content.decode()
    assert "Acme" in body and "last day" in body
    assert client.get(reverse("collections:statement-schedule", args=[made.pk])).status_code == 200
    assert client.post(reverse("collections:statement-schedule-end", args=[made.pk])).status_code == 302
    stranger, specialist = make_user("senior", company, scope="portfolio"), make_user("specialist", company)
    with pytest.raises(NotAllowed):
        save_schedule(actor=stranger, company=company, draft=ScheduleDraft("All", DAY))
    with pytest.raises(NotAllowed):
        save_schedule(actor=specialist, company=company, draft=ScheduleDraft("All", DAY))
    client.force_login(stranger)
    assert b"Acme" not in client.get(reverse("collections:statements")).content
    assert client.get(reverse("collections:statement-schedule", args=[made.pk])).status_code == 404
