"""Workers killed at any moment, against a real mail server: no letter twice, none lost without a word."""

import asyncio
import logging
import random
import smtplib
import socket
import time
from collections import Counter
from datetime import date, timedelta
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from collections_app.models import DunningLetter, DunningRun, SentStatement
from collections_app.policy.strategy import StepDraft
from collections_app.services.statement_schedules import ScheduleDraft, save_schedule
from customers.models import Contact
from messaging.models import Message, MessageFile
from messaging.services import Enclosed, queue_message, send_due
from messaging.services.sending import ABANDONED_AFTER
from tests.collections_app.desk import WORDS, put_in_force
from tests.factories import SYSTEM, issue, make_company, make_customer
from tests.support.nursery import Nursery
from workflow.services import store_file

pytestmark = pytest.mark.django_db(transaction=True)
LETTERS, KILLS = 320, 30
DAY = date(2026, 9, 30)


class Sink:
    """A mail server that takes its time around accepting, and knows how often it accepted what; some it refuses."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.recipients: list[str] = []
        self.delay = 0.003
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        for part, answer in self.answers.items():
            if part in address:
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(random.uniform(0, self.delay))
        if self.answers.get("DATA") == "hang up":
            server.transport.abort()
            return "421 never heard"
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.accepted[message_from_bytes(envelope.content)["Message-ID"]] += 1
        self.recipients += envelope.rcpt_tos
        await asyncio.sleep(random.uniform(0, self.delay))
        return "250 taken"


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def server(sink, settings):
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield controller
    controller.stop()


def queue(customer, n, file=None, recipients=("ap@acme.example",)):
    message, _ = queue_message(
        actor=SYSTEM, company=customer.company, customer=customer, kind="dunning", dedupe_key=f"letter:{n}", recipients=recipients,
        subject=f"Letter {n}", body="Please pay.", attachments=[Enclosed(file, file.name)] if file else [], not_before=timezone.now(),
    )  # fmt: skip
    return message


def test_no_letter_is_delivered_twice_however_often_workers_are_killed(sink, server, settings):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    customer = make_customer(make_company())
    file, _ = store_file(actor=SYSTEM, name="letter.pdf", content=b"%PDF" + b"x" * 4_000, content_type="application/pdf")
    messages = [queue(customer, n, file) for n in range(LETTERS)]
    environment = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(settings.EMAIL_PORT), "LOG_LEVEL": "ERROR"}
    killed = 0
    with Nursery("tests.messaging.workers:send", **environment) as one, Nursery("tests.messaging.workers:send", **environment) as two:
        while killed < KILLS and Message.objects.filter(state="pending").exists():
            pids = [(nursery, nursery.start()) for nursery in (one, two)]
            for nursery, pid in pids:
                time.sleep(chance.uniform(0.01, 0.12))
                killed += nursery.kill(pid) == -9
        one.start()
        assert one.wait() == 0
    send_due(now=timezone.now() + ABANDONED_AFTER + timedelta(minutes=1))
    states = Counter(Message.objects.values_list("state", flat=True))
    delivered = {m.pk for m in Message.objects.all() if m.message_id in sink.accepted}
    told = f"seed {seed}: {killed} kills, {dict(states)}, delivered {len(delivered)}"
    print(told)
    assert killed >= 15, told
    assert max(sink.accepted.values()) == 1, told
    assert set(states) <= {"sent", "parked"} and sum(states.values()) == len(messages), told
    assert states["parked"] <= killed, told
    assert set(Message.objects.filter(state="sent").values_list("pk", flat=True)) <= delivered, told


def test_a_night_of_letters_killed_again_and_again_writes_to_each_customer_once():
    company = make_company("DUN")
    put_in_force(company, [StepDraft("email", 5, "First", WORDS, needs_approval=True, with_statement=True)])
    save_schedule(actor=SYSTEM, company=company, draft=ScheduleDraft("Monthly", DAY.replace(day=1), day=31))
    for n in range(40):
        customer = make_customer(company, f"Customer {n:02d}")
        Contact.objects.create(customer=customer, name="Eva", email=f"ap{n}@acme.example")
        issue(customer, 100_00, day=DAY - timedelta(days=50), due=DAY - timedelta(days=20))
    chance, killed = random.Random(7), 0
    with Nursery("tests.messaging.workers:collect", "DUN", str(DAY), LOG_LEVEL="ERROR") as nursery:
        while killed < 14 and SentStatement.objects.count() < 40:
            pid = nursery.start()
            time.sleep(chance.uniform(0.05, 0.35))
            killed += nursery.kill(pid) == -9
        nursery.start()
        assert nursery.wait() == 0
    run = DunningRun.objects.get()
    assert run.finished_at and run.counts["letters"] == 40 and killed >= 3
    letters = Counter(DunningLetter.objects.filter(reason="").exclude(decided_by="").values_list("customer", flat=True))
    assert len(letters) == 40 and set(letters.values()) == {1}
    kinds = Counter(Message.objects.filter(state="pending").values_list("kind", flat=True))
    assert kinds == {"dunning": 40, "statement": 40} and Message.objects.count() == 80
    assert Message.objects.filter(dunning_letter=None, statement=None).count() == 0
    assert MessageFile.objects.count() == 80


def test_one_recipient_refused_beside_one_accepted_is_told(sink, server):
    sink.answers = {"gone@": "550 no such user"}
    message = queue(make_customer(make_company()), 1, recipients=["ap@acme.example", "gone@acme.example"])
    assert send_due(now=timezone.now())["sent"] == 1
    message.refresh_from_db()
    assert message.state == "sent" and "gone@acme.example: 550 no such user" in message.error
    assert sink.recipients == ["ap@acme.example"]


@pytest.mark.parametrize(
    ("answers", "state", "words"),
    [
        ({"ap@": "550 no such user"}, "failed", "550 no such user"),
        ({"ap@": "450 try later"}, "pending", "450 try later"),
        ({"DATA": "554 spam"}, "failed", "554 spam"),
        ({"DATA": "452 disk full"}, "pending", "452 disk full"),
        ({"DATA": "hang up"}, "parked", "may have gone out"),
    ],
)
def test_what_the_server_answers_decides(sink, server, answers, state, words):
    sink.answers = answers
    message = queue(make_customer(make_company()), 1)
    send_due(now=timezone.now())
    message.refresh_from_db()
    assert message.state == state and words in message.error
    assert not sink.accepted


def test_a_server_that_hung_up_between_two_mails_is_called_again(sink, server, monkeypatch):
    customer = make_customer(make_company())
    for n in range(4):
        queue(customer, n)
    real = smtplib.SMTP.sendmail

    def then_drops(self, *arguments):
        answer = real(self, *arguments)
        self.sock.shutdown(2)
        return answer

    monkeypatch.setattr(smtplib.SMTP, "sendmail", then_drops)
    assert send_due(now=timezone.now()) == {"sent": 4, "failed": 0, "later": 0, "parked": 0}
    assert set(sink.accepted.values()) == {1} and len(sink.accepted) == 4
