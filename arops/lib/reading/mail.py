"""E-mails from outside (RFC 5322, MIME) in bounds: headers, words, attachments. Pure; meant for `arops.lib.sandbox`.

Parsed by the old, forgiving policy of Python's parser, since that one gives an answer to whatever comes. A mail forwarded as an
attachment counts as part of the mail, under a heading that says that others wrote it; an archive is unpacked, one level, and so is
Outlook's winmail.dat. What can't be opened (encrypted mail) is told in notes.
"""

import base64
import binascii
import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from . import archive, invitation, tnef
from .envelope import MAX_HEADER, Envelope, clean, decoded, header, read_envelope
from .errors import ReadError
from .html import text_of

__all__ = ["MAX_BYTES", "Attachment", "Mail", "ReadError", "read"]

MAX_BYTES = 30 * 1024 * 1024
MAX_PARTS, MAX_DEPTH, MAX_WORDS = 300, 30, 200_000
_SAME = ("from", "to", "cc", "subject", "date", "message-id")
"""Headers that its sender gave it: those that the way here added differ between two copies of one mail."""
_ENCRYPTED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "text/vcard")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with the mail: its name there, made safe, and its bytes in base64 (for JSON is what the sandbox answers)."""

    name: str
    content: str

    @property
    def data(self) -> bytes:
        """The bytes."""
        return base64.b64decode(self.content)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail. `key` is the same for two copies of it; `sent_at` is ISO 8601 in UTC, empty where it says nothing that is a date;
    `body` is what a person reads, `table` the same from its HTML with cells parted by tabs, where there is any."""

    key: str
    sender: str
    subject: str
    message_id: str
    sent_at: str
    body: str
    table: str
    attachments: tuple[Attachment, ...]
    notes: tuple[str, ...]
    envelope: Envelope


def read(data: bytes) -> Mail:
    """The whole mail; ReadError when it is no mail, too big, or nested beyond what mails are."""
    if len(data) > MAX_BYTES:
        raise ReadError(None, f"the mail has {len(data) // 1024 // 1024} MB, more than {MAX_BYTES // 1024 // 1024} MB")
    try:
        message = email.message_from_bytes(data)
        return _mail(message, data)
    except ReadError:
        raise
    except RecursionError:
        raise ReadError(None, "the mail is nested too deeply") from None
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise ReadError(None, f"this is no mail that can be read ({type(error).__name__})") from None


def _mail(message: Message, data: bytes) -> Mail:
    sender = parseaddr(header(message, "from"))[1]
    if not sender and not message["date"] and not message["subject"]:
        raise ReadError(1, "this is no e-mail: it has neither sender, date nor subject")
    reading = _Reading()
    for part in _leaves(message):
        reading.take(part)
    plain = "\n".join(reading.plain).strip()
    table = "\n".join(reading.html).strip()
    return Mail(
        key=_key(message, data), sender=sender[:250], subject=header(message, "subject")[:300],
        message_id=header(message, "message-id")[:250], sent_at=_sent_at(message),
        body=(plain or table)[:MAX_WORDS], table=table[:MAX_WORDS],
        attachments=tuple(reading.attachments), notes=tuple(dict.fromkeys(reading.notes)),
        envelope=read_envelope(message, header(message, "subject")),
    )  # fmt: skip


def _key(message: Message, data: bytes) -> str:
    """sha256 of what the sender wrote: his headers and the body, without line ends and blanks at their ends."""
    said = [" ".join(str(message.get(name, ""))[:MAX_HEADER].split()) for name in _SAME]
    body = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[-1]
    lines = b"\n".join(line.rstrip() for line in body.splitlines()).strip()
    return hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass") + b"\n\n" + lines).hexdigest()


def _sent_at(message: Message) -> str:
    try:
        found = parsedate_to_datetime(header(message, "date"))
        return (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in their order; those of forwarded mails too."""
    stack, count = [(message, 0)], 0
    while stack:
        part, depth = stack.pop()
        count += 1
        if count > MAX_PARTS or depth > MAX_DEPTH:
            raise ReadError(None, f"the mail has more than {MAX_PARTS} parts, or is nested more than {MAX_DEPTH} deep")
        inner = part.get_payload()
        if part.get_content_type() not in _ENCRYPTED and isinstance(inner, list):
            stack.extend((one, depth + 1) for one in reversed(inner) if isinstance(one, Message))
            if part.get_content_type() == "message/rfc822":
                yield part
        else:
            yield part


class _Reading:
    """What the parts have brought so far."""

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.attachments: list[Attachment] = []
        self.notes: list[str] = []
        self.unpacked = 0

    def take(self, part: Message) -> None:
        """Words, an attachment, or neither."""
        kind, name = part.get_content_type(), _name(part)
        if kind in _ENCRYPTED:
            self.notes.append("the mail is encrypted: its content can't be read")
        elif kind in _SIGNATURES:
            return
        elif kind == "message/rfc822" and part.is_multipart():
            self.pass_on(part)
        elif kind == "text/calendar":
            self.invite(invitation.words_of(_words(part)))
        elif name.lower() == "winmail.dat" or kind == "application/ms-tnef":
            self.open_tnef(_bytes(part))
        elif (
            kind in ("text/plain", "text/html") and not name and "attachment" not in str(part.get("content-disposition", ""))[:200].lower()
        ):
            words = _words(part)
            (self.html if kind == "text/html" else self.plain).append(text_of(words) if kind == "text/html" else words)
        elif kind.startswith("image/") and part.get("content-id"):
            return  # the logo in somebody's signature
        else:
            self.attach(name or f"attachment-{len(self.attachments) + 1}", _bytes(part))

    def pass_on(self, part: Message) -> None:
        """Say that others wrote what follows."""
        inner = part.get_payload(0)
        if isinstance(inner, Message):
            heads = [f"{name.title()}: {said}" for name in ("from", "date", "subject") if (said := header(inner, name)[:300])]
            words = "\n".join(["", "---------- Forwarded message ----------", *heads, ""])
            self.plain.append(words)
            self.html.append(words)

    def invite(self, words: str) -> None:
        """An invitation, once though programs send it twice (RFC 6047)."""
        if words and words not in self.notes:
            self.plain.append(words)
            self.notes.append(words)

    def open_tnef(self, content: bytes) -> None:
        """The files that Outlook packed into one."""
        found = tnef.unpack(content)
        for name, data in found or ():
            self.attach(clean(name).replace("\\", "/").rpartition("/")[2][-200:] or f"attachment-{len(self.attachments) + 1}", data)
        if not found:
            self.notes.append("Outlook packed the attachments into winmail.dat, which can't be read: ask for them as plain attachments")

    def attach(self, name: str, content: bytes) -> None:
        """Keep the file; the files of an archive one by one."""
        if not content:
            return
        if len(self.attachments) >= MAX_PARTS:
            raise ReadError(None, f"the mail brings more than {MAX_PARTS} files")
        if archive.is_zip(content) and (found := self.packed(name, content)) is not None:
            for inner, data in found:
                if data:
                    self.attachments.append(_attachment(f"{name}/{inner.rpartition('/')[2]}", data))
            return
        self.attachments.append(_attachment(name, content))

    def packed(self, name: str, content: bytes) -> list[tuple[str, bytes]] | None:
        """The files in an archive; None for a workbook, and for an archive that can't be opened: it stays what it is."""
        try:
            opened = archive.open_zip(content)
            names = opened.namelist()
            if "[Content_Types].xml" in names or len(names) > MAX_PARTS:
                return None
            found = list(archive.members(opened))
        except ReadError as refusal:
            self.notes.append(f"{name[:80]}: {refusal.reason}")
            return None
        self.unpacked += sum(len(data) for _, data in found)
        if self.unpacked > archive.MAX_UNPACKED:
            raise ReadError(None, "the archives in the mail unpack to more than can be read")
        return found


def _attachment(name: str, content: bytes) -> Attachment:
    return Attachment(name[:255], base64.b64encode(content).decode("ascii"))


def _name(part: Message) -> str:
    """The name of a part as a plain file name; empty where it has none."""
    if len(str(part.get("content-type", ""))) + len(str(part.get("content-disposition", ""))) > MAX_HEADER:
        return ""
    try:
        raw = part.get_filename() or ""
        name = "".join(decoded(piece, charset) for piece, charset in decode_header(raw))
    except (MessageError, ValueError, LookupError, TypeError, binascii.Error):
        return ""
    return " ".join(clean(name).replace("\\", "/").rpartition("/")[2].split())[-200:]


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _words(part: Message) -> str:
    """The text of a part in its own charset; UTF-8 or Latin-1 where it names none that is known."""
    content, charset = _bytes(part), str(part.get_content_charset() or "utf-8")
    for name in (charset, "utf-8"):
        try:
            return clean(content.decode(name).replace("\r\n", "\n").replace("\r", "\n"))
        except (LookupError, ValueError):
            continue
    return clean(content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n"))
