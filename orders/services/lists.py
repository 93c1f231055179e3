"""Lists of records brought in the browser: read in bounds, mapped, tried out whole, then saved by the one path that saves records.

found = start_list(actor=…, kind="orders", content=…, name=…, source="SAP")   # read; the mapping guessed, or taken from last time
set_list_mapping(actor=…, found=found, mapping=…)                             # what a person decided
check_list(actor=…, found=found)                                              # a dry run of all records
job = confirm_list(actor=…, found=found, mode="atomic", now=…)                # a Job does it; again it changes nothing
"""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from arops.lib import codec
from arops.lib.reading import habits, values
from arops.lib.reading.headings import assign
from arops.lib.reading.table import SheetRow, Table
from arops.lib.reading.values import DateOrder, DecimalMark
from arops.lib.refusal import Refused
from arops.lib.rows import Problem
from arops.lib.sandbox import run_bounded
from customers.readers import ListRow
from customers.services import Saved
from orders import services
from orders.models import ListImport
from orders.readers import Assembled, assemble, column, line_of
from orders.services.batch import PERMISSION
from orders.services.columns import SHAPES, columns, needed, words
from orders.services.single import in_words
from org.actors import Actor, require
from org.models import Company
from workflow.models import Job
from workflow.services import record, store_file
from workflow.services.jobs import create_job

READ_SECONDS, READ_MEMORY_MB = 90, 768
SMALL, BATCH, KEPT = 2_000, 500, 20_000
"""Rows up to which a list is checked while the person waits; records saved in one transaction; refusals that are kept."""
KIND = "orders_list"
SAVE: dict[str, Callable[..., list[Saved]]] = {
    "contracts": services.save_contracts, "purchase-orders": services.save_purchase_orders, "orders": services.save_orders,
    "deliveries": services.save_deliveries, "work-orders": services.save_work_orders,
}  # fmt: skip
Tell = Callable[[int, int], None]
_ENDED = (ListImport.State.RUNNING, ListImport.State.DONE, ListImport.State.CANCELLED)


class ListRefused(Refused):
    """The list can't be imported as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Field → heading, and what the cells don't say; `company` is for rows that name none."""

    columns: dict[str, str] = field(default_factory=dict)
    date_order: DateOrder = ""
    decimal: DecimalMark = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to say before the list can be read: the mapping's field, and the words."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """A record of the list with what would become, or became, of it."""

    record: Assembled
    outcome: str
    problems: tuple[Problem, ...] = ()


def start_list(*, actor: Actor, kind: str, content: bytes, name: str, source: str, company: Company | None = None) -> ListImport:
    """Read a list and propose how it is mapped. Changes no records. Raises InputRefused with the line that is wrong, NotAllowed."""
    require(actor, PERMISSION, company.pk if company else None)
    table: Table = run_bounded(
        "arops.lib.reading.table.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs={"words": sorted(words(kind))}
    )  # fmt: skip
    return _keep(actor, table, kind, content, name, source.strip()[:40] or "list", company)


@transaction.atomic
def _keep(actor: Actor, table: Table, kind: str, content: bytes, name: str, source: str, company: Company | None) -> ListImport:
    stored, _ = store_file(actor=actor, name=name, content=content)
    mapping = _guess(table, kind, _saved_mapping(actor, kind, source), company.code if company else "")
    packed = zlib.compress(json.dumps(codec.encode(table), separators=(",", ":")).encode(), 6)
    found = ListImport.objects.create(
        kind=kind, company=company, source=source, file=stored, name=name[:255], table=packed, rows=len(table.rows),
        mapping=codec.encode(mapping), created_by=actor.label,
    )  # fmt: skip
    record(actor=actor, type="record_list.read", company_id=found.company_id, subject=found, name=name, rows=found.rows, source=source)
    return found


def _saved_mapping(actor: Actor, kind: str, source: str) -> Mapping | None:
    """How the actor's last imported list of that kind and source was mapped."""
    done = ListImport.objects.visible_to(actor).filter(kind=kind, source__iexact=source, state=ListImport.State.DONE)
    last = done.order_by("-pk").values_list("mapping", flat=True).first()
    return codec.decode(last, Mapping) if last else None


def _guess(table: Table, kind: str, saved: Mapping | None, company: str) -> Mapping:
    """By the headings; what was chosen last time wins where its headings are still there, the cells win over habits."""
    found = assign(table.headings, words(kind))
    if saved:
        kept = {name: heading for name, heading in saved.columns.items() if heading in table.headings and name in columns(kind)}
        taken = set(kept.values())
        found = {name: heading for name, heading in found.items() if heading not in taken and name not in saved.columns} | kept
    start = replace(saved or Mapping(), columns=found, company=company or (saved.company if saved else ""))
    order = habits.date_order(_cells(table, kind, start, "day")) or start.date_order
    return replace(start, date_order=order, decimal=habits.decimal_mark(_cells(table, kind, start, "number")) or start.decimal)


def _cells(table: Table, kind: str, mapping: Mapping, sort: str) -> Iterator[tuple[int, str]]:
    """Cells of such columns that were typed as text."""
    for name, heading in mapping.columns.items():
        if columns(kind)[name].sort == sort and heading in table.headings:
            yield from table.typed_cells(heading)


def table_of(found: ListImport) -> Table:
    """The list as it was read."""
    table: Table = codec.decode(json.loads(zlib.decompress(bytes(found.table))), Table)
    return table


def mapping_of(found: ListImport) -> Mapping:
    """How it is mapped at present."""
    mapping: Mapping = codec.decode(found.mapping, Mapping)
    return mapping


def questions(table: Table, kind: str, mapping: Mapping) -> list[Question]:
    """What is still open, the most important first."""
    found = []
    for name in needed(kind):
        if name not in mapping.columns and name != "versions":
            found.append(Question(name, f"Which column holds the {columns(kind)[name].label.lower()}?"))
    if "company" not in mapping.columns and not mapping.company:
        found.append(Question("company", "Which company are these records of?"))
    if not mapping.date_order and (day := habits.unclear_day(_cells(table, kind, mapping, "day"))):
        found.append(Question("date_order", day[1]))
    if not mapping.decimal and (mark := habits.unclear_mark(_cells(table, kind, mapping, "number"))):
        found.append(Question("decimal", mark[1]))
    return found


@transaction.atomic
def set_list_mapping(*, actor: Actor, found: ListImport, mapping: Mapping) -> ListImport:
    """Map the columns anew; what was checked before has to be checked again. Raises ListRefused, NotAllowed."""
    locked = _locked(actor, found)
    if locked.state in _ENDED:
        raise ListRefused(f"this list is {locked.get_state_display()}: bring it again to map it anew")
    locked.mapping, locked.state, locked.counts, locked.outcomes = codec.encode(mapping), ListImport.State.MAPPING, {}, []
    locked.save(update_fields=["mapping", "state", "counts", "outcomes"])
    return locked


@transaction.atomic
def cancel_list(*, actor: Actor, found: ListImport) -> ListImport:
    """Put a list aside that wasn't imported. Raises ListRefused, NotAllowed."""
    locked = _locked(actor, found)
    if locked.state in (ListImport.State.RUNNING, ListImport.State.DONE):
        raise ListRefused(f"this list is {locked.get_state_display()}: what it brought is changed on the records themselves")
    locked.state = ListImport.State.CANCELLED
    locked.save(update_fields=["state"])
    record(actor=actor, type="record_list.cancelled", company_id=locked.company_id, subject=locked, name=locked.name)
    return locked


def _locked(actor: Actor, found: ListImport) -> ListImport:
    require(actor, PERMISSION, found.company_id)
    return ListImport.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)


def records_of(table: Table, kind: str, mapping: Mapping, upto: int | None = None) -> list[Assembled]:
    """The records that the rows (the first `upto`) make, as the API takes them."""
    shown = table.rows if upto is None else table.rows[:upto]
    found = assemble((_row(table, row, kind, mapping) for row in shown), SHAPES[kind])
    for made in found:
        if mapping.company:
            made.row.setdefault("company", mapping.company)
    return found


def _row(table: Table, row: SheetRow, kind: str, mapping: Mapping) -> ListRow:
    cells: dict[str, str] = {}
    for name, heading in mapping.columns.items():
        place = table.headings.index(heading) if heading in table.headings else -1
        if place >= 0 and row.cells[place]:
            cells[name] = _read(row.cells[place], columns(kind)[name].sort, bool(row.typed >> place & 1), mapping)
    return ListRow(row.line, cells)


def _read(written: str, sort: str, typed: bool, mapping: Mapping) -> str:
    """A cell as the API takes it; one that can't be read stays as it is, and its field refuses it."""
    try:
        if sort == "day":
            return values.day(written, mapping.date_order).isoformat()
        if sort == "number":
            return values.number(written, "." if typed else mapping.decimal)
    except values.Unclear:
        return written
    return written.removesuffix(".0") if sort == "whole" else written


def try_out(*, actor: Actor, found: ListImport, records: Sequence[Assembled]) -> list[Result]:
    """What would become of the records; nothing stays."""
    return [result for batch in _batches(records) for result in _save(actor, found, batch, dry_run=True)]


def _batches(records: Sequence[Assembled]) -> Iterator[Sequence[Assembled]]:
    for start in range(0, len(records), BATCH):
        yield records[start : start + BATCH]


def _save(actor: Actor, found: ListImport, records: Sequence[Assembled], *, atomic: bool = False, dry_run: bool = False) -> list[Result]:
    rows = [None if made.problems else made.row for made in records]
    saved = SAVE[found.kind](rows, actor=actor, source_system=found.source.lower(), atomic=atomic, dry_run=dry_run)
    return [
        Result(made, "rejected", tuple(made.problems)) if made.problems else Result(made, s.outcome, s.problems)
        for made, s in zip(records, saved, strict=True)
    ]  # fmt: skip


def _answered(found: ListImport) -> tuple[Table, Mapping]:
    table, mapping = table_of(found), mapping_of(found)
    if asked := questions(table, found.kind, mapping):
        raise ListRefused(" ".join(q.text for q in asked))
    return table, mapping


def check_list(*, actor: Actor, found: ListImport) -> ListImport:
    """Try all records and take them back: what would become of each is kept. Raises ListRefused, NotAllowed."""
    require(actor, PERMISSION, found.company_id)
    table, mapping = _answered(found)
    results = try_out(actor=actor, found=found, records=records_of(table, found.kind, mapping))
    _conclude(found, results, ListImport.State.CHECKED)
    return found


def request_check(*, actor: Actor, found: ListImport) -> Job:
    """Check a long list in the background. Raises ListRefused, NotAllowed."""
    _answered(found)
    with transaction.atomic():
        locked = _locked(actor, found)
        if locked.state in _ENDED:
            raise ListRefused(f"this list is {locked.get_state_display()}")
        attempt = Job.objects.filter(slot__startswith=f"{KIND}:{found.pk}:check:").count()
        job = _job(actor, locked, "check", f":{attempt}")
        ListImport.objects.filter(pk=found.pk).update(state=ListImport.State.CHECKING, job=job)
    return job


def confirm_list(*, actor: Actor, found: ListImport, mode: str, now: datetime) -> Job:
    """Have a checked list imported in the background. Confirming it twice is confirming it once; a list of which nothing was kept, as it
    was all or nothing, may be confirmed again record by record. Raises ListRefused, NotAllowed. Ring for the job."""
    _answered(found)
    with transaction.atomic():
        locked = _locked(actor, found)
        again = locked.state == ListImport.State.DONE and "held back" in locked.counts and mode == ListImport.Mode.PARTIAL
        if locked.state in (ListImport.State.RUNNING, ListImport.State.DONE) and locked.job and not again:
            return locked.job
        if locked.state != ListImport.State.CHECKED and not again:
            raise ListRefused(f"this list is {locked.get_state_display()}: check all rows first")
        locked.job = _job(actor, locked, "save", f":{mode}")
        locked.state, locked.mode, locked.confirmed_at = ListImport.State.RUNNING, ListImport.Mode(mode), now
        locked.save(update_fields=["state", "mode", "job", "confirmed_at"])
        record(actor=actor, type="record_list.confirmed", company_id=locked.company_id, subject=locked, name=locked.name, mode=mode)
    return locked.job


def _job(actor: Actor, found: ListImport, step: str, suffix: str) -> Job:
    return create_job(
        actor=actor, kind=KIND, slot=f"{KIND}:{found.pk}:{step}{suffix}", company=found.company, file=found.file,
        params={"list": found.pk, "step": step},
    )  # fmt: skip


def run_list(*, actor: Actor, found: ListImport, tell: Tell) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Save the records of a confirmed list: counts, and an outcome for each. Safe to repeat: what is there already stays as it is."""
    require(actor, PERMISSION, found.company_id)
    table, mapping = _answered(found)
    records = records_of(table, found.kind, mapping)
    results = _all_or_nothing(actor, found, records) if found.mode == ListImport.Mode.ATOMIC else _one_by_one(actor, found, records, tell)
    tell(len(records), len(records))
    counts = _conclude(found, results, ListImport.State.DONE)
    record(actor=actor, type="record_list.done", company_id=found.company_id, subject=found, name=found.name, **counts)
    return counts, [{"line": r.record.line, "number": said_number(r.record), "outcome": r.outcome, "errors": told(r)} for r in results]


def _all_or_nothing(actor: Actor, found: ListImport, records: Sequence[Assembled]) -> list[Result]:
    tried = _save(actor, found, records, dry_run=True)
    if any(result.outcome == "rejected" for result in tried):
        return [replace(r, outcome="held back") if r.outcome in ("created", "updated") else r for r in tried]
    return _save(actor, found, records, atomic=True)


def _one_by_one(actor: Actor, found: ListImport, records: Sequence[Assembled], tell: Tell) -> list[Result]:
    results: list[Result] = []
    for batch in _batches(records):
        tell(len(results), len(records))
        results += _save(actor, found, batch)
    return results


def said_number(made: Assembled) -> str:
    """What a record of the list is called."""
    return str(made.row.get("number", "") or made.row.get("external_id", ""))


def told(result: Result) -> list[dict[str, Any]]:
    """What was wrong with a record: the line of the file, the field, words."""
    made = result.record
    return [{"line": line_of(made, p.pointer), "field": column(p.pointer), "detail": in_words(p)} for p in result.problems]


def _conclude(found: ListImport, results: Sequence[Result], state: str) -> dict[str, int]:
    counts = dict(Counter(result.outcome for result in results))
    refused = [result for result in results if result.outcome == "rejected"]
    found.counts, found.state = counts, ListImport.State(state)
    found.outcomes = [{"lines": r.record.lines, "number": said_number(r.record), "problems": told(r)} for r in refused[:KEPT]]
    found.save(update_fields=["counts", "state", "outcomes"])
    return counts
