"""E-mails from outside: what they say, what comes with them, and that hostile ones end soon."""

import struct
import time
import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest

from arops.lib.reading import ReadError
from arops.lib.reading.html import text_of
from arops.lib.reading.mail import read
from arops.lib.reading.tnef import unpack


def a_mail(**changed: str) -> EmailMessage:
    mail = EmailMessage()
    heads = {
        "From": "Müller & Söhne <ap@mueller.example>", "To": "cash@seller.example", "Subject": "Zahlungsavis – 4711",
        "Date": "Fri, 19 Feb 2027 10:00:00 +0100", "Message-ID": "<a1@mueller.example>",
    }  # fmt: skip
    for name, value in {**heads, **changed}.items():
        mail[name] = value
    mail.set_content("We paid INV-1001.\n")
    return mail


def with_html(mail: EmailMessage, html: str) -> EmailMessage:
    mail.add_alternative(html, subtype="html")
    return mail


def test_headers_words_and_files_with_safe_names() -> None:
    mail = with_html(
        a_mail(), "<style>x{}</style><p>We paid</p><table><tr><th>Invoice<th>Paid</tr><tr><td>INV-1001<td><p>10.00</p></table>"
    )
    mail.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="../../etc/Ä vis\x00.csv")
    found = read(mail.as_bytes())
    assert (found.sender, found.subject, found.message_id) == ("ap@mueller.example", "Zahlungsavis – 4711", "<a1@mueller.example>")
    assert (found.sent_at, found.body) == ("2027-02-19T09:00:00+00:00", "We paid INV-1001.")
    assert found.table == "We paid\nInvoice\tPaid\nINV-1001\t10.00"
    assert [(a.name, a.data) for a in found.attachments] == [("Ä vis.csv", b"a,b\n")]


def test_a_mail_counts_once_whatever_its_way_added() -> None:
    """X6: the copy of a colleague's mailbox, with other Received lines and line ends, is the same mail; another mail isn't."""
    plain = a_mail().as_bytes()
    other_way = b"Received: from a by b\r\nX-Spam: no\r\nDelivered-To: x@y\r\n" + plain.replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert read(other_way).key == read(plain).key
    assert read(a_mail(Subject="another").as_bytes()).key != read(plain).key
    assert read(plain.replace(b"INV-1001", b"INV-1002")).key != read(plain).key


def test_forwarded_mails_and_archives_are_opened_logos_and_signatures_are_not_files() -> None:
    inner = a_mail()
    inner.add_attachment(b"ISA*", maintype="application", subtype="octet-stream", filename="advice.edi")
    outer = a_mail(Subject="FW: advice")
    outer.add_attachment(inner)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("folder/list.csv", "Invoice,Paid\n")
    outer.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="advices.zip")
    outer.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", cid="<logo>")
    outer.add_attachment(b"x", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    outer.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    found = read(outer.as_bytes())
    assert [a.name for a in found.attachments] == ["advice.edi", "advices.zip/list.csv"]
    assert found.notes == ("Outlook packed the attachments into winmail.dat, which can't be read: ask for them as plain attachments",)


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b.c\nContent-Type: text/plain; charset=no-such\nContent-Transfer-Encoding: base64\n\n%%%",
        b"From: =?utf-8?b?=FF=?= <a@b.c>\nSubject: =?x?q?" + b"=" * 3000 + b"?=\nDate: 99 Nov 9999 99:99\n\nx",
        b"From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment; filename*0*=a'b'%\n\n\xff\n",
        b"From: a@b.c\nSubject: x\x00y\n\nz\x00\x01",
    ],
    ids=["unknown charset", "broken words", "broken names", "controls"],
)
def test_what_is_broken_is_read_as_well_as_can_be(data: bytes) -> None:
    found = read(data)
    assert found.sender == "a@b.c" and "\x00" not in found.subject + found.body


def nested(depth: int) -> bytes:
    opens = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"From: a@b.c\n" + opens + b"\nend\n"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"just words, no mail", b"PK\x03\x04" + b"\x00" * 50, nested(60), nested(400),
        b"From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 400,
    ],
    ids=["nothing", "words", "an archive", "deep", "very deep", "endless parts"],
)  # fmt: skip
def test_what_is_no_mail_or_built_to_hurt_is_refused_at_once(data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(ReadError):
        read(data)
    assert time.monotonic() - started < 2


def test_html_that_is_none_still_becomes_text() -> None:
    assert text_of("<script>alert(1)</script>a<br>b &amp; c<div><![x<unfinished").startswith("a\nb & c")
    assert text_of("<td>" * 5000).strip() == ""
    assert text_of("a<!-- b --><p>c" + "<!--" * 1_000_000) == "a\nc" and text_of("<?" * 1_000_000).startswith("?")  # at once


def tnef(*files: tuple[str, bytes]) -> bytes:
    """A winmail.dat as Outlook writes it: a message's attribute, then each file's."""

    def attribute(level: int, name: int, value: bytes) -> bytes:
        return struct.pack("<BII", level, name, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    made = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, b"\x00\x00\x01\x00")
    for name, content in files:
        long = name.encode("utf-16-le") + b"\x00\x00"
        properties = struct.pack("<IHHII", 1, 0x001F, 0x3707, 1, len(long)) + long
        made += attribute(2, 0x00069002, b"\x01\x00" + b"\x00" * 12) + attribute(2, 0x00018010, b"SHORT.PDF\x00")
        made += attribute(2, 0x0006800F, content) + attribute(2, 0x00069005, properties)
    return made


def test_outlooks_package_is_opened_as_far_as_it_goes() -> None:
    mail = a_mail()
    packed = tnef(("Lieferschein Ü.pdf", b"%PDF-1.7"), ("../b.csv", b"a,b"))
    mail.add_attachment(packed, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    found = read(mail.as_bytes())
    assert [(a.name, a.data) for a in found.attachments] == [("Lieferschein Ü.pdf", b"%PDF-1.7"), ("b.csv", b"a,b")]
    assert not found.notes and all(unpack(packed[:n]) is not None for n in range(6, len(packed), 7))


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("windows-1252", "Überweisung über 5 € – “morgen”"), ("iso-2022-jp", "請求書の写しを送ってください"), ("koi8-r", "счёт оплачен"),
        ("gb18030", "发票"),
    ],
)  # fmt: skip
def test_words_in_the_charsets_of_the_world(charset: str, words: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@b.example", words
    mail.set_content(words, charset=charset)
    found = read(mail.as_bytes())
    assert (found.subject, found.body) == (words, words)
    raw = f"From: a@b.example\nSubject: x\nContent-Type: text/plain; charset={charset}\n\n".encode() + words.encode(charset)
    assert read(raw).body == words


def test_what_a_mail_passes_on_stands_under_its_own_heading_and_an_invitation_is_told() -> None:
    outer, inner = a_mail(Subject="Your letter"), a_mail(From="ar@us.example", Subject="Reminder")
    inner.set_content("Please pay by Friday.")
    outer.add_attachment(inner)
    calendar = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Account\n  review\nDTSTART;TZID=Europe/Berlin:20270302T140000\n"
        "LOCATION:Room 4\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    outer.add_attachment(calendar.encode(), maintype="text", subtype="calendar", filename="invite.ics")
    found = read(outer.as_bytes())
    assert "---------- Forwarded message ----------\nFrom: ar@us.example" in found.body
    assert found.body.index("We paid") < found.body.index("Forwarded") < found.body.index("Please pay")
    assert found.notes == ("Invitation: Account review, 2027-03-02 14:00, Room 4",) and not found.attachments
