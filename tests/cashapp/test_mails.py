"""Mails with advices: attachments and words become advices once, a note says why not, nobody sees another portfolio's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cashapp.models import Remittance
from cashapp.selectors.mails import mails_in_sight
from cashapp.services.remittances import mail as mails
from customers.models import Contact
from messaging.models import InboundMail
from messaging.services.errors import MessageError
from messaging.services.receiving import receive_mail, set_mail_aside
from org.models import Company, Membership
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from tests.lib.test_mails import a_mail
from tests.readers.advice.samples import X12
from workflow.models import StoredFile

pytestmark = pytest.mark.django_db
TODAY = datetime(2027, 2, 20).date()
NOW = datetime(2027, 2, 20, 8, tzinfo=UTC)
WORDS = "Dear all,\nwe paid by ACH, trace no. 99887766:\nInvoice INV-7 80.00\nInvoice INV-8 20.00\nTotal 100.00\n"


@pytest.fixture
def company() -> Company:
    return make_company()


def receive(company: Company, words: str = "see attached", files: dict[str, bytes] | None = None, **heads: str) -> InboundMail:
    mail = a_mail(**heads)
    mail.set_content(words)
    if files:
        mail.make_mixed(boundary="same-in-every-copy")
    for name, content in (files or {}).items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return receive_mail(actor=SYSTEM, company=company, content=mail.as_bytes())[0]


def take() -> dict[str, int]:
    return mails.take_mails(today=TODAY, now=NOW)


def advices(company: Company) -> list[Remittance]:
    return list(Remittance.objects.filter(company=company).order_by("pk"))


def test_every_file_becomes_advices_or_a_note_why_not(company: Company) -> None:
    picture, broken = b"\x89PNG\r\n\x1a\nxxxx", X12[: X12.index("ENT*2")].encode()
    mail = receive(
        company, WORDS, {"advice.edi": X12.encode(), "scan.png": picture, "cut.edi": broken, "run.exe": b"MZ\x90\x00" + b"\x00" * 40}
    )
    assert take() == {"read": 1, "nothing": 0, "refused": 0}
    (advice,) = advices(company)
    assert (advice.total, advice.source, advice.format, advice.mail_id) == (248050, "mail", "X12 820", mail.pk)
    notes = {p.name: p.note for p in mail.parts.all()}
    assert notes["advice.edi"] == "1 advice taken in"
    assert notes["scan.png"] == "a picture: look at it and key the advice by hand"
    assert "cut off" in notes["cut.edi"] and notes["cut.edi"].startswith("line ") and notes["run.exe"]
    mail.refresh_from_db()
    assert (mail.state, mail.note) == ("read", "its attachments say it, its words were not read")


def test_words_are_an_advice_of_the_contact_who_sent_them(company: Company) -> None:
    customer = make_customer(company, "Acme")
    Contact.objects.create(customer=customer, name="Ann", email="AP@mueller.example")
    receive(company, WORDS)
    take()
    (advice,) = advices(company)
    assert (advice.customer, advice.total, advice.trace, advice.format) == (customer, 10000, "99887766", "words of a mail")
    assert [(line.reference, line.paid) for line in advice.lines.all()] == [("INV-7", 8000), ("INV-8", 2000)]
    assert advice.notes == ["read from the words of a mail", "its payer is known by who sent the mail"]


def test_x6_a_mail_or_its_file_that_comes_again_brings_nothing_twice(company: Company) -> None:
    """Copied to two people, sent once more with the file renamed and its line ends changed, read by two workers."""
    mail = receive(company, files={"advice.edi": X12.encode()})
    assert receive(company, files={"advice.edi": X12.encode()}).pk == mail.pk
    take()
    again = receive(company, "once more", {"other.txt": b"\xef\xbb\xbf" + X12.replace("\n", "\r\n").encode()}, Subject="again")
    take()
    InboundMail.objects.update(state="new")
    assert take()["read"] == 2
    assert len(advices(company)) == 1
    again.refresh_from_db()
    assert again.state == "read" and again.parts.get().note == "1 known before"


def test_what_holds_nothing_waits_for_a_person_who_sets_it_aside(company: Company) -> None:
    newsletter = receive(company, "our new offices", Subject="News")
    take()
    newsletter.refresh_from_db()
    assert (newsletter.state, newsletter.note) == ("nothing", "the mail speaks of no payment")
    with pytest.raises(MessageError):
        set_mail_aside(actor=SYSTEM, mail=newsletter, reason=" ")
    assert set_mail_aside(actor=SYSTEM, mail=newsletter, reason="advertising").state == "set_aside"
    assert take() == {"read": 0, "nothing": 0, "refused": 0}


def test_a_failure_over_one_mail_stops_no_other_and_stands_before_a_person(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = receive(company, "bad", {"a.edi": X12.encode()}), receive(company, WORDS, Subject="good")
    real = mails.take_advice_file

    def fails(**given: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(mails, "take_advice_file", fails)
    assert take() == {"read": 1, "nothing": 0, "refused": 1}
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("refused", "read") and "RuntimeError" in bad.note
    monkeypatch.setattr(mails, "take_advice_file", real)
    InboundMail.objects.filter(pk=bad.pk).update(state="new")
    assert take()["read"] == 1


def test_a_portfolio_hides_mails_of_others(company: Company) -> None:
    mine, other = make_customer(company, "Mine"), make_customer(company, "Other")
    ana = make_user("specialist", company, scope=Membership.Scope.PORTFOLIO)
    mine.collector = ana
    mine.save()
    issue(mine, 8000, number="INV-7")
    issue(other, 8000, number="OTHER-7001")
    own = receive(company, WORDS, Subject="mine")
    foreign = receive(company, WORDS.replace("INV-7", "OTHER-7001").replace("INV-8", "X-1002"), Subject="other")
    unknown = receive(company, "our new offices", Subject="unknown")
    take()
    assert set(mails_in_sight(ana)) == {own}
    assert set(mails_in_sight(make_user("senior", company))) == {own, foreign, unknown}


def test_a_mail_is_brought_as_a_file_looked_at_and_read_again(client: Client, company: Company) -> None:
    client.force_login(make_user("senior", company))
    mail = a_mail(Subject="Advice <b>of</b> February")
    mail.add_attachment(X12.encode(), maintype="application", subtype="octet-stream", filename="advice.edi")

    def bring() -> str:
        file = SimpleUploadedFile("advice.eml", mail.as_bytes())
        answer = client.post(reverse("cashapp:mail-upload"), {"file": file, "company": company.pk}, follow=True)
        return answer.content.decode()

    shown = bring()
    assert "1 advice taken in" in shown and "Advice &lt;b&gt;of&lt;/b&gt; February" in shown and "RA-" in shown
    assert "Known before" in bring()
    found = InboundMail.objects.get(company=company)
    part = found.parts.get()
    assert "ACME" in client.get(reverse("cashapp:mail-part", args=[part.pk])).content.decode()
    original = client.get(reverse("cashapp:mail-part-original", args=[part.pk]))
    assert original["Content-Disposition"].startswith("attachment") and original["X-Content-Type-Options"] == "nosniff"
    again = client.post(reverse("cashapp:mail-again", args=[found.pk]), follow=True).content.decode()
    assert "1 known before" in again and Remittance.objects.filter(company=company).count() == 1
    listed = client.get(reverse("cashapp:mails"), {"state": "read"}).content.decode()
    assert "February" in listed and StoredFile.objects.filter(name="advice.eml").exists()
    assert client.get(reverse("cashapp:mails"), {"format": "csv"}).status_code == 200


def test_of_a_mail_with_very_many_files_only_so_many_are_read_and_the_rest_is_named(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{n}.csv": f"Invoice,Amount paid\nINV-{n},5.00\n".encode() for n in range(3)}
    monkeypatch.setattr(mails, "MAIL_FILES", 1)
    mail = receive(company, files=files)
    take()
    mail.refresh_from_db()
    notes = [p.note for p in mail.parts.order_by("ordinal")]
    assert (
        notes == ["1 advice taken in", mails.LEFT, mails.LEFT] and mail.state == "read" and mail.note.startswith("2 of its files were not")
    )
    monkeypatch.setattr(mails, "MAIL_SECONDS", -1)
    late = receive(company, "nothing to read", files=files, Subject="late")
    take()
    late.refresh_from_db()
    assert {p.note for p in late.parts.all()} == {mails.LEFT} and late.state == "refused"
    monkeypatch.setattr(mails, "RUN_SECONDS", -1)
    receive(company, "wait", Subject="later")
    assert sum(take().values()) == 0
