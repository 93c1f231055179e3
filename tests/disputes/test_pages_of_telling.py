"""Replies on the page of a case, and the texts of a company."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Contact
from disputes.models import CaseText, Dispute, DisputeNote
from disputes.services import note_dispute, open_dispute
from disputes.services.telling import standard_texts
from messaging.models import Message
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Event

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def world():
    company = make_company("SAYS")
    sam = make_user("senior", company)
    standard_texts(actor=SYSTEM, company=company)
    customer = make_customer(company, "Nordia {total}")
    Contact.objects.create(customer=customer, name="Eva", email="ap@nordia.example")
    item = issue(customer, 500_00, day=DAY - timedelta(days=20))
    case = open_dispute(actor=sam, open_item=item, amount=120_50, reason="price", today=DAY, source="t:1", owner=sam)
    return company, sam, case


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def answer(case, **fields):
    given = {"to": ["ap@nordia.example"], "subject": "About it", "body": "Hello {{7*7}} {amount}", "version": case.version, "token": "t1"}
    return given | fields


def test_a_reply_is_filled_in_by_a_text_looked_at_and_sent_once(world):
    _, sam, case = world
    note_dispute(actor=sam, dispute=case, body="the secret margin")
    client, page = enter(sam), reverse("disputes:detail", args=[case.pk])
    assert 'data-key="r"' in client.get(page).content.decode()
    text = CaseText.objects.get(event="reply", name="Ask for proof", language="en")
    words = client.get(reverse("disputes:reply-words", args=[case.pk]), {"text": text.pk}, headers={"HX-Request": "true"}).content.decode()
    assert "to look into 120.50 USD" in words and "Dear Nordia {total}," in words and "secret" not in words
    seen = client.post(reverse("disputes:reply-preview", args=[case.pk]), answer(case), headers={"HX-Request": "true"}).content.decode()
    assert "Hello {{7*7}} {amount}" in seen and "ap@nordia.example" in seen and not Message.objects.exists()
    for _ in range(2):
        assert client.post(reverse("disputes:reply", args=[case.pk]), answer(case)).status_code == 302
    message = Message.objects.get()
    assert message.body == "Hello {{7*7}} {amount}" and DisputeNote.objects.get(is_internal=False).message == message
    shown = client.get(page).content.decode()
    assert "Waits to be sent" in shown and "Take back" in shown


def test_a_question_has_the_case_wait_for_the_customer(world):
    _, sam, case = world
    enter(sam).post(reverse("disputes:reply", args=[case.pk]), answer(case, wait="on"))
    case.refresh_from_db()
    assert (case.state, case.waiting_on) == ("waiting", "customer")


def test_what_can_t_be_sent_keeps_what_was_typed(world):
    _, sam, case = world
    client, url = enter(sam), reverse("disputes:reply", args=[case.pk])
    for wrong in (
        {"to": ["thief@example.com"]}, {"to": []}, {"subject": ""}, {"body": " "}, {"attached": [7]}, {"wait": "on", "version": 99},
    ):  # fmt: skip
        response = client.post(url, answer(case, body="What I typed", **{k: v for k, v in wrong.items() if k != "body"}) | wrong)
        assert response.status_code == 422, wrong
        assert "body" in wrong or "What I typed" in response.content.decode()
    assert not Message.objects.exists() and Dispute.objects.get().state == "open"


def test_a_subject_is_one_line_whatever_is_posted(world):
    _, sam, case = world
    enter(sam).post(reverse("disputes:reply", args=[case.pk]), answer(case, subject="Hello\r\nBcc: thief@example.com"))
    message = Message.objects.get()
    assert (message.subject, message.state) == ("Hello Bcc: thief@example.com", "pending")


def test_what_was_said_is_taken_back_and_sent_after_all_on_the_case(world):
    _, sam, case = world
    client = enter(sam)
    client.post(reverse("disputes:reply", args=[case.pk]), answer(case))
    message = Message.objects.get()
    client.post(reverse("disputes:unsend", args=[case.pk, message.pk]))
    message.refresh_from_db()
    assert message.state == "cancelled"
    client.post(reverse("disputes:resend", args=[case.pk, message.pk]))
    message.refresh_from_db()
    assert message.state == "pending"


def test_foreign_cases_and_messages_are_out_of_reach(world):
    company, sam, case = world
    enter(sam).post(reverse("disputes:reply", args=[case.pk]), answer(case))
    message = Message.objects.get()
    for person in (make_user("senior", make_company()), make_user("specialist", company, scope="portfolio")):
        client = enter(person)
        assert client.get(reverse("disputes:reply", args=[case.pk])).status_code == 404
        for name in ("unsend", "resend"):
            assert client.post(reverse(f"disputes:{name}", args=[case.pk, message.pk])).status_code == 404
    item = issue(make_customer(company), 100_00, day=DAY)
    other = open_dispute(actor=sam, open_item=item, amount=10_00, reason="tax", today=DAY, source="t:2")
    assert enter(sam).post(reverse("disputes:unsend", args=[other.pk, message.pk])).status_code == 404
    assert Message.objects.get().state == "pending"


def test_a_move_is_told_of_where_it_is_ticked_and_concerns_the_customer(world):
    _, sam, case = world
    client, url = enter(sam), reverse("disputes:move", args=[case.pk])

    def move(to, **fields):
        case.refresh_from_db()
        client.post(url, {"to": to, "version": case.version} | fields)
        return Message.objects.count()

    assert move("investigating", tell="on") == 0
    assert move("waiting:customer", tell="on") == 0
    assert move("investigating") == 0
    assert move("waiting:customer", tell="on", words="Which price was agreed?") == 1
    assert "Which price was agreed?" in Message.objects.get().body
    assert move("decision") == 1
    assert move("investigating") == 1 and move("decision", tell="on") == 2


def test_a_company_without_texts_is_given_them_and_changes_one(world):
    company, sam, _ = world
    CaseText.objects.all().delete()
    boss = make_user("supervisor", company)
    client = enter(boss)
    assert "Set up the standard texts" in client.get(reverse("disputes:texts")).content.decode()
    client.post(reverse("disputes:texts-standard"), {"company": company.code})
    text = CaseText.objects.get(event="opened", language="en")
    url = reverse("disputes:text", args=[text.pk])
    given = {"event": "opened", "name": text.name, "language": "en", "subject": "{case}", "body": "Dear {customer}", "is_active": "on"}
    assert client.post(url, given).status_code == 302
    event = Event.objects.get(type="case_text.changed")
    assert event.data["after"] == {"subject": "{case}", "body": "Dear {customer}"} and event.data["before"]["subject"] == text.subject
    seen = client.post(reverse("disputes:text-preview"), given).content.decode()
    assert "DSP-000042" in seen and "Dear Sample Customer" in seen
    assert enter(sam).post(url, given).status_code == 404 and enter(sam).get(url).status_code == 200


@pytest.mark.parametrize(
    ("field", "words", "said"),
    [
        ("body", "Pay {ammount}", "{ammount} is not a merge field"), ("subject", "{{7*7}}", "{{7*7}} is not a merge field"),
        ("body", "{% debug %}", "not a merge field"), ("body", "{{settings.SECRET_KEY}}", "is not a merge field"),
        ("subject", "x {", "{ is not a merge field"), ("body", "", "required"),
    ],
)  # fmt: skip
def test_a_text_with_what_is_no_field_is_refused_by_name(world, field, words, said):
    company, _, _ = world
    client = enter(make_user("supervisor", company))
    given = {"event": "reply", "name": "Mine", "language": "en", "subject": "Hello", "body": "Hello", "is_active": "on"} | {field: words}
    url = reverse("disputes:text-new") + f"?company={company.code}"
    response = client.post(url, given)
    assert response.status_code == 422 and said in response.content.decode().replace("&#x27;", "'")
    assert not CaseText.objects.filter(name="Mine").exists()


def test_two_texts_of_one_name_and_language_are_one_too_many(world):
    company, _, _ = world
    client = enter(make_user("supervisor", company))
    given = {"event": "reply", "name": "Ask for proof", "language": "en", "subject": "Hello", "body": "Hello", "is_active": "on"}
    response = client.post(reverse("disputes:text-new") + f"?company={company.code}", given)
    assert response.status_code == 422 and "called Ask for proof" in response.content.decode()
