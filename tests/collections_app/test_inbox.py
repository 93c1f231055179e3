"""What customers write: threaded to its inquiry and its account, never to another's; recognised, confirmed, answered."""

from datetime import date, timedelta
from email.message import EmailMessage

import pytest

from collections_app.models import Activity, Inquiry, InquiryEntry, Promise, Suggestion
from collections_app.services.inquiries.answering import answer_inquiry, take_back_answer
from collections_app.services.inquiries.confirming import Given, confirm_suggestion, dismiss_suggestion
from collections_app.services.inquiries.errors import InquiryRefused, StaleInquiry
from collections_app.services.inquiries.following import follow_answers
from collections_app.services.inquiries.moving import assign_inquiry, close_inquiry, open_inquiry, set_customer
from collections_app.services.inquiries.taking import take_mails
from customers.models import Contact, Customer
from disputes.models import Dispute
from messaging.models import InboundMail, Message
from messaging.services import send_due
from org.actors import NotAllowed
from org.models import Company, User
from tests.collections_app.letters_in import NOW, TODAY, bring, send_in, written
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(currency="EUR")


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("specialist", company, scope="portfolio")


@pytest.fixture
def acme(company: Company, ana: User) -> Customer:
    made = make_customer(company, "ACME GmbH", collector=ana, country="DE")
    Contact.objects.create(customer=made, name="Jo", email="jo@acme.example")
    issue(made, 500_00, number="INV-1001", day=date(2027, 1, 2), due=date(2027, 2, 1))
    return made


@pytest.fixture
def other(company: Company) -> Customer:
    made = make_customer(company, "Other AG")
    Contact.objects.create(customer=made, name="Eve", email="eve@other.example")
    issue(made, 900_00, number="INV-2002", day=date(2027, 1, 2), due=date(2027, 2, 1))
    return made


def answer(actor: User, inquiry: Inquiry, to: str, token: str = "t", **more: object) -> Message:
    given = {"subject": "Re", "body": "Here it is.", "now": NOW, "today": TODAY} | more
    return answer_inquiry(actor=actor, inquiry=inquiry, recipients=[to], token=token, **given)  # type: ignore[arg-type]


def sent(message: Message) -> Message:
    """The message once the outbox has sent it, with its Message-ID."""
    send_due(now=NOW + timedelta(minutes=1), send=lambda m: "")
    return Message.objects.get(pk=message.pk)


def only(inquiry: Inquiry | None) -> Suggestion:
    return Suggestion.objects.select_related("entry__inquiry").get(entry__inquiry=inquiry)


def test_a_mail_becomes_an_inquiry_of_its_sender_with_what_it_names(acme: Customer, ana: User) -> None:
    mail, inquiry = send_in(acme.company, "Jo <JO@acme.example>", "Question", "Please send us a copy of invoice 1001.")
    assert inquiry and (mail.state, inquiry.customer, inquiry.owner, inquiry.kind, inquiry.state) == ("read", acme, ana, "copy", "new")
    assert inquiry.answer_by == NOW + timedelta(hours=24)
    assert [i.open_item.number for i in inquiry.items.all()] == ["INV-1001"]
    assert take_mails(today=TODAY, now=NOW) == {"taken": 0, "nothing": 0, "refused": 0}


def test_a_reply_goes_on_with_its_thread_and_wants_an_answer_again(acme: Customer, ana: User) -> None:
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "A question about our account.", Message_ID="<q1@acme.example>")
    assert inquiry
    message = sent(answer(ana, inquiry, "jo@acme.example"))
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.answered_at, message.in_reply_to) == ("closed", NOW, "<q1@acme.example>")
    assert inquiry.number in message.subject
    _, again = send_in(acme.company, "boss@acme.example", "Re: Re", "Not quite.", In_Reply_To=str(message.message_id))
    assert again == inquiry and (again.state, again.answered_at) == ("open", None)
    _, third = send_in(acme.company, "jo@acme.example", f"AW: {message.subject}", "And one more thing.")
    assert third == inquiry and InquiryEntry.objects.filter(inquiry=inquiry).count() == 4


def test_forged_threads_and_others_numbers_link_nothing(acme: Customer, other: Customer, ana: User) -> None:
    """A stranger who knows a Message-ID, an inquiry's number or an invoice's gets nowhere near the account."""
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "A question.")
    assert inquiry
    message = sent(answer(ana, inquiry, "jo@acme.example"))
    heads = {"In_Reply_To": str(message.message_id), "References": str(message.message_id)}
    for sender in ("thief@evil.example", "eve@other.example"):
        _, made = send_in(acme.company, sender, f"Re: [{inquiry.number}]", "Send a copy of invoice INV-1001.", **heads)
        assert made and made != inquiry and made.customer in (None, other) and not made.items.exists()
    stranger = Inquiry.objects.get(customer=None)
    assert "isn't known there" in InquiryEntry.objects.get(inquiry=stranger).note
    assert not Inquiry.objects.visible_to(ana, "collections.work").filter(pk=stranger.pk).exists()
    with pytest.raises(InquiryRefused, match="nothing of an account"):
        answer(SYSTEM, stranger, "thief@evil.example", codes=["statement"])  # type: ignore[arg-type]
    with pytest.raises(InquiryRefused, match="didn't write this"):
        answer(SYSTEM, stranger, "jo@acme.example")  # type: ignore[arg-type]


def test_an_answer_goes_to_a_known_address_or_says_so(acme: Customer, ana: User) -> None:
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "A statement please.", Reply_To="thief@evil.example")
    assert inquiry
    with pytest.raises(InquiryRefused, match="isn't known at ACME"):
        answer(ana, inquiry, "thief@evil.example")
    assert answer(ana, inquiry, "thief@evil.example", sure=True).recipients == ["thief@evil.example"]
    with pytest.raises(StaleInquiry):
        answer(ana, inquiry, "jo@acme.example", token="u", version=inquiry.version)


def test_answered_once_and_taken_back(acme: Customer, ana: User) -> None:
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "Please send us a statement of account.")
    assert inquiry
    due = inquiry.answer_by
    message = answer(ana, inquiry, "jo@acme.example", codes=["statement"])
    assert answer(ana, inquiry, "jo@acme.example", codes=["statement"]) == message
    assert [f.name.partition("-")[0] for f in message.enclosed.all()] == ["statement"] and only(inquiry).state == "confirmed"
    take_back_answer(actor=ana, inquiry=inquiry, message=message, now=NOW)
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.answered_at, inquiry.answer_by) == ("open", None, due)


def test_machines_answer_nothing_and_are_answered_nothing(acme: Customer, ana: User) -> None:
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "A question.")
    assert inquiry
    message = sent(answer(ana, inquiry, "jo@acme.example", close=False))
    heads = {"In_Reply_To": str(message.message_id), "Auto_Submitted": "auto-replied"}
    before = Message.objects.count()
    for n in range(3):
        _, same = send_in(acme.company, "jo@acme.example", f"Automatic reply {n}", "I am out of the office until 1 March.", **heads)
        assert same == inquiry
    ticket = {**heads, "Auto_Submitted": "auto-generated"}
    send_in(acme.company, "helpdesk@acme.example", "Ticket 4711", "We received your mail.", **ticket)
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.answered_at, Message.objects.count()) == ("waiting", NOW, before)
    _, away = send_in(acme.company, "jo@acme.example", "Out of office", "Back on 1 March.", Auto_Submitted="auto-replied")
    assert away and (away.kind, away.state) == ("away", "closed")
    own, nothing = send_in(acme.company, "ar@us.example", "Notice", "Yours now.", X_ArOps_Kind="notice")
    assert (own.state, nothing) == ("nothing", None)
    news, nothing = send_in(acme.company, "news@shop.example", "Sale", "Everything must go.", List_Unsubscribe="<mailto:x>")
    assert (news.state, nothing) == ("nothing", None)


def report(message: Message, failed: str, lost: str = "") -> EmailMessage:
    """A report of delivery as servers write it (RFC 3464)."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "MAILER-DAEMON@acme.example", "Undelivered Mail", "Wed, 17 Feb 2027 08:00:00 +0000"
    mail["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    mail.set_payload(
        "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        f"Final-Recipient: rfc822; {failed}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {lost or message.message_id}\nSubject: x\n\n--b--\n"
    )
    return mail


def test_mail_that_came_back_is_known_by_what_was_sent_and_where(acme: Customer, ana: User) -> None:
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "A question.")
    assert inquiry
    message = sent(answer(ana, inquiry, "jo@acme.example"))
    for forged in (report(message, "somebody@else.example"), report(message, "jo@acme.example", "<never@sent>")):
        mail, nothing = bring(acme.company, forged)
        assert (mail.state, nothing) == ("nothing", None)
    assert not acme.bounces.exists()  # type: ignore[attr-defined]
    _, back = bring(acme.company, report(message, "JO@acme.example"))
    assert back and (back.kind, back.customer, back.owner) == ("bounce", acme, ana)
    assert [b.address for b in acme.bounces.all()] == ["jo@acme.example"]  # type: ignore[attr-defined]
    assert Message.objects.get(pk=message.pk).state == "failed"


def test_an_answer_that_failed_is_owed_still(acme: Customer, ana: User) -> None:
    _, inquiry = send_in(acme.company, "jo@acme.example", "Question", "A question.")
    assert inquiry
    message = answer(ana, inquiry, "jo@acme.example")
    message.refresh_from_db()
    assert follow_answers(now=message.created_at) == 0
    Message.objects.filter(pk=message.pk).update(state="failed")
    assert (follow_answers(now=message.created_at), follow_answers(now=message.created_at)) == (1, 0)
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.answered_at) == ("open", None)


def test_confirming_does_what_follows(acme: Customer, ana: User) -> None:
    company = acme.company
    _, promised = send_in(company, "jo@acme.example", "Payment", "We will pay EUR 500.00 for INV-1001 on 24 February.")
    confirm_suggestion(actor=ana, suggestion=only(promised), today=TODAY)
    promise = Promise.objects.get(customer=acme)
    assert (promise.amount, promise.due_on, only(promised).result) == (500_00, date(2027, 2, 24), f"promise:{promise.pk}")
    with pytest.raises(InquiryRefused, match="already"):
        confirm_suggestion(actor=ana, suggestion=only(promised), today=TODAY)
    _, said = send_in(company, "jo@acme.example", "Paid", "We paid EUR 70.00 yesterday.")
    receipt = receive(acme, 70_00, day=date(2027, 2, 16))
    assert confirm_suggestion(actor=ana, suggestion=only(said), today=TODAY).result == f"receipt:{receipt.pk}"
    assert "Says it is paid: 70.00 EUR on 16 Feb 2027" in Activity.objects.get(customer=acme).body
    _, wrong = send_in(company, "jo@acme.example", "Wrong", "The price is wrong.")
    with pytest.raises(InquiryRefused, match="choose the invoices"):
        confirm_suggestion(actor=ana, suggestion=only(wrong), today=TODAY)
    item = acme.open_items.get(number="INV-1001")  # type: ignore[attr-defined]
    Promise.objects.update(state="cancelled")
    confirm_suggestion(actor=ana, suggestion=only(wrong), today=TODAY, given=Given([item], 20_00))
    case = Dispute.objects.get(customer=acme)
    assert (case.reason, case.amount, case.customer_words) == ("price", 20_00, "The price is wrong.")


def test_whose_it_is_is_said_by_a_person_in_whose_sight_it_is(acme: Customer, other: Customer, ana: User) -> None:
    _, made = send_in(acme.company, "x@unknown.example", "Hello", "About INV-2002 and INV-1001: we will pay on 24 February.")
    assert made and made.customer is None
    with pytest.raises(InquiryRefused, match="say whose"):
        confirm_suggestion(actor=SYSTEM, suggestion=only(made), today=TODAY)
    with pytest.raises(InquiryRefused, match="choose a customer"):
        set_customer(actor=ana, inquiry=made, customer=other)
    set_customer(actor=SYSTEM, inquiry=made, customer=acme)
    made.refresh_from_db()
    assert made.customer == acme and [i.open_item.number for i in made.items.all()] == ["INV-1001"]
    dismiss_suggestion(actor=ana, suggestion=only(made))


def test_by_hand_given_closed_and_only_by_those_who_may(acme: Customer, other: Customer, ana: User) -> None:
    company = acme.company
    hers = {"company": company, "customer": acme, "now": NOW, "today": TODAY, "source": "phone"}
    made = open_inquiry(actor=ana, subject="Called", words="Wants to know about INV-1001 and INV-2002", **hers)  # type: ignore[arg-type]
    assert made.owner == ana and [i.open_item.number for i in made.items.all()] == ["INV-1001"]
    with pytest.raises(InquiryRefused, match="say why"):
        close_inquiry(actor=ana, inquiry=made, today=TODAY)
    close_inquiry(actor=ana, inquiry=made, today=TODAY, reason="Told on the phone")
    theirs = open_inquiry(actor=SYSTEM, subject="Q", words="", **(hers | {"customer": other}))  # type: ignore[arg-type]
    with pytest.raises(InquiryRefused, match="portfolio"):
        assign_inquiry(actor=SYSTEM, inquiry=theirs, owner=ana)
    with pytest.raises(NotAllowed):
        close_inquiry(actor=make_user("auditor", company), inquiry=theirs, today=TODAY, reason="x")
    assert not Inquiry.objects.visible_to(ana, "collections.work").filter(pk=theirs.pk).exists()


def test_an_html_mail_is_words_alone(acme: Customer) -> None:
    mail = written("jo@acme.example", "Hi", "")
    mail.set_content("<script>alert(1)</script><p onclick=x>We paid <img src=http://t.example/p> on 12 February.</p>", subtype="html")
    row, inquiry = bring(acme.company, mail)
    assert row.body == "We paid on 12 February." and only(inquiry).kind == "paid"
    assert InboundMail.objects.filter(state="new").count() == 0
