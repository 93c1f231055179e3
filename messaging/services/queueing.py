"""Putting messages into the outbox. A bad address or subject makes that message fail with the reason; it never stops its neighbours."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from customers.models import Customer
from messaging.models import Message, MessageFile
from messaging.services.errors import MessageError
from org.actors import Actor, require
from org.models import Company
from workflow.models import StoredFile
from workflow.services import record

MAX_RECIPIENTS = 20
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,240}>", re.ASCII)
"""A Message-ID that can stand in a header of ours: what comes from outside and is none is left out."""

RESTS = timedelta(seconds=10)
"""How long what a person sends rests in the outbox, so that it can be taken back."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a message, under the name that it is to have there."""

    file: StoredFile
    name: str


def queue_message(
    *, actor: Actor, company: Company, customer: Customer | None, kind: str, dedupe_key: str, recipients: Sequence[str], subject: str,
    body: str, attachments: Iterable[Enclosed] = (), channel: str = Message.Channel.EMAIL, not_before: datetime, author: str = "",
    in_reply_to: str = "", also_about: Iterable[int] = (),
) -> tuple[Message, bool]:  # fmt: skip
    """Put a message into the outbox, in the caller's transaction: the row, and whether it is new.

    `dedupe_key` names what the message is for: the same key again is the same row, whatever else is said. Nothing goes out before
    `not_before`, so that there is a moment to take it back. `author` is in whose name the system writes it; `in_reply_to` the
    Message-ID of the mail that it answers; `also_about` are other customers whose figures are in it. What can't be sent as it is (see
    `fault`) stands there as failed, with the reason. Raises
    NotAllowed.
    """
    require(actor, "messages.send", company.pk)
    wrong = fault(channel, recipients, subject)
    kept = [address[:254] for address in recipients][:MAX_RECIPIENTS]
    with transaction.atomic():
        message, created = Message.objects.get_or_create(
            dedupe_key=dedupe_key,
            defaults={
                "company": company, "customer": customer, "channel": channel, "kind": kind, "recipients": kept,
                "subject": _storable(subject)[:250], "body": _storable(body), "not_before": not_before,
                "created_by": author or actor.label, "in_reply_to": in_reply_to if _MESSAGE_ID.fullmatch(in_reply_to) else "",
                "also_about": sorted(also_about), "state": Message.State.FAILED if wrong else Message.State.PENDING, "error": wrong,
            },
        )  # fmt: skip
        if created:
            _enclose(message, attachments)
            happened(actor, message, "message.failed" if wrong else "message.queued", **({"reason": wrong} if wrong else {}))
    return message, created


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is to be: to whom, about what; its files come later."""

    customer: Customer
    kind: str
    dedupe_key: str
    recipients: Sequence[str]
    subject: str
    body: str
    channel: str = Message.Channel.EMAIL


def queue_drafts(*, actor: Actor, company: Company, drafts: Sequence[Draft], not_before: datetime) -> list[Message]:
    """Put many messages of a company into the outbox in one statement, as drafts that nobody sends before `complete_draft`, in the
    caller's transaction. IntegrityError where one of the keys is there already. Raises NotAllowed."""
    require(actor, "messages.send", company.pk)
    return Message.objects.bulk_create(
        Message(
            company=company, customer=one.customer, channel=one.channel, kind=one.kind, dedupe_key=one.dedupe_key,
            recipients=[address[:254] for address in one.recipients][:MAX_RECIPIENTS], subject=_storable(one.subject)[:250],
            body=_storable(one.body), not_before=not_before, created_by=actor.label, state=Message.State.DRAFT,
        )
        for one in drafts
    )  # fmt: skip


def complete_draft(
    *, actor: Actor, message: Message, attachments: Iterable[Enclosed] = (), body: str | None = None, not_before: datetime, release: bool
) -> Message:
    """Enclose a draft's files and, with `release`, let it go out from `not_before` on; in the caller's transaction. What can't be sent as
    it is stands there as failed, with the reason. Raises MessageError for one that is no draft any more."""
    row = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if row.state != Message.State.DRAFT:
        raise MessageError(f"the message is {row.get_state_display()}: it isn’t a draft any more")
    _enclose(row, attachments)
    row.body = _storable(body) if body is not None else row.body
    row.not_before = not_before
    if release:
        wrong = fault(row.channel, row.recipients, row.subject)
        row.state, row.error = (Message.State.FAILED, wrong) if wrong else (Message.State.PENDING, "")
        happened(actor, row, "message.failed" if wrong else "message.queued", **({"reason": wrong} if wrong else {}))
    row.save(update_fields=["body", "not_before", "state", "error"])
    return row


def _enclose(message: Message, attachments: Iterable[Enclosed]) -> None:
    """The same bytes go along once, by the first of their names."""
    once = {one.file.pk: one for one in reversed(list(attachments))}
    rows = [MessageFile(message=message, storedfile=one.file, name=_storable(one.name)[:255]) for one in reversed(list(once.values()))]
    MessageFile.objects.bulk_create(rows)


def _storable(text: str) -> str:
    """The text without the one character that PostgreSQL has no place for."""
    return text.replace("\x00", "")


def fault(channel: str, recipients: Sequence[str], subject: str) -> str:
    """Why a message can't be sent as it is, in words; empty when it can."""
    if any(c in subject for c in "\r\n\x00"):
        return "the subject holds a line break"
    if channel != Message.Channel.EMAIL:
        return ""
    if not recipients:
        return "there is nobody to send it to"
    if len(recipients) > MAX_RECIPIENTS:
        return f"more than {MAX_RECIPIENTS} recipients"
    bad = next((address for address in recipients if not is_address(address)), None)
    return f"{bad[:100]!r} is not an e-mail address" if bad is not None else ""


def is_address(text: str) -> bool:
    """Whether the text is one e-mail address and nothing else."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def happened(actor: Actor, message: Message, type: str, **data: Any) -> None:
    """Write a step of the message's life into the audit trail."""
    record(
        actor=actor, type=type, company_id=message.company_id, subject=message, customer_id=message.customer_id, kind=message.kind, **data
    )
