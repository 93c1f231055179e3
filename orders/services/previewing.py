"""What a list would become, before anything is kept: its first rows with what is wrong beside the cells."""

from dataclasses import dataclass

from arops.lib.reading.shown import SHOWN, Cell, PreviewRow, read_as
from arops.lib.reading.table import SheetRow, Table
from orders.models import ListImport
from orders.services.lists import Mapping, Question, Result, mapping_of, questions, records_of, table_of, told, try_out
from org.actors import Actor

LOOKED = 400
"""Rows that are read for the preview, so that records whose lines go on below the shown ones are whole."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows, what has to be decided, how many rows there are, and in words how the file was read."""

    rows: list[PreviewRow]
    questions: list[Question]
    count: int
    read_as: str


Wrong = dict[tuple[int, str], list[str]]


def preview(*, actor: Actor, found: ListImport) -> Preview:
    """Look at a list by its mapping. The first records are tried and taken back."""
    table, mapping = table_of(found), mapping_of(found)
    asked = questions(table, found.kind, mapping)
    last = table.rows[min(SHOWN, len(table.rows)) - 1].line
    first = [] if asked else [made for made in records_of(table, found.kind, mapping, LOOKED) if made.line <= last]
    tried = try_out(actor=actor, found=found, records=first)
    wrong, outcomes = _told(tried)
    rows = [_row(row, table, mapping, wrong, outcomes) for row in table.rows[:SHOWN]]
    return Preview(rows, asked, len(table.rows), read_as(table))


def _told(tried: list[Result]) -> tuple[Wrong, dict[int, str]]:
    """Problems by line and field, outcomes by the record's first line."""
    wrong: Wrong = {}
    for result in tried:
        for problem in told(result):
            wrong.setdefault((problem["line"], problem["field"]), []).append(problem["detail"])
    return wrong, {result.record.line: result.outcome for result in tried}


def _row(row: SheetRow, table: Table, mapping: Mapping, wrong: Wrong, outcomes: dict[int, str]) -> PreviewRow:
    fields = {heading: name for name, heading in mapping.columns.items()}
    cells = []
    for heading, text in zip(table.headings, row.cells, strict=True):
        name = fields.get(heading, "")
        cells.append(Cell(text, name, tuple(wrong.get((row.line, name), ())) if name else ()))
    shown = {cell.field for cell in cells if cell.field}
    rest = [detail for (line, name), details in wrong.items() for detail in details if line == row.line and name not in shown]
    return PreviewRow(row.line, cells, outcomes.get(row.line, ""), tuple(rest))
