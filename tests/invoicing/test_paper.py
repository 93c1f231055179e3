"""The paper: what stands on it, pages that hold many lines, the letterhead; and nothing in it that fetches or attaches anything."""

import base64
import io
import socket
import threading
import time
import zlib
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from arops.lib import pdf
from customers.models import Customer
from invoicing.einvoice import read
from invoicing.models import Invoice, InvoiceLine, Letterhead
from invoicing.services.letterheads import LetterheadRefused, contrast_with_white, set_letterhead
from invoicing.services.paper import invoice_factur_x, invoice_pdf
from org.actors import NotAllowed
from tests.factories import SYSTEM, make_user
from tests.invoicing.sent import DAY, bill, make_buyer, make_seller

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not pdf.is_available(), reason="no Pango on this machine")]
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def company():
    return make_seller()


def text_of(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_an_invoice_says_what_it_is_what_is_due_where_to_pay_and_by_which_reference(company):
    customer = make_buyer(company)
    said = text_of(invoice_pdf(bill(customer, "INV-1", ("Work", "2", "50", "DE19", "19"), ("Book", "3", "10", "DE7", "7"), order="SO-9")))
    for words in (
        "Invoice INV-1", "Kunde AG", "10115 Berlin", "PO-77", "SO-9", "Umsatzsteuer 19 %", "of 100.00", "Umsatzsteuer 7 %", "151.10",
        "DE89 3704 0044 0532 0130 00", "RF47 INV1", "20 October 2026", "Remittance slip",
        "VAT id DE129273398", "Page 1 of 1", "your line 20",
    ):  # fmt: skip
        assert words in said, words
    assert "Copy" not in said and "COPY" in text_of(invoice_pdf(Invoice.objects.get(), copy=True)).upper()


def test_retainage_and_discount_are_shown_and_a_credit_memo_asks_for_no_money(company):
    customer = make_buyer(company)
    held = text_of(invoice_pdf(bill(customer, "INV-1", retainage="19.00", payment_terms="2/10 net 30")))
    assert "Retainage" in held and "Payable now EUR" in held and "100.00" in held and "may be deducted" in held
    memo = text_of(invoice_pdf(bill(customer, "CM-1", kind="credit_memo", refers_to="INV-1", reason="price")))
    assert "This credits invoice INV-1" in memo and "Remittance slip" not in memo and "credited to your account" in memo


def test_factur_x_is_a_pdf_a_with_its_own_xml_inside(company):
    made = PdfReader(io.BytesIO(invoice_factur_x(bill(make_buyer(company), "INV-1"))))
    assert list(made.attachments) == ["factur-x.xml"]
    found = read(made.attachments["factur-x.xml"][0])
    assert (found["BT-1"], Decimal(found["BT-112"])) == ("INV-1", Decimal("119.00"))
    assert made.trailer["/Root"]["/OutputIntents"] and "Invoice INV-1" in made.pages[0].extract_text()


def test_many_lines_are_laid_out_within_bounds(company):
    customer = make_buyer(company)
    invoice = bill(customer, "INV-1", *[(f"Part {n}", "1", "1", "DE19", "19") for n in range(300)])
    started = time.monotonic()
    made = PdfReader(io.BytesIO(invoice_pdf(invoice)))
    assert time.monotonic() - started < 60 and 6 < len(made.pages) < 20
    assert f"Page {len(made.pages)} of {len(made.pages)}" in made.pages[-1].extract_text()


class Trap:
    """A port on the loopback that counts who knocks."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.knocks = self.socket.getsockname()[1], 0
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.knocks += 1


def test_nothing_that_anybody_writes_fetches_or_attaches_anything(company):
    """W1, W2: markup in every text is text; the paper's fetcher takes nothing but data."""
    trap = Trap()
    evil = (
        f'<link rel=attachment href="file:///etc/passwd"><img src="http://127.0.0.1:{trap.port}/a"><style>@import "http://127.0.0.1:'
        f'{trap.port}/b";body{{background:url(http://127.0.0.1:{trap.port}/c)}}</style><svg><image href="http://127.0.0.1:{trap.port}/d"/></svg>'
    )
    customer = make_buyer(company, "Evil & Sons", address=f"{evil}\n10115 Berlin", tax_id="DE1")
    Letterhead.objects.create(company=company, footer=evil[:300], payment_note=evil[:300], accent="#123456")
    invoice = bill(customer, "INV-1", (evil[:300], "1", "1", "DE19", "19"), po_number=evil[:60], buyer_reference=evil[:60], order=evil[:80])
    made = PdfReader(io.BytesIO(invoice_pdf(invoice)))
    assert list(made.attachments) == [] and trap.knocks == 0
    assert "rel=attachment" in "".join(page.extract_text() for page in made.pages)
    page = f"<body><img src='http://127.0.0.1:{trap.port}/x'><link rel=attachment href='file:///etc/passwd'>{evil}</body>"
    made = PdfReader(io.BytesIO(pdf.from_html(page, f"@import 'http://127.0.0.1:{trap.port}/y';")))
    assert list(made.attachments) == [] and trap.knocks == 0


def picture(width, height):
    """A PNG that says it is that large."""
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    return PNG[:8] + (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big") + PNG[33:]


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "neither a PNG nor a JPEG"),
        (b"%PDF-1.7", "neither a PNG nor a JPEG"), (PNG[:30], "neither a PNG nor a JPEG"), (b"x" * 400_000, "larger than 300 kB"),
        (picture(3_000, 3_000), "points"), (b"GIF89a" + b"\x00" * 20, "neither a PNG nor a JPEG"),
    ],
)  # fmt: skip
def test_a_logo_is_a_small_picture_of_points(company, logo, said):
    with pytest.raises(LetterheadRefused, match=said):
        set_letterhead(actor=SYSTEM, company=company, accent="#123456", footer="", payment_note="", logo=logo)


def test_a_colour_is_one_and_can_be_read():
    assert round(contrast_with_white("#ffffff")) == 1 and contrast_with_white("#1d4ed8") > 6


def test_an_administrator_sets_the_letterhead_and_sees_a_sample(company):
    admin, clerk, other = (
        make_user("administrator", company),
        make_user("specialist", company),
        make_user("administrator", make_seller("X2")),
    )
    client, url = Client(), reverse("invoicing:letterhead", args=[company.pk])
    client.force_login(admin)
    data = {"accent": "#7a1f3d", "footer": "Thank you", "payment_note": "", "logo": io.BytesIO(PNG)}
    data["logo"].name = "logo.png"
    assert client.post(url, data).status_code == 302
    head = Letterhead.objects.get()
    assert (head.accent, head.footer, head.logo.content_type) == ("#7a1f3d", "Thank you", "image/png")
    page = client.get(url).content.decode()
    assert "data:image/png;base64," in page and "#7a1f3d" in page and "INV-SAMPLE" in page and "Thank you" in page
    assert client.get(reverse("invoicing:letterhead-pdf", args=[company.pk])).content.startswith(b"%PDF")
    assert client.post(url, {"accent": "#fafafa"}).status_code == 422 and client.post(url, {"accent": "red"}).status_code == 422
    assert client.post(url, {"accent": "#7a1f3d", "remove_logo": "on"}).status_code == 302
    assert Letterhead.objects.get().logo is None
    assert client.get(reverse("invoicing:letterheads")).status_code == 200
    for person, answer in ((clerk, 403), (other, 404)):
        client.force_login(person)
        assert client.get(url).status_code == answer
    with pytest.raises(NotAllowed):
        set_letterhead(actor=clerk, company=company, accent="#123456", footer="", payment_note="")


def test_what_lacks_for_an_e_invoice_is_told_on_a_page(company):
    customer = make_buyer(company, country="")
    invoice = bill(customer, "INV-1")
    client = Client()
    client.force_login(make_user("specialist", company))
    answer = client.get(reverse("invoicing:xml", args=[invoice.pk, "ubl"]))
    assert answer.status_code == 422 and "has no country: enter it on the customer" in answer.content.decode()
    Customer.objects.update(country="DE")
    for syntax, kind in (("ubl", "application/xml"), ("cii", "application/xml"), ("factur-x", "application/pdf")):
        answer = client.get(reverse("invoicing:xml", args=[invoice.pk, syntax]))
        assert answer.status_code == 200 and answer["Content-Type"] == kind and "attachment" in answer["Content-Disposition"]
    assert InvoiceLine.objects.count() == 1
