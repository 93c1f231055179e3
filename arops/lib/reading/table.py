"""A CSV text or Excel workbook as a table: headings, and rows of cells as text. Runs in the sandbox, for the bytes come from outside.

Which row holds the headings, and what separates the cells, is told by how many fields a row names: `known` counts them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from arops.lib.reading import ReadError, archive, sheets, text
from arops.lib.reading.headings import named
from arops.lib.reading.sheets import Cell, Row, as_text

__all__ = ["MAX_BYTES", "Known", "ReadError", "SheetRow", "Table", "read", "read_table"]

Known = Callable[[Sequence[str]], int]
"""How many different fields these headings name."""
MAX_BYTES = 50 * 1024 * 1024
_HEAD_ROWS = 60
SEEN = 20_000
"""Cells of a column that are looked at to find out how it writes: a list that changes its ways after that is refused row by row."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF file: export the list as CSV or .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls) or an encrypted workbook: save it as .xlsx without a password"),
    (b"MZ", "a program, not a list"),
    (b"\x7fELF", "a program, not a list"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"\x89PNG", "a picture, not a list"),
    (b"\xff\xd8\xff", "a picture, not a list"),
)
_NOT_A_LIST: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(<!DOCTYPE html|<html)", re.I), "an HTML page, whatever its name says: save it as a workbook (.xlsx) or CSV"),
    (re.compile(r"\s*<(\?xml|[A-Za-z])", re.I), "an XML file: export the list as CSV or .xlsx"),
    (re.compile(r"\s*[{\[]\s*[\"{\[]"), "a JSON file: send it to the API, or export the list as CSV or .xlsx"),
    (re.compile(r"\{\\rtf"), "an RTF document, not a list"),
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: its line in the file, its cells as text; bit n of `typed` says that cell n was a number or a day in a workbook."""

    line: int
    cells: tuple[str, ...]
    typed: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A list as read. Headings are unique: a second one gets a number, an empty one its letter."""

    format: str
    headings: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    heading_line: int
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""

    def typed_cells(self, heading: str) -> Iterator[tuple[int, str]]:
        """Line and text of a column's cells that were typed as text, of as many as are looked at to find out how the list writes."""
        place = self.headings.index(heading)
        for row in self.rows[:SEEN]:
            if row.cells[place] and not row.typed >> place & 1:
                yield row.line, row.cells[place]


def read(data: bytes, *, words: list[str], sheet: str = "") -> Table:
    """The whole list, its headings known by (flat) words. For the sandbox, which passes no functions."""
    return read_table(data, lambda headings: named(headings, words), sheet=sheet)


def read_table(data: bytes, known: Known, *, sheet: str = "") -> Table:
    """The whole list, or ReadError with line and reason. The content says what it is, whatever its name."""
    if len(data) > MAX_BYTES:
        raise ReadError(None, f"the file has {len(data) // 1024 // 1024} MB, more than {MAX_BYTES // 1024 // 1024} MB")
    if archive.is_zip(data):
        return _workbook(data, sheet, known)
    for magic, reason in _FOREIGN:
        if data.startswith(magic):
            raise ReadError(None, f"this is {reason}")
    return _text(data, known)


def _workbook(data: bytes, sheet: str, known: Known) -> Table:
    names = archive.open_zip(data).namelist()
    if not any(name.startswith("xl/") for name in names):
        raise ReadError(None, "this is an archive, not a workbook: unpack it first")
    title, rows = sheets.xlsx_rows(data, sheet or None)
    return _table("xlsx", rows, known, sheet=title)


def _text(data: bytes, known: Known) -> Table:
    encoding = text.guess_encoding(data)
    body = text.decode(data, encoding)
    if not body.strip():
        raise ReadError(None, "the file is empty")
    for pattern, reason in _NOT_A_LIST:
        if pattern.match(body[:2000]):
            raise ReadError(1, f"this is {reason}")
    delimiter = _delimiter(body, known)
    return _table("csv", list(sheets.csv_rows(body, delimiter)), known, encoding=encoding, delimiter=delimiter)


def _delimiter(body: str, known: Known) -> str:
    """The separator that makes the best heading row; a comma when none makes one."""
    head = "\n".join(body.split("\n")[:_HEAD_ROWS])
    scores = []
    for rank, delimiter in enumerate((",", ";", "\t", "|")):
        try:
            rows = list(sheets.csv_rows(head, delimiter))
        except ReadError:
            rows = [(n, list[Cell](line.split(delimiter))) for n, line in enumerate(head.split("\n"), start=1)]
        scores.append((_heading(rows, known)[1], max((len(cells) for _, cells in rows), default=0), -rank, delimiter))
    return max(scores)[3]


def _heading(rows: list[Row], known: Known) -> tuple[int, int]:
    """Place of the row that reads most like headings, and how many fields it names; the first row with text when none names two."""
    best, score, first = -1, 1, -1
    for place, (_, cells) in enumerate(rows[:_HEAD_ROWS]):
        texts = [cell for cell in cells if isinstance(cell, str)]
        if first < 0 and any(t.strip() for t in texts):
            first = place
        named = known(texts)
        if named > score:
            best, score = place, named
    return (best, score) if best >= 0 else (first, 0)


def _table(kind: str, rows: list[Row], known: Known, *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Table:
    place, _ = _heading(rows, known)
    if place < 0:
        raise ReadError(None, "the list has no row of headings")
    line, cells = rows[place]
    width = max((n + 1 for n, cell in enumerate(cells) if as_text(cell)), default=0)
    headings = unique([as_text(cell) for cell in cells[:width]])
    found = [_row(n, body, width) for n, body in rows[place + 1 :] if any(as_text(cell) for cell in body)]
    if not found:
        raise ReadError(line, "there are headings, but no rows below them")
    return Table(kind, headings, tuple(found), line, encoding, delimiter, sheet)


def unique(headings: Sequence[str]) -> tuple[str, ...]:
    """Headings made different from each other: a second one gets a number, an empty one its letter."""
    found: list[str] = []
    for n, heading in enumerate(headings):
        name = _clean(heading)[:80] or f"column {_letters(n)}"
        again = 2
        plain = name
        while name in found:
            name, again = f"{plain} ({again})", again + 1
        found.append(name)
    return tuple(found)


def _letters(n: int) -> str:
    return chr(65 + n) if n < 26 else _letters(n // 26 - 1) + chr(65 + n % 26)


def _row(line: int, cells: list[Cell], width: int) -> SheetRow:
    if any(as_text(cell) for cell in cells[width:]):
        raise ReadError(line, f"the row has {len(cells)} fields, the headings {width}: a separator or quote is out of place")
    typed = sum(1 << n for n, cell in enumerate(cells[:width]) if isinstance(cell, Decimal | date))
    texts = tuple(_clean(as_text(cell)) for cell in cells[:width])
    return SheetRow(line, texts + ("",) * (width - len(texts)), typed)


def _clean(value: str) -> str:
    """Without control characters, and without the apostrophe that our own files put before what looks like a formula."""
    bare = _CONTROL.sub("", value).strip()
    return bare[1:] if len(bare) > 1 and bare[0] == "'" and bare[1] in "=+-@\t\r|%" else bare
