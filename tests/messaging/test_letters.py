"""Letters on paper: gathered once, numbered, laid out, printed, posted with proof; killed in between, and spoilt ones."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from arops.lib import pdf
from messaging.models import LetterBatch, Message, PrintedLetter
from messaging.services import Enclosed, MessageError, cancel_message, queue_message
from messaging.services.printing import PrintRefused, gather_letters, lay_out, mark_printed, post_batch, spoil_letter
from org.actors import NotAllowed
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.services import store_file

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.date()


def paper(pages, title):
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": title})
    writer.write(out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": paper(1, "made"))
    monkeypatch.setattr(pdf, "is_available", lambda: True)


@pytest.fixture
def company():
    return make_company()


def letter(company, name, pages=1, kind="dunning", content=b"", **fields):
    content = content or paper(pages, name)
    file, _ = store_file(actor=SYSTEM, name=f"{name}.pdf", content=content, content_type=fields.pop("content_type", "application/pdf"))
    message, _ = queue_message(
        actor=SYSTEM, company=company, customer=make_customer(company, name, **fields), kind=kind, dedupe_key=f"letter:{name}",
        recipients=[], subject=f"Reminder to {name}", body="Please pay.", attachments=[Enclosed(file, f"{name}.pdf")],
        channel="letter", not_before=NOW,
    )  # fmt: skip
    return message


def made(company, **options):
    batch = gather_letters(actor=SYSTEM, company=company, **options)
    return lay_out(actor=SYSTEM, batch=batch, today=TODAY, tell=lambda done, total: None)


def pages(file):
    return len(PdfReader(io.BytesIO(bytes(file.content))).pages)


def test_letters_are_numbered_laid_out_each_on_its_own_sheets_and_count_as_sent_when_posted(company):
    one, two, three = letter(company, "One"), letter(company, "Two", pages=2), letter(company, "Plain", kind="other")
    batch = made(company)
    rows = list(batch.printed.order_by("ordinal"))
    assert (batch.number, [r.number for r in rows]) == ("LB-00001", ["L-000001", "L-000002", "L-000003"])
    assert [(r.message, r.pages, r.first_page) for r in rows] == [(one, 1, 1), (two, 2, 3), (three, 2, 5)]
    assert (batch.letters, batch.pages, pages(batch.pdf)) == (3, 5, 2 + 2 + 2 + 2)
    with pytest.raises(PrintRefused, match="no letter"):
        gather_letters(actor=SYSTEM, company=company)
    with pytest.raises(MessageError, match="LB-00001 as L-000001"):
        cancel_message(actor=SYSTEM, message=one)
    mark_printed(actor=SYSTEM, batch=batch, now=NOW)
    for _ in range(2):
        row = post_batch(actor=SYSTEM, batch=batch, posted_on=TODAY - timedelta(days=1), today=TODAY, now=NOW, proof_note="RR 123")
    assert (row.posted_on, row.proof_note) == (TODAY - timedelta(days=1), "RR 123")
    assert {m.state for m in Message.objects.all()} == {"sent"}
    assert Message.objects.get(pk=one.pk).sent_at == NOW - timedelta(days=1)


def test_what_is_spoilt_is_printed_again_under_another_number_and_what_is_no_pdf_stops_nobody(company):
    good, broken = letter(company, "Good"), letter(company, "Broken", content=b"<html>", content_type="text/html")
    batch = made(company, duplex=False)
    assert batch.letters == 1 and "no PDF" in PrintedLetter.objects.get(message=broken).spoilt_because
    spoil_letter(actor=SYSTEM, letter=PrintedLetter.objects.get(message=good), why="Paper jam")
    again = gather_letters(actor=SYSTEM, company=company)
    assert {p.number for p in again.printed.all()} == {"L-000003", "L-000004"}
    post_batch(actor=SYSTEM, batch=batch, posted_on=TODAY, today=TODAY, now=NOW)
    assert Message.objects.get(pk=good.pk).state == "pending"
    with pytest.raises(PrintRefused, match="was posted"):
        spoil_letter(actor=SYSTEM, letter=batch.printed.first(), why="Too late")


def test_a_batch_that_was_killed_goes_on_at_the_letter_where_it_stopped(company, monkeypatch):
    for n in range(3):
        letter(company, f"No {n}")
    batch, seen = gather_letters(actor=SYSTEM, company=company), []

    def killed(done, total):
        seen.append(done)
        if done == 2 and len(seen) < 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lay_out(actor=SYSTEM, batch=batch, today=TODAY, tell=killed)
    kept = dict(batch.printed.exclude(file=None).values_list("pk", "file"))
    assert len(kept) == 2
    done = lay_out(actor=SYSTEM, batch=LetterBatch.objects.get(pk=batch.pk), today=TODAY, tell=lambda done, total: None)
    assert done.letters == 3 and kept.items() <= dict(batch.printed.values_list("pk", "file")).items()
    assert lay_out(actor=SYSTEM, batch=done, today=TODAY, tell=lambda done, total: None).pdf == done.pdf


def test_pages_and_who_sees_them(company):
    ana = make_user("specialist", company, scope="portfolio")
    letter(company, "Mine", collector=ana)
    letter(company, "Theirs")
    batch = made(company)
    client = Client()
    client.force_login(ana)
    body = client.get(reverse("messaging:letter-batch", args=[batch.pk])).content.decode()
    assert "Mine" in body and "Theirs" not in body
    assert client.get(reverse("messaging:letter-batch-file", args=[batch.pk, "pdf"])).status_code == 404
    assert client.post(reverse("messaging:letter-batch-posted", args=[batch.pk]), {"posted_on": TODAY}).status_code == 404
    client.force_login(make_user("senior", company))
    assert client.get(reverse("messaging:letter-batch-file", args=[batch.pk, "pdf"]))["Content-Type"] == "application/pdf"
    assert client.get(reverse("messaging:letter-file", args=[batch.printed.first().pk])).status_code == 200
    assert client.post(reverse("messaging:letter-batch-printed", args=[batch.pk])).status_code == 302
    assert client.get(reverse("messaging:letters")).status_code == 200
    assert client.post(reverse("messaging:letter-spoil", args=[batch.printed.first().pk]), {"why": "Torn"}).status_code == 302
    assert client.post(reverse("messaging:letters-gather"), {"sides": "one"}).status_code == 302
    assert LetterBatch.objects.filter(duplex=False).count() == 1
    client.force_login(make_user("senior", make_company()))
    assert client.get(reverse("messaging:letter-batch", args=[batch.pk])).status_code == 404
    with pytest.raises(NotAllowed):
        gather_letters(actor=make_user("auditor", company), company=company)
