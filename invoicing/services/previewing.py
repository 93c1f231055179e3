"""What a list would become, before anything is issued: its first rows with what is wrong beside the cells, and control totals of all."""

from dataclasses import dataclass
from typing import Any

from arops.lib.reading.shown import SHOWN, Cell, PreviewRow, read_as
from arops.lib.reading.table import SheetRow, Table
from invoicing.models import InvoiceImport
from invoicing.readers.assemble import Draft, assemble, said_total
from invoicing.readers.fields import FIELDS
from invoicing.readers.mapping import Mapping, Question, questions
from invoicing.services.importing import Result, mapping_of, problems_of, table_of, try_out
from org.actors import Actor


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, what has to be decided, and of the whole list: rows, documents, how many can't be read, totals; and in words how
    the file was read."""

    rows: list[PreviewRow]
    questions: list[Question]
    notes: list[str]
    count: int
    documents: int
    unreadable: int
    totals: list[tuple[str, str, int, int]]
    read_as: str


def preview(*, actor: Actor, found: InvoiceImport) -> Preview:
    """Look at a list by its mapping. The first documents are tried against the books and taken back."""
    table, mapping = table_of(found), mapping_of(found)
    asked = questions(table, mapping)
    made = assemble(table, mapping)
    first = [draft for draft in made.drafts if draft.rows[0] < SHOWN]
    tried = [] if asked else try_out(first, actor)
    wrong, outcomes = _told(first, tried)
    rows = [_row(row, n, table, mapping, wrong, outcomes) for n, row in enumerate(table.rows[:SHOWN])]
    unreadable = sum(1 for draft in made.drafts if draft.problems)
    return Preview(rows, asked, made.notes[:5], len(table.rows), len(made.drafts), unreadable, _totals(made.drafts), read_as(table))


Wrong = dict[tuple[int, str], list[str]]


def _told(first: list[Draft], tried: list[Result]) -> tuple[Wrong, dict[int, str]]:
    """Problems by row and field, outcomes by the document's first row."""
    wrong: Wrong = {}
    for draft, outcome in tried:
        for problem in problems_of(draft, outcome):
            wrong.setdefault((problem.row, problem.field), []).append(problem.detail)
    for draft in [] if tried else first:
        for problem in draft.problems:
            wrong.setdefault((problem.row, problem.field), []).append(problem.detail)
    return wrong, {draft.rows[0]: outcome.outcome for draft, outcome in tried}


def _row(row: SheetRow, place: int, table: Table, mapping: Mapping, wrong: Wrong, outcomes: dict[int, str]) -> PreviewRow:
    fields = {heading: name for name, heading in mapping.columns.items()}
    cells, told = [], set()
    for heading, text in zip(table.headings, row.cells, strict=True):
        name = fields.get(heading, "")
        key = "customer" if name == "customer_external" and "customer" not in mapping.columns else name
        problems = tuple(wrong.get((place, key), ())) if name else ()
        told.add(key)
        cells.append(Cell(text, name, problems))
    rest = [
        f"{FIELDS[name].label}: {detail}" if name else detail
        for (at, name), details in wrong.items() for detail in details if at == place and (not name or name not in told)
    ]  # fmt: skip
    return PreviewRow(row.line, cells, outcomes.get(place, ""), tuple(rest))


def _totals(drafts: list[Draft]) -> list[tuple[str, str, int, int]]:
    """Kind, currency, documents, minor units, of what can be read."""
    sums: dict[tuple[str, str], list[int]] = {}
    for draft in drafts:
        said: Any = None if draft.problems else said_total(draft.payload)
        if said:
            entry = sums.setdefault((draft.payload["kind"], said[0]), [0, 0])
            entry[0] += 1
            entry[1] += said[1]
    return [(kind, currency, n, amount) for (kind, currency), (n, amount) in sorted(sums.items())]
