"""Files beside records: what they are decides, who sees the record sees them, a scanner is asked where one is set."""

import io
import socket
import struct
import threading
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from arops.lib.clamd import Infected, ScannerAway
from arops.lib.sniffing import NotTaken, proper_name, sniff
from org.actors import NotAllowed
from tests.factories import make_company, make_customer, make_user
from workflow.models import Attachment, Event, StoredFile
from workflow.services.attachments import AttachmentError, attach, files_of, remove_attachment

PDF = b"%PDF-1.7\n%%EOF"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def packed(*names: str, **first: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in first.items():
            archive.writestr(name, body)
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


TAKEN = {
    "application/pdf": PDF, "image/png": b"\x89PNG\r\n\x1a\n....", "image/jpeg": b"\xff\xd8\xff\xe0..", "image/gif": b"GIF89a..",
    "image/tiff": b"II*\x00....", "image/webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/heic": b"\x00\x00\x00\x18ftypheic",
    "application/x-ole-storage": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "application/rtf": b"{\\rtf1 x}",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": packed("[Content_Types].xml", "word/document.xml"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": packed("[Content_Types].xml", "xl/workbook.xml"),
    "application/vnd.oasis.opendocument.text": packed("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
    "text/plain": "Grüße, 3 < 4 and <none>".encode(), "application/xml": b"<?xml version='1.0'?><Invoice><ID>1</ID></Invoice>",
    "message/rfc822": b"From: a@b.example\r\nDate: Mon, 1 Sep 2026 10:00:00 +0000\r\nSubject: x\r\n\r\n<html>hello</html>",
}  # fmt: skip
REFUSED = {
    "empty": b"", "a Windows program": b"MZ\x90\x00", "a program": b"\x7fELF\x02", "a script": b"#!/bin/sh\nrm",
    "an archive": packed("a.txt"), "gzip": b"\x1f\x8b\x08..", "page": b"<html><script>alert(1)</script></html>",
    "page later": b"hello\n<ScRiPt src=x></script>", "page by doctype": b"\xef\xbb\xbf  <!DOCTYPE html><title>x</title>",
    "utf-16 page": "<html><script>1</script></html>".encode("utf-16"),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "svg in xml": b'<a><s:svg xmlns:s="http://www.w3.org/2000/svg"/></a>',
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "style sheet": b'<?xml-stylesheet href="x"?><a/>', "broken xml": b"<a><b></a>",
    "macros": packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "broken zip": b"PK\x03\x04broken",
    "binary": bytes(range(256)) * 4, "mhtml": b"From: <Saved by Blink>\r\nSnapshot-Content-Location: x\r\nDate: x\r\n\r\n<html><script>1",
    "svg behind a comment": b"<!-- x --><svg/>", "nul": b"a\x00b",
}  # fmt: skip


@pytest.mark.parametrize("kind", TAKEN)
def test_what_a_file_is(kind):
    assert sniff(TAKEN[kind]).content_type == kind


@pytest.mark.parametrize("what", REFUSED)
def test_what_runs_or_draws_or_hides_is_not_kept(what):
    with pytest.raises(NotTaken):
        sniff(REFUSED[what])


def test_names_end_as_their_files_are():
    pdf = sniff(PDF)
    assert proper_name("..\\..\\C:\\x/invoice.exe", pdf) == "invoice.exe.pdf"
    assert proper_name("Angebot\r\nSet-Cookie: x.PDF", pdf) == "AngebotSet-Cookie: x.PDF"
    assert proper_name("", pdf) == "file.pdf" and proper_name("a.csv", sniff(b"a,b")) == "a.csv"
    assert len(proper_name("x" * 500, pdf)) <= 255


@pytest.fixture
def world(db):
    company = make_company("US01")
    return company, make_customer(company, "Nordwind"), make_user("specialist", company)


def put(world, content=PDF, name="w9.pdf", **fields):
    _, customer, user = world
    return attach(actor=user, subject=customer, kind="certificate", name=name, content=content, **fields)


def test_kept_once_by_content_and_removed_for_the_eye_alone(world):
    company, customer, user = world
    first = put(world)
    assert put(world).pk == first.pk, "the same file twice is one"
    renamed = put(world, name="copy.pdf")
    assert renamed.pk != first.pk and renamed.file_id == first.file_id, "by content"
    remove_attachment(actor=user, subject=customer, attachment=first)
    remove_attachment(actor=user, subject=customer, attachment=first)
    first.refresh_from_db()
    assert first.removed_by == user.label and first.removed_at and StoredFile.objects.get(pk=first.file_id).size == len(PDF)
    shown = files_of(user, customer)
    assert [row.name for row in shown.rows] == ["copy.pdf"] and shown.removed == 1 and shown.may_edit
    told = Event.objects.filter(subject_type="customers.customer", type__startswith="attachment.").order_by("pk")
    assert [e.type for e in told] == ["attachment.added", "attachment.added", "attachment.removed"]
    with pytest.raises(AttachmentError, match="another record"):
        remove_attachment(actor=user, subject=make_customer(company), attachment=renamed)


def test_size_kind_and_right(world, settings):
    company, customer, user = world
    settings.ATTACHMENT_MAX_BYTES = 20
    with pytest.raises(AttachmentError, match="larger"):
        put(world, content=PDF + b"x" * 20)
    with pytest.raises(AttachmentError, match="what the file is"):
        attach(actor=user, subject=customer, kind="spell", name="a.pdf", content=PDF)
    for role in ("auditor", "collaborator", "sales", "administrator"):
        with pytest.raises(NotAllowed):
            attach(actor=make_user(role, company), subject=customer, kind="other", name="a.pdf", content=PDF)
    portfolio = make_user("specialist", company, scope="portfolio")
    with pytest.raises(NotAllowed):
        attach(actor=portfolio, subject=customer, kind="other", name="a.pdf", content=PDF)
    assert not Attachment.objects.exists()


def test_on_the_page(client, world):
    company, customer, user = world
    client.force_login(user)
    panel = reverse("workflow:attachments", args=["customers.customer", customer.pk])
    sent = {"file": SimpleUploadedFile("w9.pdf", PDF, "text/html"), "kind": "certificate", "note": "signed", "next": "/customers/"}
    answer = client.post(panel, sent)
    assert answer.status_code == 302 and answer["Location"] == "/customers/"
    evil = {
        "file": SimpleUploadedFile("x.pdf", b"<html><script>1</script>", "application/pdf"),
        "kind": "other",
        "next": "//evil.example/x",
    }
    refused = client.post(panel, evil, follow=False)
    assert refused["Location"] == reverse("customers:detail", args=[customer.pk]) and Attachment.objects.count() == 1
    by_htmx = client.post(panel, {"kind": "other"}, headers={"HX-Request": "true"})
    assert by_htmx.status_code == 422 and b"choose a file first" in by_htmx.content
    file = Attachment.objects.get()
    got = client.get(reverse("workflow:attachment", args=[file.pk]))
    assert got.content == PDF and got["Content-Type"] == "application/pdf" and got["Content-Disposition"].startswith("attachment;")
    assert got["X-Content-Type-Options"] == "nosniff" and "sandbox" in got["Content-Security-Policy"]
    client.force_login(make_user("auditor", company))
    assert client.get(reverse("workflow:attachment", args=[file.pk])).status_code == 200
    assert client.post(reverse("workflow:attachment-remove", args=[file.pk])).status_code == 403
    client.force_login(make_user("specialist", make_company("XX01")))
    for address in (reverse("workflow:attachment", args=[file.pk]), panel, reverse("workflow:attachments", args=["org.user", user.pk])):
        assert client.get(address).status_code == 404
    assert client.post(reverse("workflow:attachment-remove", args=[file.pk])).status_code == 404
    client.force_login(user)
    assert client.post(reverse("workflow:attachment-remove", args=[file.pk]), headers={"HX-Request": "true"}).status_code == 200
    assert client.get(reverse("workflow:attachment", args=[file.pk])).status_code == 404


class Scanner(threading.Thread):
    """A clamd that knows one virus: INSTREAM over a unix socket, as clamd's manual describes it."""

    def __init__(self, path: Path, says: bytes = b"") -> None:
        super().__init__(daemon=True)
        self.says, self.seen = says, []
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.line.bind(str(path))
        self.line.listen()
        self.start()

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.line.accept()
            except OSError:
                return
            with caller, caller.makefile("rb") as read:
                assert read.read(10) == b"zINSTREAM\0"
                body = b""
                while size := struct.unpack("!I", read.read(4))[0]:
                    body += read.read(size)
                self.seen.append(body)
                caller.sendall(self.says or (b"stream: Eicar-Signature FOUND\0" if EICAR in body else b"stream: OK\0"))


@pytest.fixture
def scanner(tmp_path_factory, settings):
    # A socket's path has little room: not the test's own long directory.
    path = tmp_path_factory.mktemp("av") / "clamd"
    made = Scanner(path)
    settings.CLAMD_SOCKET, settings.CLAMD_REQUIRED = str(path), True
    yield made
    made.line.close()


def test_a_scanner_is_asked(world, scanner):
    assert put(world).scan == "clean"
    with pytest.raises(Infected, match="Eicar-Signature"):
        put(world, content=b"a text with " + EICAR + b" in it" * 30_000, name="a.txt")
    assert Attachment.objects.count() == 1 and StoredFile.objects.count() == 1
    assert [len(body) for body in scanner.seen] == [len(PDF), 12 + len(EICAR) + 180_000], "whole, in several chunks"


def test_a_scanner_that_is_away_or_mad_refuses(world, scanner, settings):
    scanner.says = b"INSTREAM size limit exceeded. ERROR\0"
    with pytest.raises(ScannerAway, match="size limit"):
        put(world)
    for address in ("/nowhere/clamd", "scanner.example:3310", "127.0.0.1:1"):
        settings.CLAMD_SOCKET = address
        with pytest.raises(ScannerAway):
            put(world)
    settings.CLAMD_REQUIRED = False
    assert put(world).scan == "none"
