"""Reading a mailbox over IMAP (RFC 9051, 3501): only ever reading. Nothing is deleted, moved or marked, so what we do can lose no mail.

The server's certificate is verified against the machine's authorities (SSL_CERT_FILE adds one's own). Without encryption a
server is spoken to on the own network only, for a password must not cross others' in the clear.
"""

import imaplib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from messaging.models import Mailbox
from messaging.services.errors import MailboxRefused
from messaging.services.oauth import access_token, sasl
from messaging.services.secrets import unseal

TIMEOUT = 20.0
"""Seconds that a server may take to answer."""
LONGEST = 300.0
"""Seconds that one look into a mailbox may take, however a server drags on: what is left is the next look's."""

_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]+)")


class Folder:
    """The folder of a mailbox, open for reading."""

    def __init__(self, imap: imaplib.IMAP4, uid_validity: int) -> None:
        self.imap = imap
        self.uid_validity = uid_validity

    def after(self, uid: int) -> list[int]:
        """The numbers of mails above this one, in their order. (`n:*` answers with the last mail even where it is below n.)"""
        found = _said(self.imap.uid("SEARCH", f"UID {uid + 1}:*"))
        return sorted(number for number in map(int, b" ".join(found).split()) if number > uid)

    def since(self, day: date) -> list[int]:
        """The numbers of mails that came in on that day or later. Months have English names in IMAP, whatever the machine speaks."""
        months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
        found = _said(self.imap.uid("SEARCH", f"SINCE {day.day}-{months[day.month - 1]}-{day.year}"))
        return sorted(map(int, b" ".join(found).split()))

    def size(self, uid: int) -> int | None:
        """Bytes of a mail; None when it is gone."""
        for part in _said(self.imap.uid("FETCH", str(uid), "(UID RFC822.SIZE)")):
            if found := _SIZE.search(part):
                return int(found[1])
        return None

    def fetch(self, uid: int, *, headers_only: bool = False) -> bytes | None:
        """The bytes of a mail, which stays unread; None when it is gone."""
        status, answer = self.imap.uid("FETCH", str(uid), "(BODY.PEEK[HEADER])" if headers_only else "(BODY.PEEK[])")
        if status != "OK":
            raise MailboxRefused(f"the server doesn't give out mail {uid}")
        return next((bytes(part[1]) for part in answer if isinstance(part, tuple) and len(part) > 1), None)


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[Folder]:
    """The mailbox's folder, read-only. Raises MailboxRefused, in words that say what to mend and never quote the password."""
    late = threading.Event()
    try:
        secret = _secret_of(mailbox)
        imap = _connect(mailbox, late)
        try:
            _log_in(imap, mailbox, secret)
            yield _select(imap, mailbox.folder)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                imap.logout()
            with suppress(OSError):
                imap.shutdown()
    except ssl.SSLCertVerificationError as error:
        raise MailboxRefused(f"the certificate of {mailbox.host} is not trusted: {error.verify_message}") from None
    except TimeoutError:
        raise MailboxRefused(f"{mailbox.host} doesn't answer within {TIMEOUT:g} seconds") from None
    except (imaplib.IMAP4.abort, OSError) as error:
        if late.is_set():
            raise MailboxRefused(f"{mailbox.host} took longer than {LONGEST:g} seconds: the rest is read next time") from None
        if isinstance(error, imaplib.IMAP4.abort):
            raise MailboxRefused(f"{mailbox.host} broke the connection off: what is left is read next time") from None
        raise MailboxRefused(f"{mailbox.host}:{mailbox.port} can't be reached: {error.strerror or error}"[:280]) from None
    except imaplib.IMAP4.error as error:
        said = str(error).removeprefix("b'").strip("'\"")
        said = said.replace(secret, "…") if secret else said  # never what was shown to it
        raise MailboxRefused(f"{mailbox.host} refuses: {said}"[:280]) from None
    except UnicodeError:
        raise MailboxRefused("user name, password and folder are written in plain ASCII in IMAP") from None


def _secret_of(mailbox: Mailbox) -> str:
    """What is shown to the server: the password, or an access token."""
    if mailbox.sign_in != Mailbox.SignIn.PASSWORD:
        return access_token(mailbox)
    return unseal(mailbox.secret) if mailbox.secret else ""


def _log_in(imap: imaplib.IMAP4, mailbox: Mailbox, secret: str) -> None:
    if mailbox.sign_in == Mailbox.SignIn.PASSWORD:
        imap.login(mailbox.username, secret)
    else:  # after a refusal the server explains, and waits for an empty line
        words = iter([sasl(mailbox, secret)])
        imap.authenticate("XOAUTH2", lambda _: next(words, b""))


class _InTime:
    """Hangs up when all of it takes too long, though something comes now and then; `late` says that this was why."""

    def __init__(self, late: threading.Event, *where: Any, **more: Any) -> None:
        self.late = late
        super().__init__(*where, **more)

    def open(self, *where: Any, **more: Any) -> None:
        """Connect, and let the time run."""
        imap: Any = super()
        imap.open(*where, **more)
        self.timer = threading.Timer(LONGEST, self.hang_up)
        self.timer.daemon = True
        self.timer.start()

    def hang_up(self) -> None:
        """End the connection from this side."""
        self.late.set()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]

    def shutdown(self) -> None:
        """Close it."""
        self.timer.cancel()
        imap: Any = super()
        imap.shutdown()


class _Plain(_InTime, imaplib.IMAP4):
    pass


class _Tls(_InTime, imaplib.IMAP4_SSL):
    pass


def _connect(mailbox: Mailbox, late: threading.Event) -> imaplib.IMAP4:
    """A connection that hasn't logged in yet: to a place where a mail server may be, and to one that greets as a mail server does. What
    another service says is never told on, so that nobody reads by this what isn't a mailbox."""
    _check_places(mailbox, {str(info[4][0]) for info in socket.getaddrinfo(mailbox.host, mailbox.port, type=socket.SOCK_STREAM)})
    try:
        imap = _greeted(mailbox, late)
    except imaplib.IMAP4.error:
        if late.is_set():
            raise
        raise MailboxRefused(f"{mailbox.host}:{mailbox.port} doesn't answer as IMAP servers do") from None
    try:
        _check_places(mailbox, {str(imap.sock.getpeername()[0])})  # the name may mean another place by now
        if mailbox.security == "starttls":
            imap.starttls(ssl_context=ssl.create_default_context())
    except BaseException:
        with suppress(imaplib.IMAP4.error, OSError):
            imap.shutdown()
        raise
    return imap


def _greeted(mailbox: Mailbox, late: threading.Event) -> imaplib.IMAP4:
    if mailbox.security == "tls":
        return _Tls(late, mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    return _Plain(late, mailbox.host, mailbox.port, timeout=TIMEOUT)


def _check_places(mailbox: Mailbox, addresses: set[str]) -> None:
    """Raise MailboxRefused for an address at which there is no mail server (those of the machine's link, where clouds keep their secrets,
    of groups, of nobody), and without encryption for one that isn't on the own network."""
    places = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    places = [getattr(place, "ipv4_mapped", None) or place for place in places]
    if any(p.is_link_local or p.is_multicast or p.is_unspecified for p in places):
        raise MailboxRefused(f"{mailbox.host} is no address of a mail server")
    if mailbox.security == "none" and not (places and all(p.is_private for p in places)):
        raise MailboxRefused(f"{mailbox.host} is not on the own network: use TLS, for the password would cross others' in the clear")


def _select(imap: imaplib.IMAP4, folder: str) -> Folder:
    quoted = '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    status, _ = imap.select(quoted, readonly=True)
    if status != "OK":
        raise MailboxRefused(f"there is no folder {folder}")
    validity = imap.response("UIDVALIDITY")[1]
    return Folder(imap, int(validity[0]) if validity and validity[0] else 0)


def _said(answer: tuple[str, list[object]]) -> list[bytes]:
    """What the server said to a command, as lines of bytes."""
    status, parts = answer
    if status != "OK":
        raise MailboxRefused("the server doesn't answer as IMAP servers do")
    lines = (part[0] if isinstance(part, tuple) else part for part in parts)
    return [bytes(line) for line in lines if isinstance(line, bytes)]
