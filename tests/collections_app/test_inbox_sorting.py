"""The inbox put in order: merged, split, many at once, spam; other bank details warned of; office hours; drafts; absence."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from collections_app.models import Activity, Inquiry, Suggestion
from collections_app.models.inquiry import AnswerDraft
from collections_app.policy.service import Office, answer_due
from collections_app.services.absences import plan_absence
from collections_app.services.inquiries.confirming import confirm_suggestion
from collections_app.services.inquiries.errors import InquiryRefused
from collections_app.services.inquiries.moving import close_inquiry, due_from
from collections_app.services.inquiries.sorting import merge_inquiries, sort_inquiries, split_inquiry
from collections_app.services.policies import PolicyRefused, change_policy
from customers.models import Contact, Customer
from org.models import User
from tests.collections_app.letters_in import NOW, TODAY, send_in
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user


def test_hours_run_while_the_office_is_open() -> None:
    office = Office(8, 18, {date(2027, 2, 18)})
    assert answer_due(NOW, 9, office) == NOW.replace(hour=18)
    assert answer_due(NOW, 10, office) == NOW.replace(day=19, hour=9), "the holiday between doesn't count"
    assert answer_due(NOW.replace(hour=20), 4, office) == NOW.replace(day=19, hour=12)
    assert answer_due(NOW.replace(day=19, hour=17), 2, office) == NOW.replace(day=22, hour=9)


@pytest.fixture
def ana(db: None) -> User:
    return make_user("specialist", make_company(currency="EUR"), scope="portfolio")


@pytest.fixture
def acme(ana: User) -> Customer:
    company = ana.memberships.get().company  # type: ignore[attr-defined]
    made = make_customer(company, "ACME GmbH", collector=ana, country="DE")
    Contact.objects.create(customer=made, name="Jo", email="jo@acme.example")
    issue(made, 500_00, number="INV-1001", day=date(2027, 1, 2), due=date(2027, 2, 1))
    return made


def asked(acme: Customer, words: str, subject: str = "Question", sender: str = "jo@acme.example") -> Inquiry:
    inquiry = send_in(acme.company, sender, subject, words)[1]
    assert inquiry
    return inquiry


def test_the_hours_are_those_on_the_wall_of_the_office(acme: Customer) -> None:
    boss = make_user("collections_manager", acme.company)
    given = {"office_from": 9, "office_to": 17, "answer_hours": 2}
    change_policy(actor=boss, company=acme.company, office_zone="Asia/Tokyo", **given)
    evening = datetime(2027, 2, 17, 7, 30, tzinfo=UTC)  # half past four in the afternoon there
    assert due_from(acme.company, evening) == datetime(2027, 2, 18, 1, 30, tzinfo=UTC), "half an hour today, the rest from nine tomorrow"
    with pytest.raises(PolicyRefused, match="time zone of the list"):
        change_policy(actor=boss, company=acme.company, office_zone="Mars/Olympus")


def test_two_become_one_and_one_two(acme: Customer, ana: User) -> None:
    one, two = asked(acme, "What is INV-1001?"), asked(acme, "Please send us a statement of account.", "Another")
    merge_inquiries(actor=ana, inquiry=two, into=one, today=TODAY)
    two.refresh_from_db()
    assert (two.state, two.ending, two.merged_into, one.entries.count(), two.entries.count()) == ("closed", "merged", one, 2, 0)
    with pytest.raises(InquiryRefused, match="part of another"):
        merge_inquiries(actor=ana, inquiry=one, into=two, today=TODAY)
    mail = one.entries.get(mail__subject="Another")
    again = split_inquiry(actor=ana, inquiry=one, entry=mail, now=NOW, today=TODAY)
    assert (again.kind, again.subject, again.customer, again.owner) == ("statement", "Another", acme, ana)
    assert Suggestion.objects.get().entry.inquiry == again
    with pytest.raises(InquiryRefused, match="holds more"):
        split_inquiry(actor=ana, inquiry=again, entry=again.entries.get(), now=NOW, today=TODAY)
    foreign = asked(acme, "x", "Stranger", "thief@evil.example")
    with pytest.raises(InquiryRefused, match="different customers"):
        merge_inquiries(actor=SYSTEM, inquiry=foreign, into=one, today=TODAY)


def test_spam_comes_back_as_no_inquiry_and_customers_are_never_spam_for_long(acme: Customer, ana: User) -> None:
    junk = asked(acme, "Buy now.", "Offer", "shop@spam.example")
    own = asked(acme, "Hello.", "Mine")
    done = sort_inquiries(actor=SYSTEM, inquiries=[junk, own], act="spam", today=TODAY)
    assert (done.done, done.refused) == (2, ())
    mail, none = send_in(acme.company, "shop@spam.example", "Offer 2", "Buy more.")
    assert none is None and mail.note == "its sender was marked as spam"
    assert asked(acme, "Hello again.", "Mine still").customer == acme
    assert sort_inquiries(actor=ana, inquiries=[own], act="close", today=TODAY).refused[0].endswith("closed already")


def test_other_bank_details_change_nothing_but_warn(acme: Customer, ana: User) -> None:
    told = asked(acme, "Please send a copy of INV-1001. Our bank details have changed, pay refunds to DE02 1203 0000 0000 2020 51.")
    said = Suggestion.objects.select_related("entry__inquiry").get(kind="bank")
    assert told.kind == "bank"
    client = Client()
    client.force_login(ana)
    assert b"Other bank details." in client.get(reverse("collections:inquiry", args=[told.pk])).content
    assert confirm_suggestion(actor=ana, suggestion=said, today=TODAY).result == "to be confirmed by telephone"
    assert "nothing was changed" in Activity.objects.get().body


def test_by_the_page_many_at_once_and_a_draft_is_kept(acme: Customer, ana: User) -> None:
    rows = [asked(acme, f"Question {n} of ours.", f"Q{n}") for n in range(3)]
    foreign = asked(acme, "x", "Stranger", "thief@evil.example")
    client = Client()
    client.force_login(ana)
    page = client.get(reverse("collections:inbox") + "?q=Question 2 of").content.decode()
    assert "Q2" in page and "Q1" not in page
    draft = reverse("collections:inquiry-draft", args=[rows[0].pk])
    assert client.post(draft, {"subject": "S", "body": "Half of it", "to": ["jo@acme.example"]}).status_code == 204
    assert "Half of it" in client.get(reverse("collections:inquiry", args=[rows[0].pk])).content.decode()
    client.post(draft, {"drop": "1"})
    assert not AnswerDraft.objects.exists()
    keys = [row.pk for row in (*rows, foreign)]
    assert client.post(reverse("collections:inbox-bulk"), {"keys": keys, "do": "not_ours", "view": "open"}).status_code == 302
    assert list(Inquiry.objects.order_by("pk").values_list("ending", flat=True)) == ["not_ours"] * 3 + [""]
    merge = reverse("collections:inquiry-merge", args=[rows[0].pk])
    shown = client.post(merge, {"into": foreign.number, "version": 1}, follow=True).content.decode()
    assert "no inquiry in your sight" in shown.lower()


def test_who_is_away_answers_nothing(acme: Customer, ana: User) -> None:
    bea = make_user("specialist", acme.company)
    open_one, closed = asked(acme, "One question."), asked(acme, "Another question.", "Closed")
    close_inquiry(actor=ana, inquiry=closed, today=TODAY, reason="told")
    plan_absence(actor=ana, company=acme.company, person=ana, cover=bea, first=TODAY, last=TODAY + timedelta(days=5), today=TODAY)
    open_one.refresh_from_db()
    assert open_one.owner == bea
    _, again = send_in(acme.company, "jo@acme.example", f"Re: [{closed.number}]", "Still unclear.")
    assert again == closed and (again.state, again.owner) == ("open", bea)
