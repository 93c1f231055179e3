"""Files beside records: kept by content, judged by what they are, never opened here, handed out as downloads alone."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from arops.lib import clamd
from arops.lib.refusal import Refused
from arops.lib.sniffing import proper_name, sniff
from org.actors import Actor
from org.selectors import actor_names
from workflow.models import Attachment
from workflow.services.recording import record, store_file
from workflow.services.subjects import find_subject, label_of, may_edit, require_edit


class AttachmentError(Refused):
    """A file that can't be attached, or removed; the message says why."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a record's panel of files shows (`workflow/parts/attachments.html`)."""

    subject_type: str
    subject_id: int
    rows: tuple[Attachment, ...]
    removed: int
    may_edit: bool
    kinds: tuple[tuple[str, str], ...] = tuple(Attachment.Kind.choices)

    @property
    def megabytes(self) -> int:
        """How large a file may be."""
        return int(settings.ATTACHMENT_MAX_BYTES) // 1024 // 1024


def files_of(actor: Actor, subject: Any) -> Files:
    """The files beside a record that the actor sees already, for its panel: names of those who added them included."""
    about = Attachment.objects.filter(subject_type=label_of(subject), subject_id=subject.pk)
    rows = tuple(about.filter(removed_at=None).select_related("file").defer("file__content"))
    names = actor_names({row.added_by for row in rows})
    for row in rows:
        row.who = names.get(row.added_by, row.added_by)  # type: ignore[attr-defined]
    return Files(label_of(subject), subject.pk, rows, about.exclude(removed_at=None).count(), may_edit(actor, subject))


def attachment_in_sight(actor: Actor, pk: int, *, to_edit: bool = False) -> tuple[Attachment, Any] | None:
    """An attachment that isn't removed, and the record it is on, when the actor sees that record (may change it); else None."""
    row = Attachment.objects.filter(pk=pk, removed_at=None).first()
    subject = find_subject(actor, row.subject_type, row.subject_id, to_edit=to_edit) if row else None
    return (row, subject) if row and subject is not None else None


@dataclass(frozen=True, slots=True)
class Handed:
    """A file as it is handed out: under the attachment's own name, as what its bytes are."""

    name: str
    content: bytes
    content_type: str


def handed_out(attachment: Attachment) -> Handed:
    """The attachment's file to download. What it is, is judged anew: the same bytes may have come in by another way before."""
    content = bytes(attachment.file.content)
    return Handed(attachment.name, content, sniff(content).content_type)


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
def share_file(*, actor: Actor, file: Attachment, source: Any, subject: Any) -> Attachment:
    """Put a file that lies beside one record beside another, too: whoever sees that one sees the file from then on, and nothing more.
    Raises AttachmentError for a file of yet another record, or one that was taken off; NotAllowed."""
    require_edit(actor, source)
    require_edit(actor, subject)
    if (file.subject_type, file.subject_id) != (label_of(source), source.pk) or file.removed_at is not None:
        raise AttachmentError("the file isn’t beside this record any more: choose again")
    about = {"subject_type": label_of(subject), "subject_id": subject.pk, "file_id": file.file_id, "name": file.name}
    there: Attachment | None = Attachment.objects.filter(**about, removed_at=None).first()
    if there:
        return there
    kept = {"company_id": subject.company_id, "kind": file.kind, "note": file.note, "scan": file.scan, "added_by": actor.label}
    made = Attachment.objects.create(**about, **kept)
    _tell(actor, subject, made, "attachment.shared", source=label_of(source), source_id=source.pk)
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
