"""Lists of customers or contacts as CSV or Excel: headings are the API's field names, cells are text. Runs in the sandbox. Pure."""

import csv
import io
import re
from dataclasses import dataclass

from arops.lib.reading import ReadError, archive, sheets, text
from arops.lib.reading.sheets import Row, as_text

_HEAD = 20_000
"""Characters in which headings show what parts them."""
MAX_BYTES = 50 * 1024 * 1024
_FLAGS = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row: its line in the file, and its cells by heading; empty ones are left out."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as read."""

    rows: tuple[ListRow, ...]


def read(data: bytes, *, fields: str) -> Listed:
    """The whole list, or ReadError with line and reason. `fields`: the headings there may be, parted by blanks."""
    if len(data) > MAX_BYTES:
        raise ReadError(None, f"the file has more than {MAX_BYTES // 1024 // 1024} MB")
    if archive.is_zip(data):
        rows = sheets.xlsx_rows(data)[1]
    else:
        body = text.decode(data, text.guess_encoding(data))
        rows = list(sheets.csv_rows(body, _delimiter(body)))
    return _listed([(line, [as_text(cell).strip() for cell in cells]) for line, cells in rows], fields.split())


def _delimiter(body: str) -> str:
    head = body[:_HEAD].split("\n", 1)[0]
    return max((",", ";", "\t", "|"), key=lambda d: len(next(csv.reader(io.StringIO(head), delimiter=d), [])))


def _listed(rows: list[tuple[int, list[str]]] | list[Row], fields: list[str]) -> Listed:
    filled = [(line, [str(cell) for cell in cells]) for line, cells in rows if any(cells)]
    if not filled:
        raise ReadError(None, "the file is empty")
    line, headings = filled[0]
    names = [heading.lower().replace(" ", "_") for heading in headings]
    unknown = [heading for heading, name in zip(headings, names, strict=True) if name not in fields]
    if unknown or len(set(names)) < len(names):
        said = f"{', '.join(repr(heading[:40]) for heading in unknown[:5])} is no field" if unknown else "a heading is there twice"
        raise ReadError(line, f"{said}: headings are {', '.join(fields)}")
    found = []
    for number, cells in filled[1:]:
        if any(cells[len(names) :]):
            raise ReadError(number, f"the row has {len(cells)} fields, the headings {len(names)}")
        found.append(ListRow(number, {name: cell for name, cell in zip(names, cells, strict=False) if cell}))
    return Listed(tuple(found))


def value_of(name: str, cell: str) -> object:
    """A cell as the API takes it: flags, versions and lists are no text there."""
    if name in ("is_active", "receives_letters", "takes_mail", "takes_calls") and cell.lower() in _FLAGS:
        return _FLAGS[cell.lower()] == "true"
    if name == "purposes":
        return [word.strip().lower() for word in re.split("[,;]", cell) if word.strip()]
    if name == "source_version" and cell.isascii() and cell.isdigit() and len(cell) < 19:
        return int(cell)
    return cell
