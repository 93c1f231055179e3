"""Rows of a CSV text or an Excel workbook: line numbers and cells, nothing understood yet.

Workbooks are bounded before they are opened: archive limits, no macros, no links to other files, no document types, at most
`MAX_ROWS` rows and `MAX_COLUMNS` columns whatever the sheet claims. Numbers come out as exact Decimals, and as text without
exponent and with the leading zeros of their number format, because a document number must stay what it was.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from . import archive
from .errors import ReadError

MAX_ROWS = 100_000
MAX_COLUMNS = 200
_MAX_STYLES = 8 * 1024 * 1024
_MAX_FIELD_LINES = 50

Cell = str | Decimal | date
"""Text as written, or what a workbook holds as a number or a day."""
Row = tuple[int, list[Cell]]


def csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    """Records with the line on which each begins; an unclosed quote is refused with the line that opens it."""
    if len(delimiter) != 1:
        raise ReadError(None, f"{delimiter!r} is not one separating character")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for number, cells in enumerate(reader, start=1):
            if reader.line_num - line > _MAX_FIELD_LINES:
                raise ReadError(line, f"a quoted field spans more than {_MAX_FIELD_LINES} lines: a quote was not closed")
            if number > MAX_ROWS:
                raise ReadError(line, f"more than {MAX_ROWS:,} rows")
            if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
                raise ReadError(line, f"more than {MAX_COLUMNS} columns")
            yield line, list(cells[:MAX_COLUMNS])
            line = reader.line_num + 1
    except csv.Error as error:
        hint = "a quote was not closed" if "end of data" in str(error) else str(error)
        raise ReadError(line, f"the line is not proper CSV: {hint}") from None


def xlsx_rows(data: bytes, sheet: str | None = None) -> tuple[str, list[Row]]:
    """Name and rows of one worksheet (the first, when none is named)."""
    _judge(data)
    import openpyxl  # a third of a second: only for those who bring a workbook

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        names = [ws.title for ws in book.worksheets]
        if not names or (sheet is not None and sheet not in names):
            raise ReadError(None, f"the workbook has no sheet {sheet!r}" if names else "the workbook has no worksheet")
        chosen = book[sheet] if sheet is not None else book.worksheets[0]
        return chosen.title, list(_worksheet_rows(chosen))
    except ReadError:
        raise
    except MemoryError:
        raise ReadError(None, "the workbook needs more memory than a list may") from None
    except Exception as error:  # openpyxl lets whatever its parts raise through: KeyError, ValueError, XML and zip errors
        raise ReadError(None, f"the workbook is damaged: {type(error).__name__}: {str(error)[:120]}") from None


def _worksheet_rows(sheet: Any) -> Iterator[Row]:
    from openpyxl.cell.read_only import EMPTY_CELL

    claimed = sheet.max_row or 0
    if claimed > MAX_ROWS:
        raise ReadError(None, f"the sheet claims {claimed:,} rows: delete the empty rows below the list and save it again")
    for number, row in enumerate(islice(sheet.iter_rows(max_col=MAX_COLUMNS), MAX_ROWS + 1), start=1):
        if number > MAX_ROWS:
            raise ReadError(number, f"more than {MAX_ROWS:,} rows")
        gap = all(cell is EMPTY_CELL for cell in row)  # a row that isn't in the file: there may be many
        cells = [] if gap else [_cell(cell, number) for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        yield number, cells


def _cell(cell: Any, line: int) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""), line)
    return str(value)


def _number(value: int | float, number_format: str, line: int) -> Cell:
    """Fifteen digits are what a workbook keeps of a number; a format of zeros alone marks a document number."""
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if not exact.is_finite():
        raise ReadError(line, f"{value} is not a number that can be read")
    if number_format and set(number_format) == {"0"} and len(number_format) > 1 and exact == exact.to_integral_value():
        return str(int(exact)).zfill(len(number_format))
    return exact


def as_text(cell: Cell) -> str:
    """A cell as a person would read it: 4700012345 and not 4.700012345E+9."""
    if isinstance(cell, Decimal):
        return str(int(cell)) if cell == cell.to_integral_value() else format(cell.normalize(), "f")
    return str(cell).strip()


def _judge(data: bytes) -> None:
    book = archive.open_zip(data)
    for info in book.infolist():
        name = info.filename.lower()
        if name.endswith("vbaproject.bin") or "/macrosheets/" in name:
            raise ReadError(None, "the workbook holds macros: save it as .xlsx without them")
        if "/externallinks/" in name:
            raise ReadError(None, "the workbook links to other files: copy the values into a new workbook")
        if name.endswith("styles.xml") and info.file_size > _MAX_STYLES:
            raise ReadError(None, "the workbook holds more cell styles than a list can need")
        if name.endswith((".xml", ".rels")):
            text = archive.content(book, info.filename)
            if any(f"<!{word}".encode(code) in text for word in ("DOCTYPE", "ENTITY") for code in ("ascii", "utf-16-le", "utf-16-be")):
                raise ReadError(None, f"{info.filename!r} has a document type (DOCTYPE): refused")
