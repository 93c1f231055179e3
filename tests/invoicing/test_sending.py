"""Documents on their way: sent once, whoever asks and whatever dies; states that follow; bounces, silence, print, pull."""

import io
import socket
from datetime import date
from email import message_from_bytes
from email.policy import default
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from arops.lib import pdf
from invoicing.einvoice import EInvoiceRefused, read
from invoicing.models import DeliveryEvent, Dispatch, Invoice, InvoiceDelivery
from invoicing.policy.silence import after_working_days, usual_days, working_days
from invoicing.selectors.deliveries import Filters, answer_spans, deliveries, due_by_acceptance, way_of
from invoicing.services.alarming import alarm_silence
from invoicing.services.delivering import DeliveryRefused, follow_outbox, note_answer
from invoicing.services.sending import SendingRefused, send_invoice, send_many
from messaging.models import Message
from messaging.selectors import reach_one
from messaging.services import cancel_message, retry_message, send_due
from org.actors import NotAllowed
from org.models import Department
from tests.factories import SYSTEM, apply, make_user, receive
from tests.invoicing.sending import LATER, out, refuses, said, send, state, steps
from tests.invoicing.sent import DAY, NOW, bill, contact, make_buyer, make_seller
from workflow.models import Attachment, Event, Job, Task
from workflow.services import store_file
from workflow.services.jobs import run_job

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not pdf.is_available(), reason="no Pango on this machine")]


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def company():
    made = make_seller()
    Department.objects.create(company=made, code="billing", name="Billing")
    return made


@pytest.fixture
def customer(company):
    return make_buyer(company, number="K-1")


class TestMail:
    """By the outbox."""

    def test_queued_then_sent_once_with_the_pdf_to_the_address_for_invoices(self, customer):
        invoice = bill(customer, "INV-1")
        dispatch = send(invoice, note="As discussed.")
        mail = dispatch.message
        assert (mail.recipients, mail.kind, state(invoice)) == (["ap@kunde.example"], "invoice", "queued")
        assert "INV-1" in mail.subject and "119.00 EUR" in mail.body and "As discussed." in mail.body and "PO-77" in mail.body
        assert [f.name for f in mail.attachments.all()] == ["invoice-INV-1.pdf"]
        assert follow_outbox(now=NOW, today=DAY) == {"sent": 0, "bounced": 0, "taken_back": 0}
        assert out()["sent"] == 1 and out()["sent"] == 0
        found = InvoiceDelivery.objects.get()
        assert (found.state, found.sent_at, found.expected_by) == ("sent", LATER, after_working_days(DAY, 5))
        assert steps(invoice) == ["queued", "sent"]
        told = Event.objects.filter(subject_type="invoicing.invoice", subject_id=invoice.pk).order_by("pk").values_list("type", flat=True)
        assert list(told) == ["invoice.issued", "invoice.sending", "invoice.sent"]

    def test_asked_twice_it_is_the_same_sending_and_again_is_the_next(self, customer):
        invoice = bill(customer, "INV-1")
        assert send(invoice).pk == send(invoice).pk and Message.objects.count() == 1
        with pytest.raises(SendingRefused, match="about to go out"):
            send(invoice, number=2)
        out()
        with pytest.raises(SendingRefused, match="was sent 1 times"):
            send(invoice, number=3)
        again = send(invoice, number=2)
        assert again.pk == send(invoice, number=2).pk and Message.objects.count() == 2 and "(copy)" in again.message.subject
        made = again.message.attachments.get()
        assert "COPY" in PdfReader(io.BytesIO(bytes(made.content))).pages[0].extract_text().upper()

    def test_an_e_invoice_goes_with_its_xml_or_says_what_lacks(self, company):
        customer = make_buyer(company, delivery="einvoice")
        mail = send(bill(customer, "INV-1")).message
        files = {f.name: bytes(f.content) for f in mail.attachments.all()}
        assert set(files) == {"invoice-INV-1.pdf", "invoice-INV-1.xml"} and read(files["invoice-INV-1.xml"])["BT-1"] == "INV-1"
        assert read(PdfReader(io.BytesIO(files["invoice-INV-1.pdf"])).attachments["factur-x.xml"][0])["BT-1"] == "INV-1"
        poor = make_buyer(company, "Poor", delivery="einvoice", country="")
        with pytest.raises(EInvoiceRefused, match="has no country"):
            send(bill(poor, "INV-2"))
        assert Dispatch.objects.count() == 1 and Message.objects.count() == 1

    def test_sign_offs_and_releases_go_with_it_and_our_own_evidence_does_not(self, customer, monkeypatch):
        invoice = bill(customer, "INV-1")
        for kind, name in (("sign_off", "signed.pdf"), ("evidence", "ours.txt"), ("lien_release", "lien.pdf")):
            file, _ = store_file(actor=SYSTEM, name=name, content=name.encode(), content_type="application/pdf")
            Attachment.objects.create(
                company=customer.company,
                subject_type="invoicing.invoice",
                subject_id=invoice.pk,
                kind=kind,
                name=name,
                file=file,
                added_by="t",
            )
        assert {f.name for f in send(invoice).message.attachments.all()} == {"invoice-INV-1.pdf", "signed.pdf", "lien.pdf"}
        monkeypatch.setattr("invoicing.services.sending.MAX_MAIL", 10)
        with pytest.raises(SendingRefused, match="is larger than"):
            send(bill(customer, "INV-2"))

    def test_a_credit_memo_that_is_applied_already_is_still_to_be_sent(self, customer):
        bill(customer, "INV-1")
        bill(customer, "CM-1", kind="credit_memo", refers_to="INV-1", reason="price")
        assert {row.number for row in deliveries(SYSTEM, Filters(), DAY)} == {"INV-1", "CM-1"}

    def test_where_it_goes(self, company):
        customer = make_buyer(company, invoice_email="")
        invoice = bill(customer, "INV-1")
        with pytest.raises(SendingRefused, match="no e-mail address for invoices"):
            send(invoice)
        contact(customer, "boss@k.example", "executive")
        contact(customer, "old@k.example", is_active=False)
        assert list(reach_one(customer, "invoice").to) == ["boss@k.example"]
        contact(customer, "ap@k.example")
        assert send(invoice).message.recipients == ["ap@k.example"]

    def test_in_the_customer_s_language(self, company):
        mail = send(bill(make_buyer(company, language="de"), "INV-1")).message
        assert mail.subject.startswith("Rechnung INV-1") and "fällig am 20.10.2026" in mail.body

    def test_taken_back_it_is_not_sent_and_may_be_sent_anew(self, customer):
        invoice = bill(customer, "INV-1")
        cancel_message(actor=SYSTEM, message=send(invoice).message)
        assert out() == {"sent": 0, "bounced": 0, "taken_back": 1} and state(invoice) == "issued"
        ((_, outcome, _),) = send_many(actor=SYSTEM, invoices=[invoice], now=NOW, today=DAY)
        assert outcome == "queued" and Dispatch.objects.count() == 2

    def test_a_refused_address_makes_a_task_and_a_better_one_sends_it(self, customer):
        invoice = bill(customer, "INV-1")
        dispatch = send(invoice)
        assert out(send=refuses)["bounced"] == 1 and out(send=refuses)["bounced"] == 0
        task = Task.objects.get()
        assert (task.kind, task.department.code, task.subject_id) == ("bounced", "billing", invoice.pk) and "550" in task.question
        assert InvoiceDelivery.objects.get().reason.endswith("550 no such mailbox") and state(invoice) == "bounced"
        retry_message(actor=SYSTEM, message=dispatch.message, now=LATER, recipients=["right@kunde.example"])
        assert out()["sent"] == 1 and state(invoice) == "sent"

    def test_one_address_of_two_refused_is_sent_and_asks(self, customer):
        invoice = bill(customer, "INV-1")
        send(invoice)
        out(send=lambda message: "not accepted: b@kunde.example: 550 gone")
        assert state(invoice) == "sent" and "b@kunde.example" in Task.objects.get().question

    def test_a_bounce_told_by_hand_stays_one_though_the_mail_was_sent(self, customer):
        invoice = bill(customer, "INV-1")
        send(invoice)
        out()
        said(invoice, "bounced", reason="mailbox full")
        assert state(invoice) == "bounced" and Task.objects.get().kind == "bounced"
        out()
        assert state(invoice) == "bounced" and steps(invoice) == ["queued", "sent", "bounced"]

    def test_the_task_goes_to_whoever_looks_after_the_customer(self, company):
        ana = make_user("specialist", company)
        invoice = bill(make_buyer(company, collector=ana), "INV-1")
        said(invoice, "bounced", reason="unknown")
        assert Task.objects.get().assignee == ana

    def test_many_at_once_each_with_its_outcome(self, company, customer):
        rows = [bill(customer, "INV-1"), bill(make_buyer(company, "No mail", invoice_email=""), "INV-2"), bill(customer, "INV-3")]
        clerk = make_user("specialist", company)
        job = Job.objects.create(
            company=company, kind="send_invoices", slot="s:1", params={"invoices": [r.pk for r in rows]}, created_by=clerk.label
        )
        done = run_job(job_id=job.pk, now=NOW)
        assert done.counts == {"queued": 2, "unchanged": 0, "refused": 1}, done.error
        assert "no e-mail address" in done.results[1]["detail"]
        Job.objects.filter(pk=job.pk).update(state="waiting", attempts=0)
        assert run_job(job_id=job.pk, now=NOW).counts == {"queued": 0, "unchanged": 2, "refused": 1} and Message.objects.count() == 2


class Mailbox:
    """A real SMTP server that keeps what it takes and refuses `gone@`."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


def test_over_a_real_mail_server_the_pdf_arrives_whole_and_a_refusal_bounces(company, settings):
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        good, bad = bill(make_buyer(company), "INV-1"), bill(make_buyer(company, "Gone", invoice_email="gone@k.example"), "INV-2")
        send(good), send(bad)
        send_due(now=LATER)
        assert follow_outbox(now=LATER, today=DAY) == {"sent": 1, "bounced": 1, "taken_back": 0}
    finally:
        server.stop()
    assert (state(good), state(bad)) == ("sent", "bounced") and "550" in InvoiceDelivery.objects.get(invoice=bad).reason
    (mail,) = box.mails
    (file,) = mail.iter_attachments()
    assert file.get_content_type() == "application/pdf" and PdfReader(io.BytesIO(file.get_content())).pages


class TestAnswers:
    """What customers say."""

    def test_accepted_and_rejected_outlast_later_sendings_and_are_said_once(self, customer):
        invoice = bill(customer, "INV-1")
        send(invoice)
        out()
        said(invoice, "accepted", day=date(2026, 9, 29))
        said(invoice, "accepted", day=date(2026, 9, 29))
        assert steps(invoice) == ["queued", "sent", "accepted"]
        send(invoice, number=2)
        out()
        assert state(invoice) == "accepted"
        said(invoice, "rejected", reason="no  purchase\norder")
        found = InvoiceDelivery.objects.get()
        assert (found.state, found.reason, found.accepted_on, found.rejected_on) == ("rejected", "no purchase order", None, DAY)
        send(invoice, number=3)
        assert state(invoice) == "queued"

    @pytest.mark.parametrize(
        ("what", "day", "reason", "words"),
        [
            ("rejected", DAY, " ", "say why"), ("bounced", DAY, "", "say why"), ("accepted", date(2026, 10, 1), "", "the day lies between"),
            ("accepted", date(2026, 9, 1), "", "the day lies between"), ("sent", DAY, "", "not something that is said"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_said(self, customer, what, day, reason, words):
        with pytest.raises(DeliveryRefused, match=words):
            said(bill(customer, "INV-1"), what, day=day, reason=reason)
        assert not DeliveryEvent.objects.exists()

    def test_the_due_date_by_acceptance_stands_beside_the_due_date(self, customer):
        invoice = bill(customer, "INV-1", day="2026-09-01")
        assert due_by_acceptance(invoice, None) is None
        found = said(invoice, "accepted", day=date(2026, 9, 11))
        assert invoice.due_date == date(2026, 10, 1) and due_by_acceptance(invoice, found) == date(2026, 10, 11)
        assert way_of(invoice)["due_by_acceptance"] == date(2026, 10, 11)

    def test_events_are_only_added(self, customer):
        said(bill(customer, "INV-1"), "accepted")
        with pytest.raises(Exception, match=r"permission denied|only added"):
            DeliveryEvent.objects.update(reason="x")

    def test_only_those_who_send_may_say(self, company, customer):
        invoice = bill(customer, "INV-1")
        for person in (make_user("auditor", company), make_user("sales", company), make_user("specialist", make_seller("X9"))):
            with pytest.raises(NotAllowed):
                note_answer(actor=person, invoice=invoice, state="accepted", day=DAY, now=NOW, today=DAY)
            with pytest.raises(NotAllowed):
                send_invoice(actor=person, invoice=invoice, now=NOW, today=DAY)


class TestSilence:
    """No answer in the usual time."""

    def through(self, invoice, sent, answered=None):
        send(invoice, today=sent)
        send_due(now=LATER, send=lambda m: "")
        follow_outbox(now=LATER, today=sent)
        if answered:
            said(invoice, "accepted", day=answered, today=answered)

    def test_it_raises_an_alarm_once_a_customer_and_not_about_what_is_paid(self, company, customer):
        rows = [bill(customer, f"INV-{n}", day="2026-09-01") for n in range(3)]
        other = bill(make_buyer(company, "Other"), "INV-X", day="2026-09-01")
        for row in (*rows, other):
            self.through(row, date(2026, 9, 2))
        said(rows[0], "accepted", day=date(2026, 9, 4))
        apply(receive(other.customer, other.total, day=DAY), (other.open_item, other.total), day=DAY)
        assert alarm_silence(actor=SYSTEM, company=company, today=date(2026, 9, 9)) == {"silent": 0, "customers": 0}
        assert alarm_silence(actor=SYSTEM, company=company, today=date(2026, 9, 10)) == {"silent": 2, "customers": 1}
        assert alarm_silence(actor=SYSTEM, company=company, today=date(2026, 9, 11)) == {"silent": 0, "customers": 0}
        task = Task.objects.get()
        assert task.kind == "silence" and "INV-1" in task.question and "INV-2" in task.question and task.amount == 2 * 119_00
        silent = deliveries(SYSTEM, Filters(view="silent"), date(2026, 9, 10))
        assert {row.number for row in silent} == {"INV-1", "INV-2"}

    def test_a_customer_s_own_pace_is_learned(self, customer):
        for n, days in enumerate((10, 11, 12, 9)):
            invoice = bill(customer, f"OLD-{n}", day="2026-06-01")
            self.through(invoice, date(2026, 6, 1), after_working_days(date(2026, 6, 1), days))
        assert sorted(answer_spans([customer.pk])[customer.pk]) == [9, 10, 11, 12]
        slow = bill(customer, "NEW", day="2026-09-01")
        self.through(slow, date(2026, 9, 1))
        assert InvoiceDelivery.objects.get(invoice=slow).expected_by == after_working_days(date(2026, 9, 1), 14)

    @given(st.lists(st.integers(0, 60)))
    def test_usual_is_never_less_than_a_day_and_a_slow_answer_moves_it_little(self, spans):
        assert 1 <= usual_days(spans) <= 60
        assert usual_days([2, 3, 2, 3, 2, 3, 60]) <= 6

    @given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
    def test_working_days_count_what_they_add(self, day, n):
        end = after_working_days(day, n)
        assert working_days(day, end) == n and (end.weekday() < 5 or n == 0)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_once_and_one_that_dies_in_the_middle_leaves_nothing(databases):
    company = make_seller()
    invoice = bill(make_buyer(company), "INV-1")
    made, failed = [], []

    def go():
        try:
            made.append(send_invoice(actor=SYSTEM, invoice=Invoice.objects.get(pk=invoice.pk), now=NOW, today=DAY).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and len(set(made)) == 1 and Message.objects.count() == Dispatch.objects.count() == 1

    other = bill(invoice.customer, "INV-2")

    class Dies(Exception):
        pass

    original = DeliveryEvent.objects.create
    try:
        DeliveryEvent.objects.create = lambda **fields: (_ for _ in ()).throw(Dies())
        with pytest.raises(Dies):
            send_invoice(actor=SYSTEM, invoice=other, now=NOW, today=DAY)
    finally:
        DeliveryEvent.objects.create = original
    assert Message.objects.count() == Dispatch.objects.count() == 1
    assert send_invoice(actor=SYSTEM, invoice=other, now=NOW, today=DAY).number == 1
