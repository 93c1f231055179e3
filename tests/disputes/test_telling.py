"""Customers are told of their case: once for each event, in their language, whatever they are called; never what is among ourselves."""

from datetime import date, datetime, timedelta

import pytest

from customers.models import Contact
from disputes.models import CaseText, Dispute, DisputeNote, DisputePolicy
from disputes.policy.texts import FIELDS, OUTCOMES, REASONS, STANDARD, check_text, sample
from disputes.selectors.telling import filled, recipients_of, said_by_note, text_for
from disputes.services import move_dispute, note_dispute, open_dispute
from disputes.services.telling import (
    TellingRefused,
    reply_to_customer,
    send_again,
    standard_texts,
    tell_customer,
    tell_of_short_payments,
)
from messaging.models import Message
from messaging.services import cancel_message, send_due
from org.actors import NotAllowed
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.services.attachments import attach, remove_attachment

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
NOW = datetime.fromisoformat("2026-09-30T08:00:00+00:00")


@pytest.fixture
def world():
    company = make_company("TOLD")
    sam = make_user("senior", company)
    standard_texts(actor=SYSTEM, company=company)
    return company, sam


def case_of(company, sam, *, name="Nordia", email="ap@nordia.example", **fields):
    customer = make_customer(company, name, **fields)
    if email:
        Contact.objects.create(customer=customer, name="Eva", email=email)
    item = issue(customer, 500_00, day=DAY - timedelta(days=20))
    return open_dispute(actor=sam, open_item=item, amount=120_50, reason="price", today=DAY, source=f"t:{item.pk}", owner=sam)


def tell(dispute, event="opened", **fields):
    return tell_customer(actor=fields.pop("actor", SYSTEM), dispute=dispute, event=event, now=NOW, today=DAY, **fields)


def test_what_is_told_stands_on_the_case_rests_ten_seconds_and_is_said_once(world):
    dispute = case_of(*world)
    first, again = tell(dispute), tell(dispute)
    assert first == again and Message.objects.count() == 1
    assert first.recipients == ["ap@nordia.example"] and first.not_before == NOW + timedelta(seconds=10)
    assert first.subject == f"{dispute.number}: we look into your question about {dispute.open_item.number}"
    assert "120.50 USD, price" in first.body and "{" not in first.body and "\n\n\n" not in first.body
    note = DisputeNote.objects.get(dispute=dispute)
    assert (note.message, note.is_internal, note.body) == (first, False, first.body)
    assert said_by_note([note])[note.pk].words == "waits to be sent"


def test_a_case_that_goes_on_is_told_of_at_each_step_once(world):
    company, sam = world
    dispute = case_of(company, sam)
    tell(dispute, "progress", words="What was agreed?")
    tell(dispute, "progress", words="Asked again without a step")
    move_dispute(actor=sam, dispute=dispute, state="investigating", version=dispute.version, today=DAY)
    tell(dispute, "progress", words="We look into it.")
    assert [m.body.count("What was agreed?") for m in Message.objects.order_by("pk")] == [1, 0]


def test_the_company_says_what_is_told_by_itself_and_the_form_has_the_last_word(world):
    company, sam = world
    DisputePolicy.objects.create(company=company, tells_opening=False, tells_progress=True)
    dispute = case_of(company, sam)
    assert tell(dispute) is None
    assert tell(dispute, "progress", wanted=False) is None
    assert tell(dispute, wanted=True) is not None


def test_without_texts_nothing_is_said_but_what_somebody_wrote(world):
    company, sam = world
    CaseText.objects.filter(company=company).update(is_active=False)
    dispute = case_of(company, sam)
    assert tell(dispute, wanted=True) is None
    said = tell(dispute, wanted=True, body="We will answer on Friday.")
    assert (said.subject, said.body) == (f"{dispute.number}: {dispute.open_item.number}", "We will answer on Friday.")


def test_a_customer_is_written_to_in_its_language_english_where_there_is_no_other(world):
    company, sam = world
    german, french, italian = (case_of(company, sam, language=code) for code in ("de-AT", "fr", "it"))
    assert "120,50 USD, Preis" in tell(german).body
    assert "nous examinons votre réclamation" in tell(french).subject
    assert "we look into your question" in tell(italian).subject


def test_who_may_not_send_mail_has_the_system_send_what_follows_from_a_decision(world):
    company, sam = world
    controller = make_user("controller", company)
    assert tell(case_of(company, sam), "outcome", actor=controller).created_by == "system:cases"
    assert tell(case_of(company, sam), "outcome", actor=sam).created_by == sam.label


def test_a_customer_without_an_address_is_told_nothing_and_the_case_says_what_to_do(world):
    company, sam = world
    dispute = case_of(company, sam, email="")
    message = tell(dispute)
    said = said_by_note(dispute.notes.all())[dispute.notes.get().pk]
    assert message.state == "failed" and said.can_retry and "add a contact" in said.advice
    with pytest.raises(TellingRefused, match="no contact"):
        send_again(actor=sam, dispute=dispute, message=message, now=NOW)
    Contact.objects.create(customer=dispute.customer, name="Eva", email="eva@nordia.example")
    again = send_again(actor=sam, dispute=dispute, message=message, now=NOW)
    assert (again.state, again.recipients) == ("pending", ["eva@nordia.example"])


def test_accounts_payable_is_written_to_before_others_who_get_letters(world):
    dispute = case_of(*world)
    Contact.objects.create(customer=dispute.customer, name="Ben", email="buyer@nordia.example", role="buyer")
    Contact.objects.create(customer=dispute.customer, name="Old", email="old@nordia.example", is_active=False)
    assert recipients_of(dispute.customer) == ["ap@nordia.example"]
    Contact.objects.filter(role="ap").delete()
    assert recipients_of(dispute.customer) == ["buyer@nordia.example"]


@pytest.mark.parametrize("name", ["{{7*7}}", "{total} {amount}", "{% debug %}", "Eva\r\nBcc: thief@example.com"])
def test_names_are_text_whatever_they_hold(world, name):
    company, sam = world
    CaseText.objects.filter(event="opened", language="en").update(subject="To {customer}: {words}{case}")
    dispute = case_of(company, sam, name=name)
    dispute.customer_words = "{{7*7}}"
    message = tell(dispute, words="{owner} {customer}\nsecond line")
    shown = " ".join(name.split())
    assert message.state == "pending" and "49" not in message.subject
    assert message.subject.startswith(f"To {shown}: {{owner}} {{customer}} second line")
    assert f"Dear {shown}," in message.body and "{owner} {customer}\nsecond line" in message.body


def test_notes_among_ourselves_never_leave(world):
    company, sam = world
    dispute = case_of(company, sam)
    note_dispute(actor=sam, dispute=dispute, body="the secret margin is nine")
    for event in ("opened", "progress", "outcome", "rejected"):
        tell(dispute, event, wanted=True)
    for text in CaseText.objects.filter(company=company):
        assert "secret" not in filled(text, dispute, DAY).body
    reply_to_customer(actor=sam, dispute=dispute, recipients=["ap@nordia.example"], subject="Hello", body="Hello", token="1", now=NOW)
    assert Message.objects.count() == 4
    assert not Message.objects.filter(body__icontains="secret").exists()


def reply(dispute, sam, **fields):
    given = {"recipients": ["ap@nordia.example"], "subject": "About it", "body": "Hello {amount}", "token": "t", "now": NOW} | fields
    return reply_to_customer(actor=sam, dispute=dispute, **given)


def test_a_reply_is_sent_as_written_and_a_form_sent_twice_is_one_mail(world):
    _, sam = world
    dispute = case_of(*world)
    assert reply(dispute, sam) == reply(dispute, sam)
    assert Message.objects.get().body == "Hello {amount}"
    assert reply(dispute, sam, token="other") != reply(dispute, sam)


@pytest.mark.parametrize(
    "to",
    ["thief@example.com", "ap@nordia.example\nBcc: thief@example.com", "ap@nordia.example, thief@example.com", "<ap@nordia.example>"],
)
def test_a_reply_goes_to_contacts_of_the_customer_alone(world, to):
    _, sam = world
    dispute, other = case_of(*world), case_of(*world, name="Other", email="ap@other.example")
    with pytest.raises(TellingRefused, match="no contact of Nordia"):
        reply(dispute, sam, recipients=["ap@nordia.example", to])
    with pytest.raises(TellingRefused, match="no contact of Nordia"):
        reply(dispute, sam, recipients=recipients_of(other.customer))
    assert not Message.objects.exists()


def test_a_reply_carries_files_of_its_case_alone(world):
    _, sam = world
    dispute, other = case_of(*world), case_of(*world, name="Other", email="ap@other.example")
    ours, theirs, gone = (
        attach(actor=sam, subject=case, kind="evidence", name=f"{n}.txt", content=f"proof {n}".encode())
        for n, case in enumerate((dispute, other, dispute))
    )
    remove_attachment(actor=sam, subject=dispute, attachment=gone)
    assert [f.sha256 for f in reply(dispute, sam, files=[ours.pk]).attachments.all()] == [ours.file.sha256]
    for wrong in (theirs.pk, gone.pk, 10**9):
        with pytest.raises(TellingRefused, match="beside this case"):
            reply(dispute, sam, files=[wrong], token="again")


def test_who_may_not_reply_does_not(world):
    company, sam = world
    dispute = case_of(company, sam)
    for person in (make_user("controller", company), make_user("senior", make_company())):
        with pytest.raises(NotAllowed):
            reply(dispute, person)


def test_what_was_taken_back_can_be_sent_after_all_and_nothing_of_another_case(world):
    _, sam = world
    dispute, other = case_of(*world), case_of(*world, name="Other", email="ap@other.example")
    message = reply(dispute, sam)
    cancel_message(actor=sam, message=message)
    with pytest.raises(TellingRefused, match="another case"):
        send_again(actor=sam, dispute=other, message=message, now=NOW)
    send_again(actor=sam, dispute=dispute, message=message, now=NOW)
    assert send_due(now=NOW + timedelta(seconds=11), send=lambda m: "")["sent"] == 1


def test_short_payments_are_told_of_by_the_worker_each_once_where_the_company_does_so(world):
    company, sam = world
    cases = [case_of(company, sam) for _ in range(3)]
    by_hand = case_of(company, sam)
    Dispute.objects.filter(pk__in=[c.pk for c in cases]).update(receipt_ref=1, reason="short_payment", created_at=NOW)
    Dispute.objects.filter(pk=cases[2].pk).update(created_at=NOW - timedelta(days=9))
    assert tell_of_short_payments(now=NOW, today=DAY) == 0
    DisputePolicy.objects.create(company=company, tells_short_payments=True)
    assert [tell_of_short_payments(now=NOW, today=DAY, limit=1) for _ in range(3)] == [1, 1, 0]
    assert {n.dispute_id for n in DisputeNote.objects.all()} == {c.pk for c in cases[:2]} and not by_hand.notes.exists()
    assert "short" in Message.objects.first().subject


def test_a_bad_address_stops_its_own_mail_alone_and_adds_nobody(world):
    company, sam = world
    DisputePolicy.objects.create(company=company, tells_short_payments=True)
    for address in ("Müller & Co, x@y", "a@x.example, thief@example.com", "a@x.example\nBcc: thief@example.com", "eva@nordia.example"):
        case_of(company, sam, email=address)
    Dispute.objects.update(receipt_ref=1, created_at=NOW)
    assert tell_of_short_payments(now=NOW, today=DAY) == 4
    assert list(Message.objects.order_by("pk").values_list("state", flat=True)) == ["failed"] * 3 + ["pending"]
    assert all("is not an e-mail address" in m.error for m in Message.objects.filter(state="failed"))
    sent = []
    send_due(now=NOW + timedelta(seconds=11), send=lambda m: sent.extend(m.recipients) or "")
    assert sent == ["eva@nordia.example"]


def test_the_texts_to_begin_with_are_whole_in_both_languages():
    for text in STANDARD:
        check_text(text.subject)
        check_text(text.body)
        assert text.event in CaseText.Event.values and len(text.subject) <= 200
    assert {(t.event, t.name) for t in STANDARD if t.language == "en"} == {(t.event, t.name) for t in STANDARD if t.language == "de"}
    for language in ("en", "de"):
        assert set(sample(language, DAY)) == set(FIELDS)
        assert set(REASONS[language]) == set(Dispute.Reason.values) and set(OUTCOMES[language]) == set(Dispute.Resolution.values)


def test_the_texts_of_a_company_are_set_up_once(world):
    company, _ = world
    assert standard_texts(actor=SYSTEM, company=company) == 0
    assert text_for(company.pk, "opened", "de").language == "de"
    with pytest.raises(NotAllowed):
        standard_texts(actor=make_user("senior", company), company=company)
