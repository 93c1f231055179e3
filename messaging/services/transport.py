"""Handing a message to the mail server, by Django's connection. What went wrong is told by whether the mail may have gone out:

- `Rejected`: the server refused it for good, or it can't be a mail at all. It did not go out.
- `TryLater`: the server couldn't be reached, or put it off. It did not go out. `everyone` says that the next would fare the same.
- any other exception: nobody knows. It is for a person to decide, never to be sent again by itself.
"""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.utils import formataddr
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.message import sanitize_address

from messaging.models import InboundMail, Message
from messaging.services.errors import Rejected, TryLater
from messaging.services.finishing import finished_body, veiled
from messaging.services.queueing import fault, is_address

__all__ = ["Rejected", "Send", "TryLater", "address_of", "destination", "host_of", "mail_server"]


BY_HAND = frozenset({"answer", "reply", "mail"})
"""Kinds of messages that a person writes."""


class Send(Protocol):
    """Something that hands a message over. Answers with what is to be noted (recipients refused), or an empty text."""

    def __call__(self, message: Message) -> str: ...


def destination() -> str:
    """Where mail goes, in words for the outbox page."""
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend == "maildrop":
        return "files in var/mail on this server: no mail server is set (EMAIL_HOST), so nothing leaves it"
    if backend == "smtp":
        return f"the mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    return f"Django’s {backend} backend: nothing leaves this server"


@contextmanager
def mail_server() -> Iterator[Send]:
    """A `send` over one connection, opened with the first message and opened again when the server closed it between two."""
    server = _Server()
    try:
        yield server
    finally:
        server.close()


class _Server:
    """The connection of one run."""

    def __init__(self) -> None:
        self.connection: Any = get_connection(fail_silently=False)
        self.is_open = False

    def __call__(self, message: Message) -> str:
        mail = _mail(message)
        self._ready()
        smtp = getattr(self.connection, "connection", None)
        if smtp is None:
            self.connection.send_messages([mail])
            return ""
        return _hand_over(smtp, mail)

    def close(self) -> None:
        """End the connection; what the server says to that matters to nobody."""
        if self.is_open:
            with suppress(Exception):
                self.connection.close()
        self.is_open = False

    def _ready(self) -> None:
        """An open connection: asked whether it still stands, so that a server that hung up meanwhile isn't taken for a lost mail."""
        smtp = getattr(self.connection, "connection", None)
        if self.is_open and smtp is not None:
            try:
                alive = smtp.noop()[0] == 250
            except (smtplib.SMTPException, OSError):
                alive = False
            if not alive:
                self.close()
        if not self.is_open:
            try:
                self.connection.open()
                if getattr(self.connection, "connection", None) is not None:
                    self.connection.connection.ehlo_or_helo_if_needed()
            except (smtplib.SMTPException, OSError) as error:
                self.close()
                raise TryLater(f"the mail server could not be reached: {_words(error)}", everyone=True) from error
            self.is_open = True


def _mail(message: Message) -> EmailMessage:
    """The message as a mail. Raises Rejected for one that can't be (a bad address, a line break in a header)."""
    wrong = fault(message.channel, message.recipients, message.subject)
    if wrong:
        raise Rejected(wrong)
    company = message.company
    sender = formataddr((company.name, address_of(settings.DEFAULT_FROM_EMAIL)))
    mail = EmailMessage(
        message.subject, finished_body(message), sender, list(message.recipients),
        reply_to=[company.email] if company.email and is_address(company.email) else None,
        headers={"Message-ID": message.message_id or "", "X-ArOps-Kind": message.kind, **_headers(message)},
    )  # fmt: skip
    for enclosed in message.enclosed.select_related("storedfile"):
        mail.attach(enclosed.name, bytes(enclosed.storedfile.content), enclosed.storedfile.content_type)
    try:
        mail.message()
    except (ValueError, UnicodeError) as error:
        raise Rejected(f"it can't be a mail: {error}") from error
    return mail


def _headers(message: Message) -> dict[str, str]:
    """What machines read (RFC 3834): a person's mail may be answered by one; the system's own asks machines to keep silent."""
    if message.kind in BY_HAND:
        thread = {"In-Reply-To": message.in_reply_to, "References": _references(message)} if message.in_reply_to else {}
        return {"Auto-Submitted": "no", **thread}
    return {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}


def _references(message: Message) -> str:
    """The thread of the mail that is answered, the earliest first, and that mail itself (RFC 5322 §3.6.4), as far as a header goes."""
    answered = InboundMail.objects.filter(company=message.company_id, message_id=message.in_reply_to).order_by("-pk").first()
    earlier = [one for one in reversed(answered.answers if answered else []) if one != message.in_reply_to]
    return " ".join([*earlier[-8:], message.in_reply_to])


def _hand_over(smtp: smtplib.SMTP, mail: EmailMessage) -> str:
    """Send over SMTP itself, since Django's backend keeps silent about recipients that were refused beside one that was accepted."""
    encoding = mail.encoding or settings.DEFAULT_CHARSET
    sender = address_of(sanitize_address(mail.from_email, encoding))
    recipients = [sanitize_address(address, encoding) for address in mail.recipients()]
    try:
        refused = smtp.sendmail(sender, recipients, mail.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
    except smtplib.SMTPRecipientsRefused as error:
        words = "; ".join(_refusal(address, answer) for address, answer in error.recipients.items())
        unknown = [address for address, answer in error.recipients.items() if _is_unknown(answer)]
        _refuse({code for code, _ in error.recipients.values()}, words, unknown)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        _refuse({error.smtp_code}, f"{error.smtp_code} {_text(error.smtp_error)}")
    except smtplib.SMTPNotSupportedError as error:
        raise Rejected(str(error)) from error
    else:
        return "; ".join(f"not accepted: {_refusal(address, answer)}" for address, answer in refused.items())
    return ""


NO_SUCH_MAILBOX = frozenset({550, 551, 553})
"""Answers of a mail server that are about the address itself (RFC 5321), unless an enhanced code (5.7, RFC 3463) says it is policy."""


def _is_unknown(answer: tuple[int, bytes]) -> bool:
    return answer[0] in NO_SUCH_MAILBOX and not _text(answer[1]).startswith("5.7.")


def _refuse(codes: set[int], words: str, addresses: Sequence[str] = ()) -> None:
    """An answer of the server that isn't yes: for good when all of it is 5xx, else for now."""
    if all(500 <= code < 600 for code in codes):
        raise Rejected(f"the mail server refused it: {words}", addresses)
    raise TryLater(f"the mail server put it off: {words}")


def _refusal(address: str, answer: tuple[int, bytes]) -> str:
    return f"{address}: {answer[0]} {_text(answer[1])}"


def _text(answer: bytes | str) -> str:
    return veiled(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)[:300]


def _words(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


def address_of(sender: str) -> str:
    """The bare address of `Name <address>`."""
    return sender.rpartition("<")[2].rstrip(">").strip() if "<" in sender else sender


def host_of(sender: str) -> str:
    """The domain that Message-IDs are named in."""
    return address_of(sender).rpartition("@")[2] or "localhost"
