"""All that is known of a case, as the audit file keeps it: in one form, in a fixed order, and no more than the reader may see."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from disputes.models import Dispute
from invoicing.models import Invoice
from messaging.models import Message, MessageFile
from org.actors import Actor
from org.selectors import actor_names
from workflow.models import Approval, Attachment, AuditSeal, Event, Task
from workflow.services.audit import event_digests

EXPORTED = "dispute.exported"
"""The event of an audit file that was made. It isn't in the files themselves: else no two of the same case were alike."""
CASE = (
    "number kind reason claimed amount agreed base_amount currency customer_words state waiting_on due_date paused_on origin product "
    "sales_representative technician price_list order_desk opened_on opened_by source resolution resolved_on receipt_ref version created_at"
).split()


def plain(value: Any) -> Any:
    """A value as JSON has it: days and moments (in UTC) by ISO 8601, decimals as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _row(thing: Any, names: Iterable[str], **more: Any) -> dict[str, Any]:
    """Columns of a row by their names, and what else is told of it."""
    return {name: plain(getattr(thing, name)) for name in names} | more


class Seen:
    """What of a case somebody sees, read once: the rows beside it, and which kinds were left out for want of a permission."""

    def __init__(self, actor: Actor, case: Dispute) -> None:
        self.case = case
        self.audits = actor.can("audit.view", case.company_id)
        self.settlements = list(case.settlements.select_related("approval", "message").prefetch_related("sign_offs__department"))
        asked = [s.approval_id for s in self.settlements if s.approval_id]
        seen = Approval.objects.visible_to(actor, "approvals.view").filter(pk__in=asked)
        self.approvals = {row.pk: row for row in seen}
        about = Task.objects.filter(subject_type="disputes.dispute", subject_id=case.pk)
        self.tasks = list(
            Task.objects.visible_to(actor, "tasks.answer").filter(pk__in=about.values("pk")).select_related("department", "assignee")
            .prefetch_related("notes", "links").order_by("pk")
        )  # fmt: skip
        made = [row.result_id for row in self.approvals.values() if row.result_type == "invoicing.invoice" and row.result_id]
        memos: Any = Invoice.objects.visible_to(actor, "invoices.view").filter(pk__in=made)
        self.memos = list(memos.select_related("open_item").prefetch_related("lines").order_by("pk"))
        self.notes = list(case.notes.order_by("at", "pk"))
        files = MessageFile.objects.select_related("storedfile").defer("storedfile__content")
        said = Message.objects.filter(pk__in=[n.message_id for n in self.notes if n.message_id])
        self.messages = list(said.prefetch_related(Prefetch("enclosed", files)).order_by("pk"))
        self.files = list(self._files())
        self.left_out = sorted(self._left_out(asked, about.count(), len(set(made)), actor))

    def _files(self) -> QuerySet[Attachment]:
        """Files beside the case, its questions and its requests; those taken off for auditors alone."""
        about = Q(subject_type="disputes.dispute", subject_id=self.case.pk)
        about |= Q(subject_type="workflow.task", subject_id__in=[t.pk for t in self.tasks])
        about |= Q(subject_type="workflow.approval", subject_id__in=list(self.approvals))
        found = Attachment.objects.filter(about).select_related("file").defer("file__content").order_by("added_at", "pk")
        return found if self.audits else found.filter(removed_at=None)

    def _left_out(self, asked: list[int], tasks: int, made: int, actor: Actor) -> Iterable[str]:
        if len(self.approvals) < len(asked):
            yield "approvals"
        if len(self.tasks) < tasks:
            yield "tasks"
        if len(self.memos) < made:
            yield "memos"
        if not self.audits:
            yield "events of what hangs on the case; files that were taken off"

    def events(self) -> QuerySet[Event]:
        """What happened to the case; for auditors also to its requests, questions, mail and memos."""
        about = Q(subject_type="disputes.dispute", subject_id=self.case.pk)
        if self.audits:
            for kind, rows in (
                ("workflow.approval", self.approvals), ("workflow.task", [t.pk for t in self.tasks]),
                ("messaging.message", [m.pk for m in self.messages]), ("invoicing.invoice", [m.pk for m in self.memos]),
            ):  # fmt: skip
                about |= Q(subject_type=kind, subject_id__in=list(rows))
        seal = AuditSeal.objects.filter(upto_event_id__gte=OuterRef("pk")).order_by("upto_event_id").values("pk")[:1]
        return Event.objects.filter(about).exclude(type=EXPORTED).annotate(seal=Subquery(seal)).order_by("pk")


def facts_of(seen: Seen, members: Mapping[int, str]) -> dict[str, Any]:
    """All that is told of a case. `members`: attachment → its name in the file."""
    case, events = seen.case, list(seen.events())
    told = {
        "case": _case(case), "lines": [_line(row) for row in case.lines.select_related("line")], "movements": _movements(case),
        "steps": [_row(s, ("state", "waiting_on", "day", "due_date", "by", "at"), department=_name(s.department))
                  for s in case.steps.select_related("department").order_by("pk")],
        "watchers": sorted(w.user.name for w in case.watchers.select_related("user")),
        "notes": [_row(n, ("at", "author", "is_internal", "body"), message=n.message_id) for n in seen.notes],
        "messages": [_message(m) for m in seen.messages], "tasks": [_task(t) for t in seen.tasks], "findings": _findings(case),
        "settlements": [_settlement(s, seen) for s in seen.settlements], "memos": [_memo(m) for m in seen.memos],
        "evidence": [_file(a, members) for a in seen.files], "events": _events(events), "left_out": seen.left_out,
    }  # fmt: skip
    return told | {"people": dict(sorted(actor_names(_labels(told)).items()))}


def _name(thing: Any) -> str:
    return str(thing) if thing else ""


def _case(case: Dispute) -> dict[str, Any]:
    item, cause = case.open_item, case.cause
    return _row(case, CASE) | {
        "company": _row(case.company, ("code", "name", "base_currency")), "customer": _row(case.customer, ("number", "name")),
        "item": _row(item, ("kind", "number", "currency", "document_date", "due_date", "amount", "balance")),
        "owner": _name(case.owner), "department": _name(case.department), "liable": _name(case.liable),
        "cause": _row(cause, ("code", "name", "stage", "is_ours")) if cause else None,
    }  # fmt: skip


def _line(row: Any) -> dict[str, Any]:
    return _row(row.line, ("number", "sku", "description"), contested=row.amount)


def _movements(case: Dispute) -> list[dict[str, Any]]:
    """Each change of what is in dispute, with what it came to."""
    total, told = 0, []
    for row in case.movements.order_by("pk"):
        total += row.delta
        told.append(_row(row, ("day", "delta", "by", "at"), in_dispute=total))
    return told


def _message(message: Message) -> dict[str, Any]:
    columns = "id kind channel recipients subject body state not_before sent_at message_id error created_by created_at".split()
    files = sorted((f.name, f.storedfile.sha256, f.storedfile.size) for f in message.enclosed.all())
    return _row(message, columns, files=[{"name": n, "sha256": s, "size": z} for n, s, z in files])


def _task(task: Task) -> dict[str, Any]:
    columns = "id title question kind amount currency due_date state created_by created_at closed_at".split()
    links = [_row(k, ("email", "name", "created_by", "created_at", "expires_at", "revoked_at", "last_used_at")) for k in task.links.all()]
    notes = [_row(n, ("at", "author", "kind", "body")) for n in task.notes.all()]
    return _row(task, columns, department=_name(task.department), assignee=_name(task.assignee), notes=notes, links=links)


def _findings(case: Dispute) -> list[dict[str, Any]]:
    columns = "origin remedy amount words proposed looked_at by at".split()
    rows = case.findings.select_related("cause", "department").order_by("pk")
    return [_row(f, columns, cause=_row(f.cause, ("code", "name", "stage")), department=_name(f.department)) for f in rows]


def _settlement(row: Any, seen: Seen) -> dict[str, Any]:
    columns = (
        "id resolution amount currency reason_code words to_customer payload state requested_by requested_on requested_at decided_at "
        "decision_note"
    ).split()
    signs = [_row(s, ("state", "asked_by", "signed_by", "signed_at", "note"), department=_name(s.department)) for s in row.sign_offs.all()]
    approval = seen.approvals.get(row.approval_id)
    return _row(row, columns, sign_offs=signs, approval=_approval(approval) if approval else None, message=row.message_id)


def _approval(row: Approval) -> dict[str, Any]:
    columns = (
        "id kind title reason amount currency summed payload payload_hash makers requested_by requested_on requested_at state decided_by "
        "on_behalf_of decided_at decision_note result_type result_id"
    ).split()
    return _row(row, columns)


def _memo(memo: Invoice) -> dict[str, Any]:
    columns = "kind number currency document_date subtotal tax_total total reason reason_code issued_by issued_at payload_hash".split()
    lines = [_row(line, ("number", "sku", "description", "quantity", "unit_price", "amount")) for line in memo.lines.all()]
    return _row(memo, columns, lines=lines)


def _file(row: Attachment, members: Mapping[int, str]) -> dict[str, Any]:
    columns = "subject_type kind name note scan added_by added_at removed_by removed_at".split()
    return _row(row, columns, sha256=row.file.sha256, size=row.file.size, member=members.get(row.pk, ""))


def _events(events: list[Any]) -> list[dict[str, Any]]:
    """What happened, each with its own SHA-256 and the seal of the chain that covers it, if one does yet."""
    seals, digests = AuditSeal.objects.in_bulk({e.seal for e in events if e.seal}), event_digests([e.pk for e in events])
    told = []
    for event in events:
        seal = seals.get(event.seal)
        sealed = _row(seal, ("upto_event_id", "count", "hash")) if seal else None
        columns = ("id", "at", "type", "actor", "subject_type", "subject_id", "data")
        told.append(_row(event, columns, sha256=digests[event.pk], seal=sealed))
    return told


LABELS = ("by", "author", "added_by", "removed_by", "created_by", "opened_by", "requested_by", "decided_by", "signed_by", "asked_by",
          "issued_by", "actor", "on_behalf_of")  # fmt: skip


def _labels(told: Any) -> set[str]:
    """Who acted anywhere in it."""
    if isinstance(told, list):
        return {label for part in told for label in _labels(part)}
    if not isinstance(told, dict):
        return set()
    own = {told[name] for name in LABELS if isinstance(told.get(name), str) and told[name]}
    return own | {label for name, part in told.items() if name not in ("data", "payload", "proposed") for label in _labels(part)}
