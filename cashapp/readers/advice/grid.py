"""Rows taken out of a list, a text or a PDF, before anything is understood: headings, rows, and what stands above and below them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arops.lib.reading.headings import flat
from arops.lib.reading.table import SheetRow

_TOTAL = re.compile(r"^(grand |sub)?(totals?|sum|summe|gesamt|gesamtbetrag|endbetrag|totale|totaal|somme|suma|net payment)\b")
_PAIR = re.compile(r"([^:]{2,40}?)\s*:\s*(\S.*)")


@dataclass(frozen=True, slots=True)
class Grid:
    """`format` as screens name it; `kind` is list or pdf; `above` and `below` are lines of cells that belong to no row."""

    kind: str
    format: str
    headings: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    above: tuple[tuple[str, ...], ...] = ()
    below: tuple[tuple[str, ...], ...] = ()
    sheet: str = ""
    notes: tuple[str, ...] = ()

    def said(self) -> Iterator[tuple[str, str]]:
        """Label and value of what stands above and below: `Payment number: 4711`, or a label with its value in the next cell."""
        for cells in (*self.above, *self.below):
            filled = [cell for cell in cells if cell]
            for n, cell in enumerate(filled):
                if found := _PAIR.fullmatch(cell):
                    yield found[1], found[2]
                elif n + 1 < len(filled):
                    yield cell.rstrip(":# "), filled[n + 1]


def cells_of(grid: Grid, heading: str) -> list[tuple[int, str]]:
    """Line and text of a column's cells that were typed as text; nothing when there is no such column."""
    if heading not in grid.headings:
        return []
    place = grid.headings.index(heading)
    return [(row.line, row.cells[place]) for row in grid.rows if row.cells[place] and not row.typed >> place & 1]


def is_total(cells: Sequence[str]) -> bool:
    """Whether a row sums up those above it."""
    return bool(_TOTAL.match(flat(next((cell for cell in cells if cell), ""))))
