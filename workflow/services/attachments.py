"""Files beside records: kept by content, judged by what they are, never opened here, handed out as downloads alone."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from arops.lib import clamd
from arops.lib.refusal import Refused
from arops.lib.sniffing import proper_name, sniff
from org.actors import Actor
from workflow.models import Attachment
from workflow.services.recording import record, store_file
from workflow.services.subjects import label_of, require_edit


class AttachmentError(Refused):
    """A file that can't be attached, or removed; the message says why."""


@transaction.atomic
def attach(*, actor: Actor, subject: Any, kind: str, name: str, content: bytes, content_type: str = "", note: str = "") -> Attachment:
    """Keep a file beside a record. `content_type` is what the sender says and doesn't count. The same file under the same name is kept
    once. Raises AttachmentError (too large), NotTaken, Infected, ScannerAway, NotAllowed."""
    require_edit(actor, subject)
    if kind not in Attachment.Kind.values:
        raise AttachmentError("say what the file is: a sign-off, a proof of delivery, a certificate …")
    if len(content) > settings.ATTACHMENT_MAX_BYTES:
        raise AttachmentError(f"the file is larger than {settings.ATTACHMENT_MAX_BYTES // 1024 // 1024} MB")
    sort = sniff(content)
    scanned = _scan(content)
    stored, _ = store_file(actor=actor, name=proper_name(name, sort), content=content, content_type=sort.content_type)
    about = {"subject_type": label_of(subject), "subject_id": subject.pk, "file": stored, "name": proper_name(name, sort)}
    there: Attachment | None = Attachment.objects.filter(**about, removed_at=None).first()
    if there:
        return there
    made = Attachment.objects.create(
        company_id=subject.company_id, **about, kind=kind, note=note.strip()[:300], scan=scanned, added_by=actor.label
    )
    _tell(actor, subject, made, "attachment.added", sha256=stored.sha256, size=stored.size)
    return made


@transaction.atomic
def remove_attachment(*, actor: Actor, subject: Any, attachment: Attachment) -> Attachment:
    """Take a file off a record: it isn't shown any more; the row says who took it off and when, and the file stays for the audit."""
    require_edit(actor, subject)
    row = Attachment.objects.select_for_update(of=("self",), no_key=True).get(pk=attachment.pk)
    if (row.subject_type, row.subject_id) != (label_of(subject), subject.pk):
        raise AttachmentError("the file belongs to another record")
    if row.removed_at is None:
        Attachment.objects.filter(pk=row.pk).update(removed_by=actor.label, removed_at=Now())
        _tell(actor, subject, row, "attachment.removed")
    return Attachment.objects.get(pk=row.pk)


def _scan(content: bytes) -> str:
    """Have the file scanned where a scanner is set. When it is away, the file is refused unless `CLAMD_REQUIRED` says otherwise."""
    if not settings.CLAMD_SOCKET:
        return str(Attachment.Scan.NONE)
    try:
        clamd.scan(content, address=settings.CLAMD_SOCKET)
    except clamd.ScannerAway:
        if settings.CLAMD_REQUIRED:
            raise
        return str(Attachment.Scan.NONE)
    return str(Attachment.Scan.CLEAN)


def _tell(actor: Actor, subject: Any, attachment: Attachment, event: str, **data: Any) -> None:
    customer_id = getattr(subject, "customer_id", None) or getattr(subject, "customer_ref", None)
    record(
        actor=actor, type=event, company_id=subject.company_id, subject=subject, customer_id=customer_id, attachment=attachment.pk,
        name=attachment.name, kind=attachment.kind, **data,
    )  # fmt: skip
