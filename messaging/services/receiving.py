"""Mails coming in: kept whole, each once, with their words and attachments. What they mean is for whoever knows the purpose.

A mail that can't be read is kept all the same, as refused, for a person to look at: none is lost.
"""

import hashlib
from datetime import datetime

from django.db import transaction

from arops.lib.reading.mail import Mail
from arops.lib.refusal import InputRefused
from arops.lib.sandbox import run_bounded
from messaging.models import InboundMail, InboundPart, Mailbox
from messaging.services.errors import MessageError
from messaging.services.finishing import veiled
from org.actors import Actor, require
from org.models import Company
from workflow.services import record, store_file

READ_SECONDS, READ_MEMORY_MB = 30, 1024
PERMISSIONS = {Mailbox.Purpose.REMITTANCES.value: "cash.import", Mailbox.Purpose.CORRESPONDENCE.value: "collections.work"}
"""Purpose → the right to bring mails of it in."""


def receive_mail(
    *, actor: Actor, company: Company, content: bytes, purpose: str = Mailbox.Purpose.REMITTANCES, mailbox: Mailbox | None = None,
    name: str = "", note: str = "",
) -> tuple[InboundMail, bool]:  # fmt: skip
    """The mail, and whether it is new: two copies of one (polled and uploaded, or fetched twice) are one. Raises NotAllowed.

    `note`: why it isn't read though it came (too large); then only what is given of it is kept.
    """
    require(actor, PERMISSIONS[purpose], company.pk)
    mail, refusal = _read(content) if not note else (_read(content)[0], note)
    key = mail.key if mail and not note else hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        known = InboundMail.objects.filter(company=company, purpose=purpose, key=key).first()
        if known:
            return known, False
        title = (name or (mail.subject if mail else "") or "mail")[:240].replace("/", "-")
        stored, _ = store_file(actor=actor, name=title if title.lower().endswith(".eml") else f"{title}.eml", content=content)
        made, created = InboundMail.objects.get_or_create(
            company=company, purpose=purpose, key=key,
            defaults={**_told(mail, refusal), "mailbox": mailbox, "stored_file": stored, "received_by": actor.label},
        )  # fmt: skip
        if created:
            _keep_parts(actor, made, mail if not refusal else None)
            record(actor=actor, type="mail.received", company_id=company.pk, subject=made, purpose=purpose, state=made.state)
    return made, created


def _read(content: bytes) -> tuple[Mail | None, str]:
    """The mail, or why it can't be read."""
    try:
        mail: Mail = run_bounded("arops.lib.reading.mail.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB)
    except InputRefused as error:
        return None, error.reason[:300]
    return mail, ""


def _told(mail: Mail | None, refusal: str) -> dict[str, object]:
    """What the row says of a mail, read or not."""
    state = InboundMail.State.REFUSED if refusal else InboundMail.State.NEW
    if mail is None:
        return {"sender": "unknown", "state": state, "note": refusal}
    envelope = mail.envelope
    bounced = {"failed": list(envelope.failed), "lost_id": envelope.lost_id, "why": envelope.why}
    return {
        "sender_name": envelope.name, "answers": list(envelope.answers), "automatic": envelope.automatic,
        "bounced": bounced if envelope.automatic == "bounce" else {},
        "sender": mail.sender or "unknown", "subject": mail.subject, "message_id": mail.message_id, "body": veiled(mail.body),
        "state": state,
        "sent_at": datetime.fromisoformat(mail.sent_at) if mail.sent_at else None, "note": (refusal or "; ".join(mail.notes))[:300],
    }  # fmt: skip


def _keep_parts(actor: Actor, made: InboundMail, mail: Mail | None) -> None:
    files = [(one.name, store_file(actor=actor, name=one.name, content=one.data)[0]) for one in (mail.attachments if mail else ())]
    InboundPart.objects.bulk_create(
        InboundPart(mail=made, stored_file=stored, name=name, ordinal=n) for n, (name, stored) in enumerate(files, start=1)
    )


@transaction.atomic
def set_mail_aside(*, actor: Actor, mail: InboundMail, reason: str) -> InboundMail:
    """A person has seen that nothing is to be done with it. Raises MessageError, NotAllowed."""
    require(actor, PERMISSIONS[mail.purpose], mail.company_id)
    if not reason.strip():
        raise MessageError("say why it is set aside")
    locked = InboundMail.objects.select_for_update().get(pk=mail.pk)
    if locked.state in (InboundMail.State.READ, InboundMail.State.SET_ASIDE):
        raise MessageError("it is done with already")
    locked.state, locked.note = InboundMail.State.SET_ASIDE, reason.strip()[:300]
    locked.save(update_fields=["state", "note"])
    record(actor=actor, type="mail.set_aside", company_id=mail.company_id, subject=mail, reason=locked.note)
    return locked


@transaction.atomic
def read_again(*, actor: Actor, mail: InboundMail) -> InboundMail:
    """Have a mail read once more, such as after a layout was saved. What was taken of it before is known again. Raises NotAllowed."""
    require(actor, PERMISSIONS[mail.purpose], mail.company_id)
    locked = InboundMail.objects.select_for_update().get(pk=mail.pk)
    locked.state = InboundMail.State.NEW
    locked.save(update_fields=["state"])
    record(actor=actor, type="mail.again", company_id=mail.company_id, subject=mail)
    return locked
