"""Mailboxes over a real IMAP server: read only, each mail once, none lost, whatever breaks off when."""

import imaplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import InboundMail, Mailbox
from messaging.services import imap, oauth, polling, receiving
from messaging.services.errors import MailboxRefused
from messaging.services.mailboxes import Given, change_mailbox, create_mailbox, try_mailbox
from messaging.services.secrets import unseal
from org.actors import NotAllowed
from org.models import Company
from tests.factories import SYSTEM, make_company, make_user
from tests.lib.test_mails import a_mail
from tests.support.imap import PASSWORD, USER, ImapServer, imap_server
from workflow.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture
def company() -> Company:
    return make_company()


def given(server: ImapServer, **changed: Any) -> Given:
    values = {
        "name": "Remittances", "host": "127.0.0.1", "port": server.port, "security": "none", "username": USER, "password": PASSWORD,
    }  # fmt: skip
    return Given(**{**values, **changed})


def made(server: ImapServer, company: Company, **changed: Any) -> Mailbox:
    """A mailbox that is read from here on: what other tests put in is behind it."""
    mailbox = create_mailbox(actor=SYSTEM, company=company, given=given(server, **changed))
    validity, newest = server.read_up_to()
    Mailbox.objects.filter(pk=mailbox.pk).update(uid_validity=validity, last_uid=newest)
    mailbox.refresh_from_db()
    return mailbox


def poll(mailbox: Mailbox, **later: float) -> int:
    return polling.poll_mailbox(mailbox=Mailbox.objects.get(pk=mailbox.pk), now=timezone.now() + timedelta(**later))


def subjects(company: Company) -> list[str]:
    return list(InboundMail.objects.filter(company=company).order_by("pk").values_list("subject", flat=True))


def test_new_mail_comes_in_once_and_stays_as_it_was(server: ImapServer, company: Company) -> None:
    mailbox = made(server, company)
    for name in ("one", "two"):
        mail = a_mail(Subject=name, **{"Message-ID": f"<{name}@x>"})
        mail.add_attachment(b"ISA*", maintype="application", subtype="octet-stream", filename="advice.edi")
        server.deliver(mail.as_bytes())
    unseen = server.numbers()
    assert poll(mailbox) == 2 and poll(mailbox) == 0
    assert subjects(company) == ["one", "two"]
    assert server.numbers() == unseen, "reading marks nothing"
    mail_row = InboundMail.objects.filter(company=company).latest("pk")
    assert (mail_row.sender, mail_row.state, mail_row.received_by) == ("ap@mueller.example", "new", "system:mailboxes")
    assert [(p.name, bytes(p.stored_file.content)) for p in mail_row.parts.all()] == [("advice.edi", b"ISA*")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_over_a_mail_loses_nothing_and_takes_nothing_twice(
    server: ImapServer, company: Company, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    mailbox = made(server, company)
    server.deliver(a_mail(Subject=f"dies {moment}").as_bytes())
    real = receiving.receive_mail

    def dies(**wanted: Any) -> Any:
        if moment == "after":
            real(**wanted)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(polling, "receive_mail", dies)
        with pytest.raises(KeyboardInterrupt):
            poll(mailbox)
    assert subjects(company) == []
    assert poll(mailbox) == 1
    assert subjects(company) == [f"dies {moment}"]


def test_a_folder_numbered_anew_brings_nothing_twice(server: ImapServer, company: Company) -> None:
    mailbox = made(server, company)
    server.deliver(a_mail(Subject="numbered").as_bytes())
    Mailbox.objects.filter(pk=mailbox.pk).update(uid_validity=7, last_uid=999_999)
    first = poll(mailbox)  # the last weeks are looked through, whatever the numbers were
    known = subjects(company)
    Mailbox.objects.filter(pk=mailbox.pk).update(uid_validity=8, last_uid=999_999)
    assert first and "numbered" in known and poll(mailbox) == 0
    assert subjects(company) == known and Mailbox.objects.get(pk=mailbox.pk).last_uid < 999_999


def test_a_mail_that_can_not_be_read_is_kept_and_stops_no_other(
    server: ImapServer, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = made(server, company)
    server.deliver(b"From: a@b.c\r\nSubject: hurts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 400)
    server.deliver(a_mail(Subject="large").as_bytes() + b"x" * 300_000)
    server.deliver(a_mail(Subject="healthy").as_bytes())
    monkeypatch.setattr(polling, "MAX_BYTES", 200_000)
    assert poll(mailbox) == 3
    hurts, large, healthy = InboundMail.objects.filter(company=company).order_by("pk")
    assert (hurts.state, hurts.note) == ("refused", "the mail has more than 300 parts, or is nested more than 30 deep")
    assert (large.state, large.subject) == ("refused", "large") and "open it in the mailbox" in large.note
    assert healthy.state == "new"


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: ImapServer, company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mailbox = made(server, company, security="starttls")
    assert poll(mailbox) == 0
    assert "certificate of 127.0.0.1 is not trusted" in Mailbox.objects.get(pk=mailbox.pk).error
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    poll(mailbox)
    assert Mailbox.objects.get(pk=mailbox.pk).error == ""


def test_what_is_wrong_is_said_without_the_password_and_not_tried_every_minute(server: ImapServer, company: Company) -> None:
    mailbox = made(server, company, password="wrong-one-123")
    now = timezone.now()
    polling.poll_due(now=now)
    error = Mailbox.objects.get(pk=mailbox.pk).error
    assert "refuses" in error and "wrong-one-123" not in error
    polling.poll_due(now=now + timedelta(minutes=2))
    assert Mailbox.objects.get(pk=mailbox.pk).checked_at == now, "left alone for ten minutes"
    change_mailbox(actor=SYSTEM, mailbox=mailbox, given=given(server))
    polling.poll_due(now=now + timedelta(minutes=3))
    assert Mailbox.objects.get(pk=mailbox.pk).error == ""
    with pytest.raises(MailboxRefused, match="there is no folder Elsewhere"):
        try_mailbox(actor=SYSTEM, mailbox=made(server, company, name="Other", folder="Elsewhere"))


def test_a_password_is_sealed_told_to_nobody_and_sent_nowhere_else(server: ImapServer, company: Company) -> None:
    mailbox = made(server, company)
    assert PASSWORD not in mailbox.secret and unseal(mailbox.secret) == PASSWORD
    assert all(PASSWORD not in str(event.data) for event in Event.objects.filter(type__startswith="mailbox."))
    with pytest.raises(MailboxRefused, match="enter the password again"):
        change_mailbox(actor=SYSTEM, mailbox=mailbox, given=given(server, host="evil.example", password=""))
    for role in ("specialist", "supervisor"):
        with pytest.raises(NotAllowed):
            create_mailbox(actor=make_user(role, company), company=company, given=given(server))


def test_without_encryption_only_the_own_network_is_spoken_to(
    company: Company, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = made(server, company)
    monkeypatch.setattr(imap.socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 143))])
    with pytest.raises(MailboxRefused, match="use TLS"):
        try_mailbox(actor=SYSTEM, mailbox=mailbox)


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1"])
def test_where_no_mail_server_is_nobody_connects(
    company: Company, server: ImapServer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    mailbox = made(server, company, security="tls")
    monkeypatch.setattr(imap.socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", (address, 143))])
    monkeypatch.setattr(imap, "_greeted", lambda *_: pytest.fail("connected"))
    with pytest.raises(MailboxRefused, match="no address of a mail server"):
        try_mailbox(actor=SYSTEM, mailbox=mailbox)


def test_what_another_service_says_is_not_told_on(company: Company, server: ImapServer) -> None:
    def speak(other: socket.socket) -> None:
        with other.accept()[0] as caller:
            caller.sendall(b"-ERR secret of another service\r\n")

    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=speak, args=[other], daemon=True).start()
        mailbox = made(server, company, port=other.getsockname()[1])
        with pytest.raises(MailboxRefused, match="answer as IMAP servers do") as refused:
            try_mailbox(actor=SYSTEM, mailbox=mailbox)
    assert "secret" not in str(refused.value)
    with pytest.raises(MailboxRefused, match="on one line"):
        made(server, company, username="a\r\nA1 DELETE INBOX")


def test_the_page_sets_a_mailbox_up_and_tries_it_out(client: Client, server: ImapServer, company: Company) -> None:
    client.force_login(make_user("administrator", company))
    typed = {
        "company": company.pk, "name": "Remittances", "host": "127.0.0.1", "port": server.port, "security": "none", "username": USER,
        "password": PASSWORD, "folder": "INBOX", "is_active": "on",
    }  # fmt: skip
    shown = client.post(reverse("messaging:mailbox-new"), typed, follow=True).content.decode()
    assert "Remittances is set up. Connected to 127.0.0.1" in shown and PASSWORD not in shown
    mailbox = Mailbox.objects.get(company=company)
    changed = client.post(reverse("messaging:mailbox", args=[mailbox.pk]), {**typed, "port": 9, "password": ""})
    assert changed.status_code == 422 and "enter the password again" in changed.content.decode().lower()
    shown = client.post(reverse("messaging:mailbox", args=[mailbox.pk]), {**typed, "port": 9}, follow=True).content.decode()
    assert "t be reached: Connection refused" in shown
    assert client.post(reverse("messaging:mailbox-soon", args=[mailbox.pk])).status_code == 302
    assert Mailbox.objects.get(pk=mailbox.pk).checked_at is None


def test_microsoft_takes_a_token_that_is_fetched_and_kept_sealed(
    company: Company, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refresh token goes to the provider alone; a new one is kept; the server is shown the access token, in the words of XOAUTH2."""
    mailbox = made(server, company, sign_in="microsoft", security="starttls", client_id="app", password="refresh-1")
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    asked: list[tuple[str, dict[str, str]]] = []
    answer: dict[str, str] = {"access_token": "access-1", "refresh_token": "refresh-2"}
    shown: list[bytes | None] = []
    monkeypatch.setattr(oauth, "_asked", lambda url, fields: (asked.append((url, fields)), answer)[1])
    monkeypatch.setattr(imaplib.IMAP4, "authenticate", lambda self, name, words: (shown.append(words(b"")), self.login(USER, PASSWORD)))
    try_mailbox(actor=SYSTEM, mailbox=mailbox)
    assert asked[0][0] == "https://login.microsoftonline.com/common/oauth2/v2.0/token" and asked[0][1]["refresh_token"] == "refresh-1"
    assert shown == [f"user={USER}\x01auth=Bearer access-1\x01\x01".encode()]
    assert unseal(Mailbox.objects.get(pk=mailbox.pk).secret) == "refresh-2"
    answer.clear()
    with pytest.raises(MailboxRefused, match="gave no access token"):
        try_mailbox(actor=SYSTEM, mailbox=mailbox)
    with pytest.raises(MailboxRefused, match="client ID"):
        made(server, company, name="Other", sign_in="google", security="tls")


def test_a_consent_that_is_over_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def provider(listening: socket.socket) -> None:
        with listening.accept()[0] as caller:
            caller.recv(4096)
            body = b'{"error": "invalid_grant", "error_description": "secret words"}'
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=provider, args=[listening], daemon=True).start()
        with pytest.raises(MailboxRefused, match="give the consent again") as refused:
            oauth._asked(f"http://127.0.0.1:{listening.getsockname()[1]}/token", {"refresh_token": "r"})
    assert "secret words" not in str(refused.value)


@pytest.mark.parametrize("way", ["silent", "dripping"])
def test_a_server_that_says_nothing_is_left_in_time(
    company: Company, server: ImapServer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def speak(other: socket.socket) -> None:
        with other.accept()[0] as caller, suppress(OSError):
            caller.sendall(b"* OK IMAP4rev1 ready\r\n")
            while way == "dripping":
                caller.sendall(b"* OK wait\r\n")
                time.sleep(0.05)
            time.sleep(5)

    monkeypatch.setattr(imap, "TIMEOUT", 0.3)
    monkeypatch.setattr(imap, "LONGEST", 0.4 if way == "dripping" else 60)
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=speak, args=[other], daemon=True).start()
        mailbox = made(server, company, port=other.getsockname()[1])
        begun = time.monotonic()
        assert poll(mailbox) == 0 and time.monotonic() - begun < 4
    words = "took longer than 0.4 seconds" if way == "dripping" else "answer within 0.3 seconds"
    assert words in Mailbox.objects.get(pk=mailbox.pk).error


def test_a_mail_deleted_on_the_server_meanwhile_stops_nothing(
    server: ImapServer, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = made(server, company)
    for name in ("goes", "stays"):
        server.deliver(a_mail(Subject=name).as_bytes())
    gone = mailbox.last_uid + 1
    monkeypatch.setattr(imap.Folder, "size", lambda self, uid: None if uid == gone else 100)
    assert poll(mailbox) == 1 and subjects(company) == ["stays"] and poll(mailbox) == 0
