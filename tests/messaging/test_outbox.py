"""The outbox: one row a key, claimed before it is sent, parked when nobody can know, decided about by people."""

import smtplib
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Message
from messaging.services import (
    Enclosed,
    MessageError,
    Rejected,
    TryLater,
    cancel_message,
    mark_posted,
    queue_message,
    release_parked,
    retry_message,
    send_due,
)  # fmt: skip
from messaging.services.sending import ABANDONED_AFTER, MAX_ATTEMPTS
from org.actors import NotAllowed
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.models import Event
from workflow.services import store_file

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def customer():
    return make_customer(make_company())


def queue(customer, key="k1", **fields):
    fields = {"recipients": ["ap@acme.example"], "subject": "Reminder", "body": "Please pay.", "not_before": NOW} | fields
    return queue_message(actor=SYSTEM, company=customer.company, customer=customer, kind="dunning", dedupe_key=key, **fields)


def run(now=NOW, send=None, **options):
    return send_due(now=now, send=send or (lambda message: ""), **options)


def state_of(message):
    message.refresh_from_db()
    return message.state, message.error


def steps(message):
    return list(Event.objects.filter(subject_type="messaging.message", subject_id=message.pk).order_by("id").values_list("type", flat=True))


def test_the_same_key_is_the_same_message(customer):
    first, new = queue(customer)
    second, again = queue(customer, subject="Other words")
    assert (first.pk, new, again) == (second.pk, True, False)
    assert second.subject == "Reminder"


def test_nothing_goes_out_before_it_has_rested_and_then_once(customer):
    message, _ = queue(customer, not_before=NOW + timedelta(seconds=10))
    assert run()["sent"] == 0
    assert run(NOW + timedelta(seconds=11))["sent"] == 1
    assert run(NOW + timedelta(seconds=12))["sent"] == 0
    message.refresh_from_db()
    assert message.state == "sent" and message.sent_at >= NOW + timedelta(seconds=11)
    assert steps(message) == ["message.queued", "message.sent"]


def test_the_message_id_is_fixed_before_the_first_try_and_stays(customer):
    message, _ = queue(customer)
    seen = []

    def refuses_once(message):
        seen.append(Message.objects.get(pk=message.pk).message_id)
        if len(seen) == 1:
            raise TryLater("busy")
        return ""

    run(send=refuses_once)
    run(NOW + timedelta(hours=1), send=refuses_once)
    assert seen[0] == seen[1] and seen[0].startswith("<") and state_of(message)[0] == "sent"


@pytest.mark.parametrize(
    ("recipients", "subject", "reason"),
    [
        (["Müller & Co, x@y"], "Hello", "'Müller & Co, x@y' is not an e-mail address"),
        (["a@b.example\nBcc: all@world.example"], "Hello", "is not an e-mail address"),
        (["a@b.example", "c@d.example, e@f.example"], "Hello", "is not an e-mail address"),
        (["a@b.example"], "Hello\r\nBcc: all@world.example", "the subject holds a line break"),
        ([], "Hello", "there is nobody to send it to"),
        ([f"a{n}@b.example" for n in range(21)], "Hello", "more than 20 recipients"),
        (["x" * 300 + "@b.example"], "Hello", "is not an e-mail address"),
    ],
)
def test_a_bad_address_or_subject_fails_with_the_reason_and_its_neighbours_go_out(customer, recipients, subject, reason):
    bad, _ = queue(customer, "bad", recipients=recipients, subject=subject)
    good, _ = queue(customer, "good")
    sent = []
    run(send=lambda message: sent.append(message.pk) or "")
    state, error = state_of(bad)
    assert state == "failed" and reason in error
    assert sent == [good.pk] and state_of(good) == ("sent", "")


def test_what_was_spoilt_after_queueing_fails_at_the_mail_server_s_door(customer, mailoutbox):
    for key, change in (("a", {"subject": "x\nBcc: b@c.example"}), ("b", {"recipients": ["Müller & Co, x@y"]}), ("c", {})):
        message, _ = queue(customer, key)
        Message.objects.filter(pk=message.pk).update(**change)
    customer.company.name = "Company\nBcc: all@world.example"
    assert send_due(now=NOW) == {"sent": 1, "failed": 2, "later": 0, "parked": 0}
    (mail,) = mailoutbox
    assert mail.recipients() == ["ap@acme.example"]


def test_a_line_break_in_our_own_name_is_no_header(customer, mailoutbox):
    type(customer.company).objects.filter(pk=customer.company_id).update(name="Company\nBcc: all@world.example", email="x@y\nz")
    message, _ = queue(customer)
    assert send_due(now=NOW)["failed"] == 1
    assert state_of(message)[1].startswith("it can't be a mail")
    assert mailoutbox == []


def test_a_mail_says_who_it_is_from_where_answers_go_and_brings_its_files(customer, mailoutbox, settings):
    settings.DEFAULT_FROM_EMAIL = "Receivables <ar@us.example>"
    type(customer.company).objects.filter(pk=customer.company_id).update(name="Company, Inc.", email="answers@us.example")
    file, _ = store_file(actor=SYSTEM, name="letter.pdf", content=b"%PDF-1", content_type="application/pdf")
    message, _ = queue(customer, attachments=[Enclosed(file, "letter.pdf")])
    send_due(now=NOW)
    message.refresh_from_db()
    (mail,) = mailoutbox
    assert mail.from_email == '"Company, Inc." <ar@us.example>' and mail.reply_to == ["answers@us.example"]
    assert mail.extra_headers["Message-ID"] == message.message_id and message.message_id.endswith("@us.example>")
    assert mail.attachments[0][:2] == ("letter.pdf", b"%PDF-1")


def test_a_file_goes_by_its_own_name_whatever_the_same_bytes_are_called_elsewhere(customer, mailoutbox):
    store_file(actor=SYSTEM, name="rival-contract-signed.pdf", content=b"%PDF-1", content_type="application/pdf")
    file, is_new = store_file(actor=SYSTEM, name="terms.pdf", content=b"%PDF-1", content_type="application/pdf")
    message, _ = queue(customer, attachments=[Enclosed(file, "terms.pdf"), Enclosed(file, "terms again.pdf")])
    send_due(now=NOW)
    assert not is_new and [name for name, *_ in mailoutbox[0].attachments] == ["terms.pdf"]
    assert [one.name for one in message.enclosed.all()] == ["terms.pdf"]


def test_a_refusal_for_good_fails_and_one_for_now_waits_longer_each_time(customer):
    failing, _ = queue(customer, "a")
    waiting, _ = queue(customer, "b")

    def send(message):
        if message.pk == failing.pk:
            raise Rejected("550 no such user")
        raise TryLater("451 greylisted")

    assert run(send=send) == {"sent": 0, "failed": 1, "later": 1, "parked": 0}
    assert state_of(failing) == ("failed", "550 no such user")
    assert state_of(waiting) == ("pending", "451 greylisted")
    pauses, now = [], NOW
    while state_of(waiting)[0] == "pending":
        pauses.append(timedelta(seconds=round((waiting.not_before - now).total_seconds())))
        now = waiting.not_before
        assert sum(run(now - timedelta(seconds=1), send=send).values()) == 0
        run(now, send=send)
    assert len(pauses) == MAX_ATTEMPTS - 1 and pauses == sorted(pauses) and sum(pauses, timedelta()) > timedelta(days=1)
    assert state_of(waiting) == ("failed", f"given up after {MAX_ATTEMPTS} tries: 451 greylisted")


def test_when_the_server_cannot_be_reached_the_rest_isn_t_tried_and_nothing_is_lost(customer, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9
    messages = [queue(customer, str(n))[0] for n in range(5)]
    assert send_due(now=NOW) == {"sent": 0, "failed": 0, "later": 1, "parked": 0}
    assert {state_of(m)[0] for m in messages} == {"pending"}
    assert "could not be reached" in state_of(messages[0])[1]


def test_what_breaks_off_half_way_is_parked_and_never_sent_again_by_itself(customer):
    message, _ = queue(customer)

    def breaks(message):
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    assert run(send=breaks)["parked"] == 1
    state, error = state_of(message)
    assert state == "parked" and "may have gone out" in error
    assert run(NOW + timedelta(days=30))["sent"] == 0


def test_the_claim_of_a_worker_that_died_is_parked_when_it_is_old(customer):
    message, _ = queue(customer)

    class Killed(BaseException):
        pass

    def dies(message):
        raise Killed

    with pytest.raises(Killed):
        run(send=dies)
    assert state_of(message)[0] == "claimed"
    assert run(NOW + ABANDONED_AFTER - timedelta(minutes=1)) == {"sent": 0, "failed": 0, "later": 0, "parked": 0}
    assert run(NOW + ABANDONED_AFTER + timedelta(minutes=1))["parked"] == 1
    assert state_of(message)[0] == "parked"


def test_a_slow_worker_whose_claim_was_parked_still_says_that_it_was_sent(customer):
    message, _ = queue(customer)

    def slow(message):
        run(NOW + ABANDONED_AFTER + timedelta(minutes=1))
        assert state_of(message)[0] == "parked"
        return ""

    run(send=slow)
    assert state_of(message)[0] == "sent"


@pytest.fixture
def parked(customer):
    message, _ = queue(customer)
    Message.objects.filter(pk=message.pk).update(state="parked", claimed_at=NOW, message_id="<x@y>")
    return message


def test_a_person_says_that_a_parked_one_went_out(parked):
    ana = make_user("specialist", parked.company)
    release_parked(actor=ana, message=parked, went_out=True, now=NOW)
    assert state_of(parked)[0] == "sent" and parked.sent_at == NOW
    assert Event.objects.filter(type="message.released", actor=ana.label).get().data["went_out"] is True
    with pytest.raises(MessageError, match="the message is sent"):
        release_parked(actor=ana, message=parked, went_out=False, now=NOW)


def test_a_person_sends_a_parked_one_again_under_the_same_message_id(parked):
    release_parked(actor=SYSTEM, message=parked, went_out=False, now=NOW)
    seen = []
    assert run(send=lambda message: seen.append(message.message_id) or "")["sent"] == 1
    assert seen == ["<x@y>"]


def test_taken_back_while_it_rests_and_not_after(customer):
    message, _ = queue(customer, not_before=NOW + timedelta(seconds=10))
    cancel_message(actor=SYSTEM, message=message)
    assert run(NOW + timedelta(minutes=1))["sent"] == 0
    other, _ = queue(customer, "k2")
    run()
    with pytest.raises(MessageError, match="is sent: it can't be taken back"):
        cancel_message(actor=SYSTEM, message=other)


def test_a_failed_one_is_sent_to_a_better_address(customer):
    message, _ = queue(customer, recipients=["nonsense"])
    with pytest.raises(MessageError, match="not an e-mail address"):
        retry_message(actor=SYSTEM, message=message, now=NOW)
    retry_message(actor=SYSTEM, message=message, now=NOW, recipients=["new@acme.example"])
    seen = []
    run(send=lambda message: seen.append(message.recipients) or "")
    assert seen == [["new@acme.example"]] and state_of(message)[0] == "sent"


def test_a_letter_is_never_mailed_but_posted_by_hand(customer):
    letter, _ = queue(customer, channel="letter", recipients=[])
    assert run()["sent"] == 0
    mark_posted(actor=SYSTEM, message=letter, now=NOW)
    assert state_of(letter)[0] == "sent" and letter.sent_at == NOW
    mail, _ = queue(customer, "k2")
    with pytest.raises(MessageError, match="only letters"):
        mark_posted(actor=SYSTEM, message=mail, now=NOW)


def test_only_those_who_may_send_act_on_messages(customer, parked):
    auditor, stranger = make_user("auditor", customer.company), make_user("specialist", make_company())
    for actor in (auditor, stranger):
        for act in (
            lambda actor: cancel_message(actor=actor, message=parked),
            lambda actor: retry_message(actor=actor, message=parked, now=NOW),
            lambda actor: release_parked(actor=actor, message=parked, went_out=False, now=NOW),
            lambda actor: mark_posted(actor=actor, message=parked, now=NOW),
            lambda actor: queue_message(
                actor=actor, company=customer.company, customer=customer, kind="x", dedupe_key="x", recipients=[], subject="", body="",
                not_before=NOW,
            ),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                act(actor)
    assert state_of(parked)[0] == "parked"


def test_the_limit_is_kept_and_the_oldest_go_first(customer):
    for n in range(5):
        queue(customer, str(n), not_before=NOW - timedelta(minutes=n))
    seen = []
    assert run(send=lambda message: seen.append(message.dedupe_key) or "", limit=3)["sent"] == 3
    assert seen == ["4", "3", "2"]
