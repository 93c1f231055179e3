"""Remittances as Excel workbooks, CSV, or text in columns: rows out of the file, read by a saved mapping or by one that leaves no question.

Text in columns is what people paste into a mail: cells are parted by tabs, bars, or two blanks and more.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from arops.lib import codec
from arops.lib.reading import ReadError, archive, sheets, table, text
from arops.lib.reading.headings import flat
from arops.lib.reading.sheets import Cell, as_text

from .grid import Grid
from .layout import COLUMNS, AdviceMapping, known, propose_grid
from .model import AdviceFile
from .understand import advices_of

_PARTS = re.compile(r"\s*\|\s*|\t+| {2,}")
_MAX_ABOVE = 40


def is_list(data: bytes) -> bool:
    """Whether it may be a list at all: a workbook, or text. What it says is judged when it is read."""
    if archive.is_zip(data):
        return b"xl/" in data
    return b"\0" not in data[:2048].replace(b"\0", b"", 1024 if data[:2] in (b"\xff\xfe", b"\xfe\xff") else 0)


def read(data: bytes, *, layout: dict[str, Any] | None = None, currency: str = "") -> AdviceFile:
    """Every advice of the list. ReadError with the line, also for what can be read two ways and no layout decides."""
    chosen = [str(layout[role]) for role, _ in COLUMNS if layout.get(role)] if layout else []
    return read_grid(grid(data, sheet=str((layout or {}).get("sheet") or ""), chosen=chosen), layout, currency)


def read_grid(found: Grid, layout: dict[str, Any] | None, currency: str) -> AdviceFile:
    """The same, of rows already taken out of their file."""
    if layout:
        try:
            mapping = codec.decode(layout, AdviceMapping)
        except codec.CodecError as error:
            raise ReadError(None, f"the saved layout can't be used: {error}") from None
        return advices_of(found, replace(mapping, currency=mapping.currency or currency))
    proposal = propose_grid(found, currency)
    if proposal.questions:
        raise ReadError(proposal.questions[0].line, proposal.questions[0].text)
    return advices_of(found, proposal.mapping)


def grid(data: bytes, *, sheet: str = "", chosen: Collection[str] = (), whatever: bool = False) -> Grid:
    """Headings and rows. `chosen` are the headings that a person named, where words of ours don't count; `whatever`: the first row with
    text holds the headings where none names anything we know. ReadError when there is no row of headings."""
    if not archive.is_zip(data) and (written := _in_columns(data)):
        return written
    wanted = frozenset(flat(heading) for heading in chosen)
    counts = (lambda headings: len({flat(h) for h in headings} & wanted)) if wanted else known
    found = table.read_table(data, counts, sheet=sheet)
    if not whatever and counts(found.headings) < min(2, len(wanted) or 2):
        raise ReadError(found.heading_line, "no row of headings names invoices and amounts: say what the columns are")
    above = _above(data, found)
    return Grid("list", "Excel" if found.format == "xlsx" else "CSV", found.headings, found.rows, above, sheet=found.sheet)


def _above(data: bytes, found: table.Table) -> tuple[tuple[str, ...], ...]:
    """What stands over the headings: the payment's number, day and total in most lists that people export."""
    if found.heading_line < 2:
        return ()
    if found.format == "xlsx":
        _, rows = sheets.xlsx_rows(data, found.sheet or None)
    else:
        rows = list(sheets.csv_rows(text.decode(data, found.encoding), found.delimiter))
    return tuple(_texts(cells) for line, cells in rows[:_MAX_ABOVE] if line < found.heading_line and any(as_text(c) for c in cells))


def _texts(cells: list[Cell]) -> tuple[str, ...]:
    return tuple(as_text(cell) for cell in cells)


def _in_columns(data: bytes) -> Grid | None:
    """Text whose headings are parted by blanks; None when it is none, so that it is read as CSV."""
    if len(data) > table.MAX_BYTES:
        return None
    try:
        lines = text.decode(data).split("\n")
    except ReadError:
        return None
    for place, line in enumerate(lines[:200]):
        headings = [part for part in _PARTS.split(line.strip().strip("|")) if part]
        if len(headings) > 1 and known(headings) > 1 and not any(mark in line for mark in ",;"):
            return _text_grid(lines, place, headings)
    return None


def _text_grid(lines: list[str], place: int, headings: list[str]) -> Grid | None:
    if "\t" in lines[place] and all("\t" in line for line in lines[place + 1 :] if line.strip()):
        return None  # tab-separated throughout: a list like any other
    rows, below = [], []
    for number, line in enumerate(lines[place + 1 :], start=place + 2):
        cells = [part.strip() for part in _PARTS.split(line.strip().strip("|").strip())]
        if not line.strip() or set(line) <= set("-=_+| \t"):
            continue
        if len(cells) == len(headings):
            rows.append(table.SheetRow(number, tuple(cells)))
        else:
            below.append(tuple(cells))
    if not rows:
        return None
    above = tuple(tuple(p for p in _PARTS.split(line.strip()) if p) for line in lines[max(0, place - _MAX_ABOVE) : place] if line.strip())
    return Grid("list", "text", table.unique(headings), tuple(rows), above, tuple(below))
