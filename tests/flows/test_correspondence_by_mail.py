"""A customer writes to a real mailbox; it is fetched, read, confirmed and answered over a real mail server; what comes back goes
on with it. And a worker killed at any moment between fetching and keeping loses no mail and takes none twice."""

import logging
import random
import socket
import time
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from collections_app.models import Inquiry, Promise, Suggestion
from collections_app.services.inquiries.answering import answer_inquiry
from collections_app.services.inquiries.confirming import confirm_suggestion
from collections_app.services.inquiries.taking import take_mails
from customers.models import Contact
from messaging.models import InboundMail, Mailbox
from messaging.services import send_due
from messaging.services.mailboxes import Given, create_mailbox
from messaging.services.polling import poll_due
from tests.collections_app.letters_in import written
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from tests.support.imap import PASSWORD, USER, ImapServer, imap_server
from tests.support.nursery import Nursery

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2027, 2, 17)


class PostOffice:
    """A mail server that keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield office
    controller.stop()


def mailbox_at(imap: ImapServer, company: Any) -> Mailbox:
    """The company's mailbox for what customers write, read from here on."""
    given = Given("Questions", "127.0.0.1", imap.port, "none", USER, purpose="correspondence", password=PASSWORD)
    made = create_mailbox(actor=SYSTEM, company=company, given=given)
    validity, newest = imap.read_up_to()
    Mailbox.objects.filter(pk=made.pk).update(uid_validity=validity, last_uid=newest)
    return made


def the_post_comes() -> None:
    """What the ticks of a minute do."""
    later = timezone.now() + timedelta(minutes=1)
    send_due(now=later)
    Mailbox.objects.update(checked_at=None)
    poll_due(now=later)
    take_mails(today=DAY, now=later)


def test_a_letter_becomes_a_promise_an_answer_and_a_thread(imap: ImapServer, office: PostOffice) -> None:
    company = make_company(currency="EUR")
    ana = make_user("specialist", company, scope="portfolio")
    acme = make_customer(company, "ACME GmbH", collector=ana, country="DE")
    Contact.objects.create(customer=acme, name="Jo", email="jo@acme.example")
    issue(acme, 500_00, number="INV-1001", day=date(2027, 1, 2), due=date(2027, 2, 1))
    mailbox_at(imap, company)
    asked = "Guten Tag,\n\nwir werden INV-1001 am 26.02. überweisen. Bitte senden Sie uns einen Kontoauszug.\n\nGruß\nJo\n"
    thread = {"Message_ID": "<q1@acme.example>", "References": "<q0@acme.example>"}
    imap.deliver(written("Jo <jo@acme.example>", "Mahnung", asked, **thread).as_bytes())
    the_post_comes()
    inquiry = Inquiry.objects.get(company=company)
    assert (inquiry.customer, inquiry.owner, [i.open_item.number for i in inquiry.items.all()]) == (acme, ana, ["INV-1001"])
    promise, statement = Suggestion.objects.filter(entry__inquiry=inquiry).select_related("entry__inquiry").order_by("pk")
    assert (promise.kind, promise.day, statement.kind) == ("promise", date(2027, 2, 26), "statement")
    confirm_suggestion(actor=ana, suggestion=promise, today=DAY)
    assert Promise.objects.get().due_on == date(2027, 2, 26)
    answer_inquiry(
        actor=ana, inquiry=inquiry, recipients=["jo@acme.example"], subject="Re: Mahnung", body="Danke.", token="1", now=timezone.now(),
        today=DAY, codes=["statement"],
    )  # fmt: skip
    the_post_comes()
    (answer,) = office.taken
    assert (answer["In-Reply-To"], answer["References"]) == ("<q1@acme.example>", "<q0@acme.example> <q1@acme.example>")
    assert inquiry.number in answer["Subject"] and [part.get_filename() for part in answer.iter_attachments()]
    statement.refresh_from_db()
    assert statement.state == "confirmed"
    back = written("boss@acme.example", "Re: etwas anderes", "Der Auszug fehlt.", In_Reply_To=answer["Message-ID"])
    imap.deliver(back.as_bytes())
    the_post_comes()
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.entries.count(), Inquiry.objects.count()) == ("open", 3, 1)


MAILS = 24


def test_workers_killed_while_they_fetch_lose_no_mail_and_take_none_twice(imap: ImapServer) -> None:
    company = make_company("IMP")
    made = mailbox_at(imap, company)
    with imap.session() as box:
        for n in range(MAILS):
            box.append("INBOX", "", None, written("jo@acme.example", f"Mail {n}", "A question.").as_bytes())  # type: ignore[arg-type]
    chance, killed = random.Random(3), 0
    with Nursery("tests.messaging.workers:fetch", str(made.pk), LOG_LEVEL="ERROR") as nursery:
        while killed < 5 and InboundMail.objects.count() < MAILS:
            pid = nursery.start()
            time.sleep(chance.uniform(0.1, 0.6))
            killed += nursery.kill(pid) == -9
        nursery.start()
        assert nursery.wait() == 0
    assert killed
    subjects = list(Inquiry.objects.filter(company=company).values_list("subject", flat=True))
    assert sorted(subjects) == sorted(f"Mail {n}" for n in range(MAILS)) and InboundMail.objects.count() == MAILS
