"""What the headers of a mail tell beside its words: which mails it answers, whether a machine wrote it, which mail didn't arrive. Pure.

All of it is what the sender wrote, so it can be forged: it says where to look, never who somebody is. Rules of the trade: RFC 5322 §3.6.4
(threads), RFC 3834 (automatic answers), RFC 3464 (reports of delivery).
"""

import binascii
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr

MAX_HEADER = 4_000
MAX_IDS, MAX_FAILED = 30, 20
_ID = re.compile(r"<[^<>\s]{1,240}>")
_ADDRESS = re.compile(r"[^\s<>;,]{1,120}@[^\s<>;,]{1,120}")
_AWAY = re.compile(
    r"^\W*(automatic reply|auto(matic)?[- ]?(reply|response)|out of (the )?office|abwesen|automatische antwort|r[ée]ponse automatique"
    r"|absence du bureau|respuesta autom[áa]tica|fuera de (la )?oficina)",
    re.IGNORECASE,
)
_UNDELIVERED = re.compile(
    r"undeliver|delivery (status notification|failure|has failed|report)|failure notice|returned mail|mail delivery (failed|subsystem)"
    r"|unzustellbar|nicht zugestellt|non (remis|distribu)|[ée]chec de (la )?remise|no se (ha podido )?entreg|no entregado",
    re.IGNORECASE,
)
_DAEMONS = ("mailer-daemon", "postmaster", "mail-daemon")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BULK = ("list-id", "list-unsubscribe", "feedback-id")


@dataclass(frozen=True, slots=True)
class Envelope:
    """`answers` are the Message-IDs that it refers to, the one it answers first. `automatic` says which machine wrote it: `bounce`, `reply`
    (out of office), `bulk`, `generated` (a system's news), `ours`; empty for a person. A bounce names the addresses that failed (`failed`),
    the Message-ID of what didn't arrive (`lost_id`) and the reason."""

    name: str = ""
    answers: tuple[str, ...] = ()
    automatic: str = ""
    failed: tuple[str, ...] = ()
    lost_id: str = ""
    why: str = ""


def read_envelope(message: Message, subject: str) -> Envelope:
    """The envelope of a mail."""
    name, sender = parseaddr(header(message, "from"))
    answers = tuple(dict.fromkeys([*_ids(message, "in-reply-to"), *reversed(_ids(message, "references"))]))[:MAX_IDS]
    automatic = _automatic(message, sender.lower(), subject)
    if automatic != "bounce":
        return Envelope(name[:150], answers, automatic)
    failed, lost, why = _report(message)
    return Envelope(name[:150], answers, automatic, failed, lost or next(iter(answers), ""), why)


def _automatic(message: Message, sender: str, subject: str) -> str:
    said = {name: header(message, name).lower() for name in ("auto-submitted", "precedence", "return-path", "x-arops-kind")}
    if said["x-arops-kind"]:
        return "ours"
    if _is_report(message) or (_UNDELIVERED.search(subject) and (said["return-path"] == "<>" or sender.startswith(_DAEMONS))):
        return "bounce"
    if said["auto-submitted"].startswith("auto-replied") or _AWAY.search(subject) or message["x-autoreply"] or message["x-autorespond"]:
        return "reply"
    if said["precedence"] == "auto_reply":
        return "reply"
    if said["precedence"] in ("bulk", "junk", "list") or any(message[name] for name in _BULK):
        return "bulk"
    return "generated" if said["auto-submitted"] not in ("", "no") else ""


def _is_report(message: Message) -> bool:
    kind = str(message.get("content-type", ""))[:MAX_HEADER].lower()
    if "multipart/report" not in kind or "delivery-status" not in kind:
        return False
    actions = [header(part, "action").lower() for part in _status_parts(message)]
    return "failed" in actions or not any(actions)


def _status_parts(message: Message) -> list[Message]:
    """The groups of fields of a report of delivery, one a recipient."""
    found: list[Message] = []
    for part in _top(message):
        if part.get_content_type() == "message/delivery-status":
            inner = part.get_payload()
            found += [one for one in inner[: MAX_FAILED + 1] if isinstance(one, Message)] if isinstance(inner, list) else []
    return found


def _top(message: Message) -> list[Message]:
    inner = message.get_payload()
    return [one for one in inner[:20] if isinstance(one, Message)] if isinstance(inner, list) else [message]


def _report(message: Message) -> tuple[tuple[str, ...], str, str]:
    """Addresses that failed, the Message-ID of the mail that was lost, and why."""
    failed, why, lost = list[str](), "", ""
    for group in _status_parts(message):
        address = _ADDRESS.search(header(group, "final-recipient") or header(group, "original-recipient"))
        if address:
            failed.append(address[0].lower())
            why = why or header(group, "diagnostic-code").partition(";")[2].strip() or header(group, "status")
    for part in _top(message):
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers") and not lost:
            lost = next(iter(_ids(_original(part), "message-id")), "")
    if not failed:
        said = header(message, "x-failed-recipients")
        failed = [a.lower() for a in _ADDRESS.findall(said)]
    return tuple(dict.fromkeys(failed))[:MAX_FAILED], lost, why[:200]


def _original(part: Message) -> Message:
    """The mail that came back, as headers."""
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return inner[0]
    kept = Message()
    for line in str(inner)[:20_000].splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "message-id":
            kept["message-id"] = value.strip()[:250]
            break
    return kept


def _ids(message: Message, name: str) -> list[str]:
    """The Message-IDs in a header, in their order; of a thread without end the last ones."""
    return _ID.findall(str(message.get(name, ""))[-MAX_HEADER:])[-MAX_IDS:]


def header(message: Message, name: str) -> str:
    """A header in words: encoded words decoded, folds undone, nothing but its text."""
    raw = str(message.get(name, ""))[:MAX_HEADER]
    try:
        parts = [decoded(part, charset) for part, charset in decode_header(raw)]
    except (MessageError, ValueError, binascii.Error):
        parts = [raw]
    return clean(" ".join("".join(parts).split()))


def decoded(part: bytes | str, charset: str | None) -> str:
    """A part of a header as text, by its charset where that is one."""
    if isinstance(part, str):
        return part
    try:
        return part.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return part.decode("latin-1")


def clean(text: str) -> str:
    """Without characters that no page and no table should get: controls, lone surrogates, and those that turn the direction of reading,
    by which a name can look like another."""
    return "".join(c for c in text if c in "\n\t" or (c >= " " and c != "\x7f" and not "\ud800" <= c <= "\udfff" and c not in _TURNING))
