"""Cases as the API shows them."""

from typing import Any

from arops.api.ids import public
from arops.api.render import iso
from arops.lib import money
from disputes.models import Dispute, DisputeNote
from workflow.models import Attachment


def case_shape(row: Dispute) -> dict[str, Any]:
    """A case as lists show it."""
    amounts = {name: money.to_text(getattr(row, name), row.currency) for name in ("claimed", "amount")}
    return _identity(row) | {
        "company": row.company.code, "number": row.number, "customer": public("customer", row.customer_id),
        "open_item": public("item", row.open_item_id), "item_number": row.open_item.number, "invoice": public("invoice", row.invoice_id),
        "receipt": public("receipt", row.receipt_ref), "kind": row.kind, "reason": row.reason, "currency": row.currency, **amounts,
        "agreed": None if row.agreed is None else money.to_text(row.agreed, row.currency), "customer_words": row.customer_words,
        "state": row.state, "waiting_on": row.waiting_on or None, "owner": row.owner.email if row.owner else None,
        "department": row.department.code if row.department else None, "opened_on": row.opened_on.isoformat(),
        "due_date": row.due_date.isoformat(), "clock_stopped_on": iso(row.paused_on), "cause": row.cause.code if row.cause else None,
        "origin": row.origin, "resolution": row.resolution or None, "resolved_on": iso(row.resolved_on), "version": row.version,
        "created_at": row.created_at.isoformat(), "updated_at": row.updated_at.isoformat(),
    }  # fmt: skip


def _identity(row: Dispute) -> dict[str, Any]:
    """Our id, and the sender's where it was opened over the API."""
    parts = row.source.split(":", 3)
    system, external = (parts[2], parts[3]) if parts[0] == "api" and len(parts) == 4 else (None, None)
    return {"id": public("dispute", row.pk), "source_system": system, "external_id": external}


def case_whole(row: Dispute) -> dict[str, Any]:
    """A case with its lines, notes, evidence, steps, and what was in dispute from when on."""
    about = Attachment.objects.filter(subject_type="disputes.dispute", subject_id=row.pk, removed_at=None)
    steps = row.steps.select_related("department").order_by("pk")
    return case_shape(row) | {
        "lines": [
            {"number": line.line.number, "amount": money.to_text(line.amount, row.currency)}
            for line in row.lines.select_related("line").order_by("line__number")
        ],
        "notes": [note_shape(note) for note in row.notes.all()],
        "attachments": [file_shape(file) for file in about.select_related("file").defer("file__content").order_by("pk")],
        "history": [
            {
                "state": step.state, "waiting_on": step.waiting_on, "department": step.department.code if step.department else None,
                "day": step.day.isoformat(), "due_date": iso(step.due_date), "at": step.at.isoformat(),
            }
            for step in steps
        ],
        "movements": [
            {"day": m.day.isoformat(), "delta": money.to_text(m.delta, row.currency), "at": m.at.isoformat()}
            for m in row.movements.order_by("pk")
        ],
    }  # fmt: skip


def note_shape(note: DisputeNote) -> dict[str, Any]:
    """A word on a case."""
    return {"body": note.body, "visible_to_customer": not note.is_internal, "author": note.author, "at": note.at.isoformat()}


def file_shape(row: Attachment) -> dict[str, Any]:
    """A file beside a case."""
    return {
        "id": public("attachment", row.pk), "name": row.name, "kind": row.kind, "note": row.note, "size": row.file.size,
        "sha256": row.file.sha256, "added_at": row.added_at.isoformat(),
    }  # fmt: skip
