"""The letter of a rejection: what stands in it, what goes with it, and that nothing a customer wrote is more than words."""

import io
import socket
import threading
import time

import pytest
from pypdf import PdfReader

from arops.lib import pdf
from customers.models import Customer
from disputes.models import CaseText, Dispute
from disputes.services import reopen_dispute
from disputes.services.rejecting import letter_of, letter_pdf
from disputes.services.texts import standard_texts
from disputes.services.ways import SettlementRefused
from messaging.models import Message
from tests.disputes.settling_desk import DAY, bill, contest, make_desk, open_of, settle
from tests.factories import SYSTEM
from workflow.services.attachments import attach

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not pdf.is_available(), reason="no Pango on this machine")]


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def case(desk):
    return contest(desk, bill(desk), customer_words="You billed 800, we agreed 700.", lines={1: 300_00})


def said(content):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_rejected_with_a_letter_and_the_chosen_files(desk, case):
    note = attach(actor=desk.senior, subject=case, kind="delivery", name="note.pdf", content=b"%PDF-1.7 signed")
    attach(actor=desk.senior, subject=case, kind="other", name="ours-alone.pdf", content=b"%PDF-1.7 internal")
    reasons = "Contract C-9 says 800.00 for this work.\nYour site manager signed it on 3 August."
    made = settle(desk.senior, case, "rejected", words=reasons, payload={"attachments": [note.pk]})
    case.refresh_from_db()
    assert (made.state, case.state, case.resolution, case.agreed) == ("done", "rejected", "rejected", 0)
    assert open_of(case.invoice) == 1_080_00
    assert made.message == Message.objects.get() and made.message.recipients == ["pat@acme.example"]
    files = {f.name: bytes(f.content) for f in made.message.attachments.all()}
    assert set(files) == {"claim-DSP-000001.pdf", "note.pdf"}
    letter = said(files["claim-DSP-000001.pdf"])
    for words in (
        "Company US01", "Acme US01", "1 Road", "DSP-000001", "INV-1", "300.00 USD", "You billed 800, we agreed 700.", "Contract C-9 says",
        "site manager signed", "Your purchase order", "work 1", "4 ×", "note.pdf", "proof of delivery",
    ):  # fmt: skip
        assert words in letter, words
    assert "ours-alone" not in letter and "work 2" not in letter


def test_a_letter_without_reasons_is_none(desk, case):
    with pytest.raises(SettlementRefused, match="reasons"):
        settle(desk.senior, case, "rejected", words=" ")


def test_the_company_s_text_goes_with_it_and_each_rejection_has_a_letter_of_its_own(desk, case):
    standard_texts(actor=SYSTEM, company=desk.company)
    settle(desk.senior, case, "rejected", words="It was agreed in May.")
    assert "It was agreed in May." in Message.objects.get().body and CaseText.objects.filter(event="rejected").exists()
    reopen_dispute(actor=desk.senior, dispute=case, version=case.version, today=DAY, reason="they insist")
    settle(desk.senior, case, "rejected", words="It was agreed in May, see the mail.")
    assert Message.objects.count() == 2


def test_in_the_customer_s_language(desk, case):
    Customer.objects.filter(pk=desk.customer.pk).update(language="de")
    case = Dispute.objects.get(pk=case.pk)
    letter = said(letter_pdf(case, "Der Preis wurde vereinbart.", [], DAY))
    assert "Ihr Einwand zu INV-1" in letter and "300,00 USD" in letter and "Sehr geehrte" in letter


def test_w1_html_in_names_and_words_is_text(desk, case):
    Customer.objects.filter(pk=desk.customer.pk).update(name="<script>alert(1)</script> & Söhne")
    Dispute.objects.filter(pk=case.pk).update(customer_words="<b>bold</b><img src=x onerror=alert(1)>")
    letter = said(letter_pdf(Dispute.objects.get(pk=case.pk), "<h1>Reasons</h1> {{ case.owner.password }}", [], DAY))
    for words in (
        "<script>alert(1)</script>",
        "<b>bold</b>",
        "<img src=x onerror=alert(1)>",
        "<h1>Reasons</h1>",
        "{{ case.owner.password }}",
    ):
        assert words in letter, words


def test_w2_line_breaks_and_headers_stay_out_of_the_mail(desk, case):
    made = settle(desk.senior, case, "rejected", words="No.", to_customer="Hello\r\nBcc: everyone@evil.example\r\n\r\nx")
    assert made.message.state == "pending" and made.message.recipients == ["pat@acme.example"]
    assert not {"\r", "\n"} & set(made.message.subject)


def test_w4_the_letter_fetches_nothing_and_opens_no_file(desk, case):
    server = socket.create_server(("127.0.0.1", 0))
    address, called = f"http://127.0.0.1:{server.getsockname()[1]}", []

    def listen():
        server.settimeout(20)
        try:
            called.append(server.accept())
        except OSError:
            return

    ear = threading.Thread(target=listen, daemon=True)
    ear.start()
    trick = f'<img src="{address}/a.png"><link rel=stylesheet href="{address}/a.css"><iframe src="file:///etc/passwd"></iframe>'
    trick += f"<style>@import url({address}/b.css)</style><a rel=attachment href=file:///etc/passwd>x</a>"
    Dispute.objects.filter(pk=case.pk).update(customer_words=trick)
    Customer.objects.filter(pk=desk.customer.pk).update(address=trick)
    begun = time.monotonic()
    made = letter_pdf(Dispute.objects.get(pk=case.pk), trick, [], DAY)
    assert time.monotonic() - begun < 20
    server.close()
    assert not called and b"root:x:" not in made and "/etc/passwd" in said(made)
    assert PdfReader(io.BytesIO(made)).attachments == {}


def test_the_table_says_where_each_figure_stands(desk, case):
    ((title, cells),) = letter_of(case, "No.", [], DAY)["rows"]
    assert title.startswith("1 · work 1") and cells[3].cites[0].words == "INV-1, l. 1" and cells[3].said[-1] == "800.00 USD"
