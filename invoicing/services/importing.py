"""Lists of invoices in: read in bounds, mapped, checked whole, then issued by the one path that issues documents.

    found = start_import(actor=…, content=…, name=…, source="SAP")     # the list as read, its mapping guessed or taken from last time
    set_mapping(actor=…, found=found, mapping=…)                       # what a person decided
    check_import(actor=…, found=found)                                 # a dry run of all rows: what would become of each
    job = confirm_import(actor=…, found=found, mode="atomic", now=…)   # a Job does it; the same list again changes nothing

`import_list` is all of it in one call, for the API.
"""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from arops.lib import codec
from arops.lib.reading.table import Table
from arops.lib.refusal import Refused
from arops.lib.sandbox import run_bounded
from invoicing.models import Invoice, InvoiceImport
from invoicing.readers.assemble import CellProblem, Draft, assemble, said_total
from invoicing.readers.mapping import Mapping, Question, guess, questions, reconsider
from invoicing.services.issuing import Outcome, issue_documents
from org.actors import Actor, require
from org.models import Company
from workflow.models import Job
from workflow.services import record, store_file
from workflow.services.jobs import create_job

READ_SECONDS, READ_MEMORY_MB = 90, 768
SOURCE_SYSTEM = "import"
BATCH = 500
SMALL = 2_000
"""Rows up to which a list is checked while the person waits; longer ones are checked in the background."""
KEPT = 20_000
"""Refused documents that are kept with their reasons; more than that is one mistake in the mapping, told many times."""

Tell = Callable[[int, int], None]


class ImportRefused(Refused):
    """The list can't be imported as asked; the message says why."""


class UnansweredQuestions(ImportRefused):
    """The list can be read in two ways; `questions` say what has to be decided."""

    def __init__(self, asked: Sequence[Question]) -> None:
        super().__init__(" ".join(q.text for q in asked))
        self.questions = tuple(asked)


class _Undo(Exception):
    """Raised to roll back a dry run, or an import of all or nothing with a refused document."""


def read_list(content: bytes, name: str, sheet: str = "") -> Table:
    """The list, parsed in a process of its own. Raises InputRefused with line and reason."""
    table: Table = run_bounded(
        "invoicing.readers.table.read", content, seconds=READ_SECONDS, memory_mb=READ_MEMORY_MB, kwargs={"name": name, "sheet": sheet}
    )
    return table


def start_import(*, actor: Actor, content: bytes, name: str, source: str, company: Company | None = None) -> InvoiceImport:
    """Read a list and propose how it is mapped: as last time for the same source, else by its headings. Changes no books.

    Raises InputRefused with the line that is wrong, NotAllowed.
    """
    require(actor, "invoices.import", company.pk if company else None)
    table = read_list(content, name)
    return _keep(actor, table, content, name, source.strip()[:60] or "list", company)


@transaction.atomic
def _keep(actor: Actor, table: Table, content: bytes, name: str, source: str, company: Company | None) -> InvoiceImport:
    stored, _ = store_file(actor=actor, name=name, content=content)
    mapping = guess(table, saved=saved_mapping(actor, source), company=company.code if company else "")
    packed = zlib.compress(json.dumps(codec.encode(table), separators=(",", ":")).encode(), 6)
    found = InvoiceImport.objects.create(
        company=company, source=source, file=stored, name=name[:255], table=packed, rows=len(table.rows), mapping=codec.encode(mapping),
        created_by=actor.label,
    )  # fmt: skip
    record(actor=actor, type="invoice_import.read", company_id=found.company_id, subject=found, name=name, rows=found.rows, source=source)
    return found


def saved_mapping(actor: Actor, source: str) -> Mapping | None:
    """How the last imported list of that source was mapped, by whoever of the actor's companies."""
    reach = actor.reach("invoices.import")
    done = InvoiceImport.objects.filter(source__iexact=source, state=InvoiceImport.State.DONE)
    if not reach.everything:
        own = done.filter(created_by=actor.label)
        done = own | done.filter(company__in=reach.companies | reach.portfolios)
    last = done.order_by("-pk").values_list("mapping", flat=True).first()
    return codec.decode(last, Mapping) if last else None


def table_of(found: InvoiceImport) -> Table:
    """The list as it was read."""
    table: Table = codec.decode(json.loads(zlib.decompress(bytes(found.table))), Table)
    return table


def mapping_of(found: InvoiceImport) -> Mapping:
    """How it is mapped at present."""
    mapping: Mapping = codec.decode(found.mapping, Mapping)
    return mapping


def earlier_import(found: InvoiceImport) -> InvoiceImport | None:
    """The last time the same file was imported, by the same person; None when it is new."""
    same = InvoiceImport.objects.filter(file=found.file_id, created_by=found.created_by, counts__has_key="created")
    same = same.filter(state=InvoiceImport.State.DONE)
    return same.exclude(pk=found.pk).first()


@transaction.atomic
def set_mapping(*, actor: Actor, found: InvoiceImport, mapping: Mapping) -> InvoiceImport:
    """Map the columns anew; what was checked before has to be checked again. Raises ImportRefused, NotAllowed."""
    locked = _locked(actor, found)
    if locked.state not in (InvoiceImport.State.MAPPING, InvoiceImport.State.CHECKING, InvoiceImport.State.CHECKED):
        raise ImportRefused(f"this list is {locked.get_state_display()}: bring it again to map it anew")
    mapping = reconsider(table_of(locked), mapping_of(locked), mapping)
    locked.mapping, locked.state = codec.encode(mapping), InvoiceImport.State.MAPPING
    locked.counts, locked.totals, locked.outcomes, locked.held = {}, [], [], []
    locked.save(update_fields=["mapping", "state", "counts", "totals", "outcomes", "held"])
    return locked


@transaction.atomic
def cancel_import(*, actor: Actor, found: InvoiceImport) -> InvoiceImport:
    """Put a list aside that wasn't imported. Raises ImportRefused, NotAllowed."""
    locked = _locked(actor, found)
    if locked.state in (InvoiceImport.State.RUNNING, InvoiceImport.State.DONE):
        raise ImportRefused(f"this list is {locked.get_state_display()}: what was issued is undone by credit memos")
    locked.state = InvoiceImport.State.CANCELLED
    locked.save(update_fields=["state"])
    record(actor=actor, type="invoice_import.cancelled", company_id=locked.company_id, subject=locked, name=locked.name)
    return locked


def _locked(actor: Actor, found: InvoiceImport) -> InvoiceImport:
    require(actor, "invoices.import", found.company_id)
    return InvoiceImport.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)


def _answered(found: InvoiceImport) -> tuple[Table, Mapping]:
    table, mapping = table_of(found), mapping_of(found)
    if asked := questions(table, mapping):
        raise UnansweredQuestions(asked)
    return table, mapping


def check_import(*, actor: Actor, found: InvoiceImport) -> InvoiceImport:
    """Try all documents and take them back: what would become of each, kept with the import. Raises UnansweredQuestions, NotAllowed."""
    require(actor, "invoices.import", found.company_id)
    table, mapping = _answered(found)
    made = assemble(table, mapping)
    results = try_out(made.drafts, actor)
    _conclude(found, results, InvoiceImport.State.CHECKED)
    return found


def request_check(*, actor: Actor, found: InvoiceImport) -> Job:
    """Check a long list in the background. Raises UnansweredQuestions, NotAllowed."""
    _answered(found)
    with transaction.atomic():
        locked = _locked(actor, found)
        attempt = Job.objects.filter(slot__startswith=f"invoice_import:{found.pk}:check:").count()
        job = _job(actor, locked, "check", f":{attempt}")
        InvoiceImport.objects.filter(pk=found.pk).update(state=InvoiceImport.State.CHECKING, job=job)
    return job


def confirm_import(*, actor: Actor, found: InvoiceImport, mode: str, now: datetime) -> Job:
    """Have a checked list imported in the background; `mode` is atomic or partial. Confirming it twice is confirming it once. A list of
    which nothing was issued, as it was all or nothing, may be confirmed again row by row.

    Raises ImportRefused, UnansweredQuestions, NotAllowed. Ring for the job (`workflow.doorbell.ring`).
    """
    _answered(found)
    with transaction.atomic():
        locked = _locked(actor, found)
        again = locked.state == InvoiceImport.State.DONE and "held back" in locked.counts and mode == InvoiceImport.Mode.PARTIAL
        if locked.state in (InvoiceImport.State.RUNNING, InvoiceImport.State.DONE) and locked.job and not again:
            return locked.job
        if locked.state != InvoiceImport.State.CHECKED and not again:
            raise ImportRefused(f"this list is {locked.get_state_display()}: check all rows first")
        job = _job(actor, locked, "issue", f":{mode}")
        locked.state, locked.mode, locked.job, locked.confirmed_at = InvoiceImport.State.RUNNING, InvoiceImport.Mode(mode), job, now
        locked.save(update_fields=["state", "mode", "job", "confirmed_at"])
        record(actor=actor, type="invoice_import.confirmed", company_id=locked.company_id, subject=locked, name=locked.name, mode=mode)
    return job


def _job(actor: Actor, found: InvoiceImport, step: str, suffix: str = "") -> Job:
    """The run; it knows the last document before it, so that one taken up again knows its own."""
    last = Invoice.objects.aggregate(last=Max("pk"))["last"]
    return create_job(
        actor=actor, kind="invoice_import", slot=f"invoice_import:{found.pk}:{step}{suffix}", company=found.company,
        params={"import": found.pk, "step": step, "after": last or 0}, file=found.file,
    )  # fmt: skip


def import_list(
    *, actor: Actor, content: bytes, name: str, source: str, now: datetime, mode: str = "partial", company: Company | None = None,
    mapping: Mapping | None = None,
) -> Job:  # fmt: skip
    """A list from the API in one call: read, mapped (as last time, or by its headings, or as told) and put into the queue.

    Raises InputRefused, UnansweredQuestions where a person would be asked, NotAllowed.
    """
    with transaction.atomic():
        found = start_import(actor=actor, content=content, name=name, source=source, company=company)
        if mapping:
            set_mapping(actor=actor, found=found, mapping=mapping)
            found.refresh_from_db()
        _answered(found)
        InvoiceImport.objects.filter(pk=found.pk).update(state=InvoiceImport.State.CHECKED)
        return confirm_import(actor=actor, found=found, mode=mode, now=now)


def run_import(*, actor: Actor, found: InvoiceImport, tell: Tell) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Issue the documents of a confirmed list: counts, and an outcome for each document. Safe to repeat."""
    require(actor, "invoices.import", found.company_id)
    table, mapping = _answered(found)
    made = assemble(table, mapping)
    if found.mode == InvoiceImport.Mode.ATOMIC:
        tell(0, len(made.drafts))
        results = _all_or_nothing(made.drafts, actor)
    else:
        results = _row_by_row(made.drafts, actor, tell)
    results = _first_time(found, results)
    counts = _conclude(found, results, InvoiceImport.State.DONE)
    record(actor=actor, type="invoice_import.done", company_id=found.company_id, subject=found, name=found.name, **counts)
    return counts, [_told(table, draft, outcome) for draft, outcome in results]


Result = tuple[Draft, Outcome]


def try_out(drafts: Sequence[Draft], actor: Actor) -> list[Result]:
    """What would become of the documents, all of them together; nothing stays."""
    results: list[Result] = []
    try:
        with transaction.atomic():
            for batch in _batches(drafts):
                results += _issue(batch, actor)
            raise _Undo
    except _Undo:
        return results


def _all_or_nothing(drafts: Sequence[Draft], actor: Actor) -> list[Result]:
    results: list[Result] = []
    try:
        with transaction.atomic():
            for batch in _batches(drafts):
                results += _issue(batch, actor)
            if any(outcome.outcome == "rejected" for _, outcome in results):
                raise _Undo
    except _Undo:
        return [(draft, _taken_back(outcome)) for draft, outcome in results]
    return results


def _taken_back(outcome: Outcome) -> Outcome:
    """What was good, or held as a draft, is neither now."""
    return replace(outcome, outcome="held back", invoice_id=None, draft_id=None) if outcome.outcome in ("created", "held") else outcome


def _row_by_row(drafts: Sequence[Draft], actor: Actor, tell: Tell) -> list[Result]:
    results: list[Result] = []
    for batch in _batches(drafts):
        tell(len(results), len(drafts))
        with transaction.atomic():
            results += _issue(batch, actor)
    tell(len(drafts), len(drafts))
    return results


def _batches(drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    """Memos that refer to other documents come after all those, for what they refer to may be in the same list."""
    for group in ([d for d in drafts if "refers_to" not in d.payload], [d for d in drafts if "refers_to" in d.payload]):
        for start in range(0, len(group), BATCH):
            yield group[start : start + BATCH]


def _issue(drafts: Sequence[Draft], actor: Actor) -> list[Result]:
    """Issue those that could be read; the others are refused for what couldn't."""
    barred = _barred(drafts, actor)
    for draft in drafts:
        if draft.payload.get("kind") == "credit_memo" and draft.payload.get("company") in barred:
            draft.problems.append(CellProblem(draft.rows[0], "kind", "credit memos are brought in by those who may approve them"))
    good = [draft for draft in drafts if not draft.problems]
    outcomes = iter(issue_documents([d.payload for d in good], actor=actor, source_system=SOURCE_SYSTEM, from_list=True))
    return [(draft, Outcome(0, None, "rejected") if draft.problems else next(outcomes)) for draft in drafts]


def _barred(drafts: Sequence[Draft], actor: Actor) -> set[str]:
    """Companies for which a person may not approve credit memos, and so doesn't make them by a file either; the ERP's own key may."""
    if not actor.label.startswith("user:"):
        return set()
    codes = {str(d.payload.get("company", "")) for d in drafts if d.payload.get("kind") == "credit_memo"}
    return {c.code for c in Company.objects.filter(code__in=codes) if not actor.can("memos.approve", c.pk)} if codes else set()


def _first_time(found: InvoiceImport, results: list[Result]) -> list[Result]:
    """A run taken up again finds its own documents issued: they count as created, not as said before."""
    again = [outcome.invoice_id for _, outcome in results if outcome.outcome == "unchanged" and outcome.invoice_id]
    if not again or found.job is None:
        return results
    later = Invoice.objects.filter(pk__in=again, pk__gt=found.job.params.get("after", 0), issued_by=found.created_by)
    own = set(later.values_list("pk", flat=True))
    return [
        (draft, replace(o, outcome="created")) if o.outcome == "unchanged" and o.invoice_id in own else (draft, o) for draft, o in results
    ]


def problems_of(draft: Draft, outcome: Outcome) -> list[CellProblem]:
    """What was wrong with a document, by cell: what couldn't be read, then what the books refused."""
    return [*draft.problems, *(CellProblem(*draft.place(p.pointer), p.detail) for p in outcome.problems)]


def _told(table: Table, draft: Draft, outcome: Outcome) -> dict[str, Any]:
    """An outcome as the job keeps it."""
    errors = [{"line": table.rows[p.row].line, "field": p.field, "detail": p.detail} for p in problems_of(draft, outcome)]
    return {
        "line": table.rows[draft.rows[0]].line,
        "number": draft.payload.get("number", ""),
        "outcome": outcome.outcome,
        "id": f"inv_{outcome.invoice_id}" if outcome.invoice_id else None,
        "errors": errors,
        "draft": f"drf_{outcome.draft_id}" if outcome.draft_id else None,
        "findings": [f.words for f in outcome.found],
    }


def _conclude(found: InvoiceImport, results: Sequence[Result], state: str) -> dict[str, int]:
    """Keep what was found: counts, control totals, what was refused and what the check holds, each with its reasons."""
    counts = Counter(outcome.outcome for _, outcome in results)
    refused = [(draft, outcome) for draft, outcome in results if outcome.outcome == "rejected"]
    found.counts, found.totals, found.state = dict(counts), control_totals(results), state
    found.outcomes = [
        {"rows": draft.rows, "number": draft.payload.get("number", ""), "problems": codec.encode(problems_of(draft, outcome))}
        for draft, outcome in sorted(refused, key=lambda r: r[0].rows[0])[:KEPT]
    ]
    found.held = [
        {"row": draft.rows[0], "number": draft.payload.get("number", ""), "words": [f.words for f in outcome.found],
         "draft": outcome.draft_id if state == InvoiceImport.State.DONE else None}
        for draft, outcome in sorted(results, key=lambda r: r[0].rows[0]) if outcome.outcome == "held"
    ][:KEPT]  # fmt: skip
    found.save(update_fields=["counts", "totals", "state", "outcomes", "held"])
    return dict(counts)


def control_totals(results: Sequence[Result]) -> list[list[Any]]:
    """Kind, currency, documents, minor units: of those that are, or would be, in the books."""
    sums: dict[tuple[str, str], list[int]] = {}
    for draft, outcome in results:
        said = said_total(draft.payload)
        if outcome.outcome in ("created", "unchanged", "held back") and said:
            entry = sums.setdefault((draft.payload["kind"], said[0]), [0, 0])
            entry[0] += 1
            entry[1] += said[1]
    return [[kind, currency, count, amount] for (kind, currency), (count, amount) in sorted(sums.items())]
