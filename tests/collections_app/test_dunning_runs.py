"""The day's run: who gets a letter, who doesn't and why; once, whatever happens; letters whose text is text."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.db import connections

from arops.lib import pdf
from collections_app.models import Activity, DunningLetter, DunningRun
from collections_app.policy.strategy import StepDraft
from collections_app.selectors.dunning import cases
from collections_app.services import dunning, dunning_layout, dunning_queue
from collections_app.services.dunning import run_dunning, start_run
from collections_app.services.promises import give_promise
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact, Customer
from disputes.services import open_dispute
from messaging.models import Message
from messaging.services import cancel_message, retry_message, send_due
from tests.collections_app.desk import WORDS, put_in_force
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, rate, receive
from workflow.models import Event, StoredFile

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
NOW = datetime.fromisoformat("2026-09-30T22:00:00+00:00")


@pytest.fixture(autouse=True)
def quick(monkeypatch, request, settings):
    """Setting a page takes a tenth of a second: where the page isn't the point, its HTML stands for it. So do passwords' hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if "real_pdf" not in request.fixturenames:
        monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())
        monkeypatch.setattr(pdf, "is_available", lambda: True)


@pytest.fixture
def real_pdf():
    if not pdf.is_available():
        pytest.skip("no Pango on this machine")


@pytest.fixture
def company():
    company = make_company()
    create_standard_strategy(actor=SYSTEM, company=company)
    return company


def owes(company, name="Acme", amount=100_00, days=10, email="ap@acme.example", **fields):
    customer = make_customer(company, name, **fields)
    if email:
        Contact.objects.create(customer=customer, name="Eva", email=email)
    issue(customer, amount, day=DAY - timedelta(days=days + 30), due=DAY - timedelta(days=days))
    return customer


def run(company, day=DAY, actor=SYSTEM, now=NOW):
    return run_dunning(company=company, day=day, actor=actor, now=now)


def later(company, days):
    return run(company, DAY + timedelta(days=days), now=NOW + timedelta(days=days))


def told(customer, run=None):
    found = DunningLetter.objects.filter(customer=customer).order_by("run__day", "currency")
    return [(letter.level, letter.amount, letter.reason) for letter in (found.filter(run=run) if run else found)]


def test_a_letter_goes_to_the_outbox_and_rests_there(company):
    acme = owes(company)
    done = run(company)
    assert done.finished_at == NOW and done.counts == {"letters": 1, "printed": 0, "without_pdf": 0, "to_allow": 0, "left_out": 0}
    letter = acme.dunning_letters.get()
    assert (letter.level, letter.amount, letter.level_name, letter.days_past_due) == (1, 100_00, "Friendly reminder", 10)
    assert letter.items[0]["asked"] == 100_00
    message = letter.message
    assert (message.state, message.recipients, message.not_before) == ("pending", ["ap@acme.example"], NOW + timedelta(seconds=10))
    assert "100.00 USD" in message.subject and "INV-" in message.body and list(message.attachments.all()) == [letter.pdf]
    assert Event.objects.filter(type="dunning.finished").get().data["letters"] == 1


def test_twenty_two_runs_in_a_day_are_one_letter(company, mailoutbox):
    acme = owes(company)
    runs = {run(company, now=NOW + timedelta(minutes=n)).pk for n in range(22)}
    for n in range(22):
        send_due(now=NOW + timedelta(minutes=n + 1))
    assert len(runs) == 1 and len(mailoutbox) == 1 and Message.objects.count() == 1
    assert told(acme) == [(1, 100_00, "")]


def test_each_level_once_step_by_step_and_then_a_person_decides(company):
    acme = owes(company, days=5)
    story = [(day, told(acme, later(company, day))) for day in (*range(0, 40), 79)]
    letters = [(day, found[0][0]) for day, found in story if found[0][2] == ""]
    assert letters == [(0, 1), (15, 2), (35, 3)]
    assert story[-1][1][0][2] == "last_given"


def test_old_debt_starts_with_the_friendly_letter_and_each_next_waits_for_the_quiet_days(company):
    acme = owes(company, days=300)
    story = [(day, told(acme, later(company, day))[0]) for day in range(0, 20)]
    assert [(day, found[0]) for day, found in story if found[2] == ""] == [(0, 1), (7, 2), (14, 3)]
    assert {found[2] for _, found in story} == {"", "quiet"}


def test_when_the_oldest_is_paid_the_next_goes_on_from_its_own_level(company):
    acme = owes(company, days=30)
    second = issue(acme, 50_00, day=DAY - timedelta(days=40), due=DAY - timedelta(days=10))
    later(company, 0)
    later(company, 7)
    first = acme.open_items.exclude(pk=second.pk).get()
    apply(receive(acme, 100_00, day=DAY + timedelta(days=8)), (first, 100_00), day=DAY + timedelta(days=8))
    assert told(acme, later(company, 14)) == [(0, 0, "not_yet")]
    assert told(acme, later(company, 30)) == [(3, 50_00, "")]
    assert acme.dunning_letters.get(level=3).cycle.startswith(second.number)


def test_left_out_with_the_reason_in_words(company):
    def reason(customer):
        return customer.dunning_letters.get().left_out_because

    ana = make_user("supervisor", company)
    credit = owes(company, "Credit")
    receive(credit, 150_00, day=DAY - timedelta(days=3))
    disputed, promised = owes(company, "Disputed"), owes(company, "Promised")
    open_dispute(actor=ana, open_item=disputed.open_items.get(), amount=100_00, reason="price", today=DAY, source="d")
    give_promise(actor=ana, customer=promised, items=[promised.open_items.get()], amount=100_00, due_on=DAY + timedelta(days=5), today=DAY)
    paid = owes(company, "Paid")
    apply(receive(paid, 40_00, day=DAY), (paid.open_items.get(amount=100_00), 40_00), day=DAY)
    called = owes(company, "Called")
    Activity.objects.create(company=company, customer=called, kind="call", actor="user:1", happened_on=DAY - timedelta(days=2))
    held = owes(company, "Held", dunning_hold=True, dunning_hold_reason="merger")
    gone, small, fresh = owes(company, "Gone", is_active=False), owes(company, "Small", amount=24_99), owes(company, "Fresh", days=2)
    done = run(company)
    assert done.counts == {"letters": 0, "printed": 0, "without_pdf": 0, "to_allow": 0, "left_out": 9} and Message.objects.count() == 0
    assert reason(credit) == "credits of 150.00 USD are as much as all that is open"
    assert reason(disputed) == "all that is past due is held: 100.00 USD disputed"
    assert reason(promised) == "all that is past due is held: 100.00 USD promised"
    assert reason(paid) == "40.00 USD came in today"
    assert reason(called) == "call on 28 Sep 2026: quiet until 5 Oct 2026"
    assert reason(held) == "on dunning hold: merger"
    assert reason(gone) == "the customer is inactive"
    assert reason(small) == "24.99 USD is below the minimum of 25.00 USD"
    assert reason(fresh) == "nothing is more than 3 days past due"


def test_only_the_rest_is_asked_for_where_part_is_disputed_promised_or_covered(company):
    ana = make_user("supervisor", company)
    acme = owes(company, amount=500_00)
    item = acme.open_items.get()
    open_dispute(actor=ana, open_item=item, amount=100_00, reason="price", today=DAY, source="d")
    give_promise(actor=ana, customer=acme, items=[item], amount=150_00, due_on=DAY + timedelta(days=5), today=DAY)
    receive(acme, 30_00, day=DAY - timedelta(days=1))
    run(company)
    letter = acme.dunning_letters.get()
    assert (letter.amount, letter.held_out) == (220_00, 280_00)
    kept = {k: letter.items[0][k] for k in ("balance", "disputed", "promised", "covered", "asked")}
    assert kept == {"balance": 500_00, "disputed": 100_00, "promised": 150_00, "covered": 30_00, "asked": 220_00}
    page = bytes(letter.pdf.content).decode()
    assert "Disputed or promised" in page and "Credits set off" in page and "−30.00" in page


def test_a_promise_that_was_partly_paid_holds_out_only_its_rest(company):
    acme = owes(company, amount=200_00)
    item = acme.open_items.get()
    give_promise(actor=SYSTEM, customer=acme, items=[item], amount=100_00, due_on=DAY + timedelta(days=5), today=DAY - timedelta(days=9))
    apply(receive(acme, 60_00, day=DAY - timedelta(days=2)), (item, 60_00), day=DAY - timedelta(days=2))
    run(company)
    assert told(acme) == [(1, 100_00, "")]


def test_a_letter_a_currency_and_the_minimum_in_each(company):
    rate("EUR", "USD", "2")
    acme = owes(company)
    issue(acme, 12_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30), currency="EUR")
    run(company)
    assert told(acme) == [(0, 0, "minimum"), (1, 100_00, "")]
    issue(acme, 1_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=30), currency="EUR")
    assert told(acme, later(company, 1)) == [(0, 0, "quiet"), (0, 0, "quiet")]
    assert told(acme, later(company, 7)) == [(1, 13_00, ""), (0, 0, "not_yet")]


def test_who_has_no_address_gets_a_letter_to_print(company):
    acme = owes(company, email="")
    Contact.objects.create(customer=acme, name="Old", email="old@acme.example", is_active=False)
    assert run(company).counts["printed"] == 1
    assert acme.dunning_letters.get().message.channel == "letter"


def test_a_bad_address_fails_alone(company, mailoutbox):
    bad, good = owes(company, "Bad", email="Müller & Co, x@y"), owes(company, "Good")
    run(company)
    send_due(now=NOW + timedelta(minutes=1))
    assert bad.dunning_letters.get().message.state == "failed"
    assert [m.recipients() for m in mailoutbox] == [["ap@acme.example"]]
    assert good.dunning_letters.get().message.state == "sent"


def test_everybody_is_written_to_in_their_language_and_in_english_where_it_is_none_of_ours(company):
    de, fr = owes(company, "Müller", amount=1234_50, language="de-AT"), owes(company, "Dupont", language="fr")
    it = owes(company, "Rossi", language="it")
    run(company)
    german, french, other = (customer.dunning_letters.get() for customer in (de, fr, it))
    assert french.message.subject.startswith("Rappel")
    assert german.message.subject == f"Zahlungserinnerung: 1.234,50 USD überfällig, Konto {de.number}"
    assert "zum 30.09.2026" in german.message.body and '<html lang="de">' in bytes(german.pdf.content).decode()
    assert other.message.subject.startswith("Reminder: 100.00 USD")


def test_taken_back_in_the_outbox_the_level_is_given_again_after_the_quiet_days(company):
    acme = owes(company)
    run(company)
    cancel_message(actor=SYSTEM, message=acme.dunning_letters.get().message)
    assert told(acme, later(company, 1)) == [(0, 0, "quiet")]
    assert told(acme)[0] == (1, 100_00, "cancelled")
    assert told(acme, later(company, 7)) == [(1, 100_00, "")]


def test_a_letter_that_failed_is_written_again_after_the_quiet_days_unless_it_was_sent_to_a_better_address(company):
    lost, mended = owes(company, "Lost", email="nonsense"), owes(company, "Mended", email="nonsense")
    run(company)
    assert {m.state for m in Message.objects.all()} == {"failed"}
    Contact.objects.update(email="ap@acme.example")
    retry_message(actor=SYSTEM, message=mended.dunning_letters.get().message, now=NOW, recipients=["ap@acme.example"])
    send_due(now=NOW + timedelta(minutes=1), send=lambda message: "")
    assert told(lost, later(company, 6)) == [(0, 0, "quiet")]
    assert told(lost, later(company, 7)) == [(1, 100_00, "")] and told(mended)[-1] == (0, 0, "not_yet")
    first = lost.dunning_letters.order_by("pk").first()
    assert (first.reason, first.message.state) == ("undelivered", "cancelled") and "not an e-mail address" in first.left_out_because


def test_other_mail_to_the_customer_counts_as_contact(company):
    acme = owes(company)
    Message.objects.create(
        company=company, customer=acme, kind="statement", dedupe_key="s", recipients=["a@b.example"], subject="s", body="", state="sent",
        sent_at=NOW - timedelta(days=1), created_by="user:1",
    )  # fmt: skip
    run(company)
    assert acme.dunning_letters.get().left_out_because.startswith("e-mail on 29 Sep 2026")


def test_a_customer_s_strategy_comes_before_its_segment_s_and_that_before_the_general_one(company):
    acme, vip, one = owes(company), owes(company, "Vip", segment="key"), owes(company, "One", segment="key")
    put_in_force(company, [StepDraft("email", 31, texts=WORDS)], segment="key", grace_days=30)
    put_in_force(company, [StepDraft("email", 9, "Own", WORDS)], customer=one)
    run(company)
    assert told(acme) == [(1, 100_00, "")] and told(vip) == [(0, 0, "grace")] and told(one) == [(1, 100_00, "")]
    assert one.dunning_letters.get().level_name == "Own" and one.dunning_letters.get().step.version.strategy.customer == one


def test_without_a_strategy_everybody_is_left_out_for_that_reason():
    acme = owes(make_company())
    assert run(acme.company).counts["left_out"] == 1 and told(acme) == [(0, 0, "no_policy")]


def test_a_run_that_broke_off_goes_on_where_it_stopped(company, monkeypatch):
    customers = [owes(company, f"C{n}") for n in range(6)]
    real_queue, real_page = dunning_queue.draft_letter, dunning_layout.write_letter

    class Killed(BaseException):
        pass

    def dies_at(number, real):
        calls = []

        def dies(*arguments, **options):
            calls.append(1)
            if len(calls) == number:
                raise Killed
            return real(*arguments, **options)

        return dies

    monkeypatch.setattr(dunning_queue, "BATCH", 2)
    monkeypatch.setattr(dunning_queue, "draft_letter", dies_at(4, real_queue))
    with pytest.raises(Killed):
        run(company)
    assert DunningRun.objects.get().finished_at is None and Message.objects.count() == DunningLetter.objects.count() == 2
    monkeypatch.setattr(dunning_queue, "draft_letter", real_queue)
    monkeypatch.setattr(dunning_layout, "write_letter", dies_at(4, real_page))
    with pytest.raises(Killed):
        run(company)
    states = Counter(Message.objects.values_list("state", flat=True))
    assert states["pending"] + states["draft"] == 6 and states["pending"] == DunningLetter.objects.exclude(pdf=None).count() < 6
    assert run(company, now=NOW + timedelta(hours=1)).counts["letters"] == 6
    assert Message.objects.filter(state="pending").count() == 6 and all(told(c) == [(1, 100_00, "")] for c in customers)


@pytest.mark.parametrize("pass_of", [dunning_queue, dunning_layout])
def test_a_letter_that_cannot_be_written_is_noted_and_stops_nobody(company, monkeypatch, pass_of):
    bad, good = owes(company, "Bad"), owes(company, "Good")
    name = "draft_letter" if pass_of is dunning_queue else "write_letter"
    real = getattr(pass_of, name)

    def fails(case, *rest, **options):
        if case.customer == bad:
            raise RecursionError
        return real(case, *rest, **options)

    monkeypatch.setattr(pass_of, name, fails)
    run(company)
    assert told(bad) == [(0, 0, "error")] and told(good) == [(1, 100_00, "")]
    assert Message.objects.exclude(state="cancelled").count() == 1
    monkeypatch.undo()
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    assert told(bad, later(company, 1)) == [(1, 100_00, "")]


def test_deciding_costs_a_fixed_number_of_queries(company, django_assert_max_num_queries):
    for n in range(12):
        owes(company, f"C{n}")
    with django_assert_max_num_queries(29):
        assert len(list(cases(company, DAY))) == 12


def test_without_pango_the_page_goes_as_html_and_the_run_says_so(company, monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    acme = owes(company)
    assert run(company).counts["without_pdf"] == 1
    message = acme.dunning_letters.get().message
    file = message.attachments.get()
    assert file.content_type.startswith("text/html") and file.name.endswith(".html") and b"<style>" in bytes(file.content)
    assert "listed in the attached page" in message.body and "INV-" in message.body


HOSTILE = (
    '<link rel=attachment href="file:///etc/passwd"><img src="http://127.0.0.1:9/x"><style>@import url(http://169.254.169.254/)</style>'
    "{{7*7}} {% debug %} {{settings.SECRET_KEY}} {total}"
)


def test_what_a_customer_is_called_is_text_in_the_letter_and_fetches_nothing(real_pdf, company, monkeypatch):
    from weasyprint.urls import URLFetcher

    asked, pages = [], []
    real_fetch, real_html = URLFetcher.fetch, pdf.from_html
    monkeypatch.setattr(URLFetcher, "fetch", lambda self, url, *a, **k: asked.append(url) or real_fetch(self, url, *a, **k))
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": pages.append(html) or real_html(html, css))
    acme = owes(company, HOSTILE[:200], number="</td><script>"[:40], address=HOSTILE, days=10)
    issue(acme, 30_00, day=DAY - timedelta(days=60), due=DAY - timedelta(days=20), number="<img src=file:///etc/passwd>")
    run(company)
    letter = acme.dunning_letters.get()
    content = bytes(letter.pdf.content)
    assert letter.pdf.content_type == "application/pdf" and content.startswith(b"%PDF")
    assert asked == [] and b"EmbeddedFile" not in content and b"root:" not in content
    assert "&lt;link rel=attachment" in pages[0] and "<link" not in pages[0] and "<img" not in pages[0] and "<script" not in pages[0]
    assert "{{7*7}}" in pages[0] and "{{7*7}}" in letter.message.body and " 49 " not in letter.message.body
    assert "{total}" in pages[0] and "\n" not in letter.message.subject


def test_a_level_s_text_is_text_too_and_a_long_account_is_cut_with_its_sum(real_pdf, company, monkeypatch):
    words = {"en": ("<b> {total}", "<img src=http://127.0.0.1:9/>\n\n{items}\n\nend")}
    put_in_force(company, [StepDraft("email", 5, texts=words)])
    monkeypatch.setattr("collections_app.services.dunning_letters.LISTED", 3)
    acme = owes(company)
    for n in range(6):
        issue(acme, 10_00, day=DAY - timedelta(days=50), due=DAY - timedelta(days=9 - n % 3))
    pages, real_html = [], pdf.from_html
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": pages.append(html) or real_html(html, css))
    run(company)
    letter = acme.dunning_letters.get()
    assert letter.amount == 160_00 and len(letter.items) == 7
    assert "and 4 more items" in pages[0] and "160.00" in pages[0] and "&lt;img" in pages[0]
    assert letter.message.subject == "<b> 160.00 USD"


def test_a_customer_with_line_breaks_in_the_name_gets_a_subject_of_one_line(company, mailoutbox):
    put_in_force(company, [StepDraft("email", 5, texts={"en": ("Reminder for {customer}", "{items}")})])
    acme = owes(company)
    Customer.objects.filter(pk=acme.pk).update(name="Acme\r\nBcc: all@world.example")
    run(company)
    send_due(now=NOW + timedelta(minutes=1))
    (mail,) = mailoutbox
    assert mail.subject == "Reminder for Acme Bcc: all@world.example" and mail.recipients() == ["ap@acme.example"]


def test_the_same_letter_is_kept_once_as_a_file(company):
    acme = owes(company)
    run(company)
    assert StoredFile.objects.count() == 1 and acme.dunning_letters.get().pdf.sha256


@pytest.mark.django_db(transaction=True)
def test_while_one_process_works_on_a_run_another_is_told_so(company, app_conn, monkeypatch):
    monkeypatch.setattr(dunning, "PATIENCE", 2)
    owes(company)
    started, _ = start_run(company=company, day=DAY, actor=SYSTEM)
    with app_conn.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [dunning.LOCK, started.pk])
        assert run(company).finished_at is None and Message.objects.count() == 0
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [dunning.LOCK, started.pk])
    app_conn.commit()
    assert run(company).finished_at == NOW and Message.objects.count() == 1
    connections.close_all()
