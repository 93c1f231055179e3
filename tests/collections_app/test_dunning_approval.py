"""Letters that wait for a second person, what goes along with letters, how they are signed, what is written by hand, what came back."""

from datetime import timedelta

import pytest

from arops.lib import pdf
from collections_app.models import DunningLetter
from collections_app.policy.strategy import StepDraft
from collections_app.selectors.addresses import bounced_of
from collections_app.selectors.dunning import cases
from collections_app.services.dunning import DunningError, write_now
from collections_app.services.dunning_approval import ApprovalRefused, allow_letters, decline_letter
from customers.models import Customer
from messaging.models import Message
from messaging.services import Rejected, cancel_message, mark_posted, retry_message, send_due
from messaging.services.bouncing import revive_address
from org.actors import NotAllowed
from tests.collections_app.desk import put_in_force
from tests.collections_app.test_dunning_runs import DAY, NOW, later, owes, run, told
from tests.factories import SYSTEM, apply, issue, make_company, make_user, receive

pytestmark = pytest.mark.django_db
WORDS = {
    "en": ("Reminder {total}", "Dear {customer},\n\n{items}\n\nKind regards"),
    "de": ("Erinnerung {total}", "Guten Tag {customer},\n\n{items}\n\nMit freundlichen Grüßen"),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pdf, "from_html", lambda html, css="", **options: b"%PDF " + html.encode())
    monkeypatch.setattr(pdf, "is_available", lambda: True)


@pytest.fixture
def company():
    return make_company()


def strategy(company, **fields):
    put_in_force(company, [StepDraft("email", 5, "First", WORDS, **fields), StepDraft("letter", 20, "Second", WORDS)])


def allow(actor, *customers, day=DAY, now=NOW):
    letters = list(DunningLetter.objects.filter(customer__in=customers, run__day=day))
    return allow_letters(actor=actor, letters=letters, today=day, now=now)


def test_what_needs_it_waits_until_another_person_allows_it_and_goes_out_once(company, mailoutbox):
    strategy(company, needs_approval=True)
    boss, other = make_user("supervisor", company), make_user("collections_manager", company)
    acme = owes(company)
    assert run(company, actor=boss).counts["to_allow"] == 1
    letter = acme.dunning_letters.get()
    assert letter.waits and letter.pdf and letter.message.state == "draft"
    assert send_due(now=NOW + timedelta(hours=1))["sent"] == 0
    assert allow(boss, acme).own == 1 and allow(other, acme).sent == 1 and allow(other, acme).sent == 0
    send_due(now=NOW + timedelta(hours=1))
    assert len(mailoutbox) == 1 and mailoutbox[0].attachments[0][0].endswith(".pdf")
    with pytest.raises(NotAllowed):
        allow(make_user("specialist", company), acme)


def test_what_was_paid_or_put_off_meanwhile_is_not_asked_for(company):
    strategy(company, needs_approval=True)
    boss, acme = make_user("supervisor", company), owes(company)
    run(company)
    apply(receive(acme, 40_00, day=DAY), (acme.open_items.get(amount=100_00), 40_00), day=DAY)
    assert allow(boss, acme).changed == 1
    assert told(acme) == [(1, 100_00, "changed")] and Message.objects.get().state == "cancelled"
    assert told(acme, later(company, 1)) == [(1, 60_00, "")]


def test_what_nobody_allowed_is_decided_anew_and_what_was_declined_rests_for_the_quiet_days(company):
    strategy(company, needs_approval=True)
    boss, late, no = make_user("supervisor", company), owes(company, "Late"), owes(company, "No")
    run(company)
    with pytest.raises(ApprovalRefused, match="say why"):
        decline_letter(actor=boss, letter=no.dunning_letters.get(), why=" ", now=NOW)
    decline_letter(actor=boss, letter=no.dunning_letters.get(), why="We are talking", now=NOW)
    issue(late, 20_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=20))
    second = later(company, 1)
    assert told(late) == [(1, 100_00, "not_allowed"), (1, 120_00, "")] and told(no, second) == [(0, 0, "quiet")]
    assert allow(boss, late, day=DAY + timedelta(days=2)).sent == 0, "yesterday's letter isn't allowed today"
    assert allow(boss, late, day=DAY + timedelta(days=1)).sent == 1
    assert told(no, later(company, 7)) == [(1, 100_00, "")]


def test_statement_and_copies_go_along_and_the_letter_says_so(company, monkeypatch):
    strategy(company, with_statement=True, with_copies=True, signer="named", signed_by="Eva Lund, head of receivables")
    acme = owes(company, language="de")
    receive(acme, 30_00, day=DAY - timedelta(days=20))
    run(company)
    letter = acme.dunning_letters.get()
    files = {f.name: bytes(f.storedfile.content).decode() for f in letter.message.enclosed.select_related("storedfile")}
    page = bytes(letter.pdf.content).decode()
    assert len(files) == 2 and any(name.startswith("statement-") for name in files)
    assert "Anlagen: Kontoauszug" in page and "Eva Lund, head of receivables" in page and "Ihr Konto zum" not in page
    assert "Verrechnete Gutschriften (RC-" in page and letter.amount == 70_00
    assert letter.message.body.endswith("Eva Lund, head of receivables")
    assert letter.held == {"credits": 30_00}


def test_a_step_by_letter_is_printed_whatever_addresses_there_are(company):
    strategy(company)
    acme = owes(company, days=19)
    run(company)
    later(company, 8)
    first, second = acme.dunning_letters.order_by("run__day")
    assert (first.message.channel, second.message.channel, second.message.recipients) == ("email", "letter", [])


def test_what_lies_to_be_printed_keeps_the_next_letter_back_until_it_is_posted(company):
    strategy(company)
    acme = owes(company, email="")
    run(company)
    assert told(acme, later(company, 20)) == [(0, 0, "quiet")]
    posted = NOW + timedelta(days=20)
    mark_posted(actor=SYSTEM, message=Message.objects.get(), now=posted)
    assert told(acme, later(company, 26)) == [(0, 0, "quiet")] and told(acme, later(company, 28)) == [(2, 100_00, "")]


def test_ahead_of_the_run_one_is_written_to_by_hand_and_the_run_leaves_it_alone(company):
    strategy(company)
    boss, acme, other = make_user("supervisor", company), owes(company), owes(company, "Other")
    for _ in range(2):
        (letter,) = write_now(actor=boss, customer=acme, day=DAY, now=NOW)
    assert letter.message.state == "pending" and letter.made_by == boss.label
    assert run(company).counts["letters"] == 2 and told(acme) == told(other) == [(1, 100_00, "")]
    with pytest.raises(DunningError, match="is done"):
        write_now(actor=boss, customer=other, day=DAY, now=NOW)
    with pytest.raises(NotAllowed):
        write_now(actor=make_user("specialist", company), customer=acme, day=DAY, now=NOW)


def test_an_address_the_server_does_not_know_stops_the_step_from_counting_and_the_next_goes_by_post(company):
    strategy(company)
    acme = owes(company)

    def refuses(message):
        raise Rejected("550 no such user", message.recipients)

    run(company)
    send_due(now=NOW + timedelta(minutes=1), send=refuses)
    assert acme.bounces.get().address == "ap@acme.example"
    assert told(acme, later(company, 1)) == [(1, 100_00, "")] and told(acme)[0] == (1, 100_00, "bounced")
    assert acme.dunning_letters.order_by("-run__day").first().message.channel == "letter"
    acme.contacts.update(email="new@acme.example")
    assert [case.to for case in cases(company, DAY, [acme.pk])] == [("new@acme.example",)]


@pytest.mark.parametrize("way", ["changed", "revived"])
def test_an_address_that_is_mended_after_it_bounced_gets_the_same_step_again_and_from_then_on_it_counts(company, way, mailoutbox):
    strategy(company)
    acme = owes(company)

    def refuses(message):
        raise Rejected("550 no such user", message.recipients)

    run(company)
    send_due(now=NOW + timedelta(minutes=1), send=refuses)
    if way == "changed":
        acme.contacts.update(email="new@acme.example")
    else:
        revive_address(actor=SYSTEM, bounce=acme.bounces.get(), day=DAY)
    assert told(acme, later(company, 1)) == [(1, 100_00, "")] and told(acme)[0] == (1, 100_00, "bounced")
    send_due(now=NOW + timedelta(days=1, minutes=1))
    again = acme.dunning_letters.order_by("-run__day").first().message
    assert (again.channel, again.state) == ("email", "sent")
    assert [m.to for m in mailoutbox] == [["new@acme.example" if way == "changed" else "ap@acme.example"]]
    assert told(acme, later(company, 2))[-1][2] == "quiet" and not bounced_of([acme.pk])


def test_a_letter_that_came_back_is_sent_again_to_the_mended_address_and_counts_then(company):
    strategy(company)
    acme = owes(company)
    run(company)
    letter = acme.dunning_letters.get()

    def refuses(message):
        raise Rejected("550 no such user", message.recipients)

    send_due(now=NOW + timedelta(minutes=1), send=refuses)
    acme.contacts.update(email="new@acme.example")
    letter.message.refresh_from_db()
    retry_message(actor=SYSTEM, message=letter.message, now=NOW, recipients=["new@acme.example"])
    send_due(now=NOW + timedelta(minutes=2), send=lambda message: "")
    assert told(acme, later(company, 1)) == [(0, 0, "quiet")] and told(acme)[0] == (1, 100_00, "")


def test_a_draft_taken_back_is_not_allowed_any_more(company):
    strategy(company, needs_approval=True)
    acme = owes(company)
    run(company)
    cancel_message(actor=SYSTEM, message=Message.objects.get())
    assert allow(make_user("supervisor", company), acme).sent == 0
    assert Customer.objects.filter(dunning_letters__decided_by="").exists()


def test_only_those_who_may_run_it(company):
    for role in ("specialist", "auditor", "controller"):
        with pytest.raises(NotAllowed):
            run(company, actor=make_user(role, company))
    with pytest.raises(NotAllowed):
        run(company, actor=make_user("supervisor", make_company()))
    assert run(company, actor=make_user("supervisor", company)).counts["letters"] == 0
