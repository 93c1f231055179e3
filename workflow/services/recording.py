"""Writing the audit trail, keeping files."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from arops.lib.bulk import copy_rows
from org.actors import Actor
from workflow.models import Event, StoredFile


def record(
    *, actor: Actor, type: str, company_id: int | None = None, subject: Any = None, customer_id: int | None = None, **data: Any
) -> Event:
    """Add one event to the audit trail, in the caller's transaction. `subject` is the row it is about; `data` must be JSON."""
    return Event.objects.create(
        actor=actor.label, type=type, company_id=company_id, customer_ref=customer_id, data=data,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
    )  # fmt: skip


def record_many(events: Iterable[Event]) -> None:
    """Add many events in one statement; for bulk work. They bear the moment of the database, where they don't all say another."""
    told = list(events)
    columns = [*_COLUMNS, "at"] if told and all(isinstance(event.at, datetime) for event in told) else _COLUMNS
    rows = ((*(getattr(event, name) for name in columns), json.dumps(event.data)) for event in told)
    copy_rows("workflow_event", [*columns, "data"], rows)


_COLUMNS = "company_id type actor subject_type subject_id customer_ref".split()


def store_file(*, actor: Actor, name: str, content: bytes, content_type: str = "application/octet-stream") -> tuple[StoredFile, bool]:
    """Keep a file by its content: the row, and whether it is new. The same bytes under another name are the same file."""
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile.objects.get_or_create(
        sha256=digest,
        defaults={"name": name[:255], "content_type": content_type, "size": len(content), "content": content, "added_by": actor.label},
    )
