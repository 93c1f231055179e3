"""What a page shows of a list that was brought: how it was read, its first rows, those that are refused.

Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arops.lib import tables
from arops.lib.reading.table import SheetRow, Table

SHOWN = 20
"""Rows of a preview."""
_MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_STEPS = ("Read", "Map the columns", "Check all rows", "Import")
_AT = {"mapping": 1, "checking": 2, "checked": 2, "running": 3, "done": 4}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as written, the field it is read as (empty: not read), and what is wrong with it."""

    text: str
    field: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row with its line in the file; `outcome` of what it makes, on the first row of that; what is wrong beside the cells."""

    line: int
    cells: list[Cell]
    outcome: str = ""
    problems: tuple[str, ...] = ()


def read_as(table: Table) -> str:
    """What was guessed of the file itself, in words."""
    if table.format == "xlsx":
        return f"sheet “{table.sheet}”, headings in line {table.heading_line}"
    mark = _MARKS.get(table.delimiter, table.delimiter)
    return f"text in {table.encoding}, separated by {mark}, headings in line {table.heading_line}"


def steps(state: str) -> list[tuple[str, str]]:
    """The way of a list, each step with `past`, `here` or nothing, by the state it is in."""
    at = _AT.get(state, 0)
    return [(name, "past" if n < at else "here" if n == at else "") for n, name in enumerate(_STEPS)]


def refused_rows(table: Table, problems: Mapping[int, list[str]]) -> tables.Table:
    """The rows of these lines in the list's own columns, with what is wrong in one more: to be corrected and brought again."""
    columns = [tables.Column(f"c{n}", heading, _cell_at(n), kind="num") for n, heading in enumerate(table.headings)]
    columns.append(tables.Column("problem", "Problem", lambda row: "; ".join(problems[row.line]), grow=True))
    return tables.Table(columns, [row for row in table.rows if row.line in problems])


def _cell_at(place: int) -> Callable[[SheetRow], Any]:
    """A row's cell as it was: a number where the workbook held one, else text."""

    def value(row: SheetRow) -> Any:
        text, typed = row.cells[place], row.typed >> place & 1
        return Decimal(text) if typed and text.replace(".", "", 1).lstrip("-").isdecimal() else text

    return value
