"""Flat lists put together: a row for each line, what is the whole record's repeated on its rows or left empty after the first. Pure.

Headings are the API's field names; those of lines begin with `line_`, those of a contract's parts with `version_`, `price_`, `step_` and
`milestone_`. What is wrong is told with the line of the file and the heading of the column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arops.lib.rows import Problem
from customers.readers import ListRow
from orders import payload

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_YES_NO = frozenset({"is_blanket", "is_service", "is_billable", "fees_agreed", "sign_off_needed"})
_WHOLE = frozenset({"source_version", "po_line", "order_line", "escalator_months", "every_months"})
LISTS = {"line": "lines", "version": "versions", "price": "prices", "step": "steps", "milestone": "milestones_reached"}
"""Beginning of a heading → the list it is of."""
_BEGINNINGS = {name: beginning for beginning, name in LISTS.items()}


@dataclass
class Assembled:
    """A record put together from its rows: the first line and all of them, the row as the API takes it, where each part of it stands."""

    line: int
    row: dict[str, Any]
    places: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def headings(shape: payload.Shape) -> tuple[str, ...]:
    """The headings a list of this kind may have."""
    found = list(shape.fields(""))
    for name, parts in shape.parts.items():
        found += [f"{_BEGINNINGS[name]}_{inner}" for inner in parts.fields("")]
        for deeper, more in parts.parts.items():
            found += [f"{_BEGINNINGS[deeper]}_{inner}" for inner in more.fields("")]
    return tuple(found)


def assemble(rows: Iterable[ListRow], shape: payload.Shape) -> list[Assembled]:
    """Rows of a list as records, in the order of their first rows."""
    header = frozenset(shape.fields(""))
    found: dict[tuple[str, ...], Assembled] = {}
    current: Assembled | None = None
    for row in rows:
        cells = {name: cell for name, cell in row.cells.items() if name in header}
        if cells or current is None:
            names = ("company", "source_system", "external_id", "number", "customer")
            key = tuple(cells.get(name, "") for name in names[: 3 if "external_id" in cells else 5])
            current = found.setdefault(key, Assembled(row.line, {}))
        current.lines.append(row.line)
        _merge(current, current.row, cells, row.line, "")
        _add_parts(current, row, shape)
    return list(found.values())


def _merge(record: Assembled, into: dict[str, Any], cells: Mapping[str, str], line: int, pointer: str) -> None:
    """Cells that say it first are taken; those that say it again must agree."""
    for name, cell in cells.items():
        value, here = value_of(name, cell), f"{pointer}/{name}"
        if name not in into:
            into[name], record.places[here] = value, line
        elif into[name] != value:
            first = record.places.get(here, record.line)
            said = f"{column(here)} is {cell!r} on line {line}, {into[name]!r} on line {first} of the same record"
            record.problems.append(Problem(here, "differs", said))
            record.places[here] = line


def _add_parts(record: Assembled, row: ListRow, shape: payload.Shape) -> None:
    """The row's own line, or its version, price, step and milestone."""
    cells = {beginning: _of(row.cells, beginning) for beginning in LISTS}
    for name in shape.parts:
        said = cells[_BEGINNINGS[name]]
        if name == "versions":
            _add_version(record, row, said, cells)
        elif said:
            _append(record, record.row, name, said, row.line, "")


def _add_version(record: Assembled, row: ListRow, said: Mapping[str, str], cells: Mapping[str, Mapping[str, str]]) -> None:
    if not said and not cells["price"] and not cells["step"]:
        return
    versions: list[dict[str, Any]] = record.row.setdefault("versions", [])
    number = value_of("number", said["number"], whole=True) if "number" in said else (versions[-1]["number"] if versions else 1)
    at = next((n for n, version in enumerate(versions) if version["number"] == number), len(versions))
    pointer = f"/versions/{at}"
    if at == len(versions):
        versions.append({"number": number})
        record.places[pointer] = row.line
    _merge(record, versions[at], {name: cell for name, cell in said.items() if name != "number"}, row.line, pointer)
    for name in ("prices", "steps"):
        if part := cells[_BEGINNINGS[name]]:
            _append(record, versions[at], name, part, row.line, pointer)


def _append(record: Assembled, into: dict[str, Any], name: str, cells: Mapping[str, str], line: int, pointer: str) -> None:
    listed: list[dict[str, Any]] = into.setdefault(name, [])
    record.places[f"{pointer}/{name}/{len(listed)}"] = line
    listed.append({n: value_of(n, cell, whole=n == "number") for n, cell in cells.items()})


def _of(cells: Mapping[str, str], beginning: str) -> dict[str, str]:
    start = len(beginning) + 1
    return {name[start:]: cell for name, cell in cells.items() if name.startswith(f"{beginning}_")}


def value_of(name: str, cell: str, *, whole: bool = False) -> Any:
    """A cell as the API takes it: flags and whole numbers are no text there; what is neither stays text, and is refused by its field."""
    if name in _YES_NO:
        return _FLAGS.get(cell.lower(), cell)
    if (whole or name in _WHOLE) and cell.isascii() and cell.isdigit() and len(cell) < 19:
        return int(cell)
    return cell


def column(pointer: str) -> str:
    """The heading of the column that a pointer is about."""
    words = [word for word in pointer.split("/") if word]
    lists = [word for word in words if word in _BEGINNINGS]
    last = words[-1] if words else ""
    if last.isdecimal() or last in _BEGINNINGS or not lists:
        return "" if last.isdecimal() or last in _BEGINNINGS else last
    return f"{_BEGINNINGS[lists[-1]]}_{last}"


def line_of(record: Assembled, pointer: str) -> int:
    """The line of the file that a pointer is about: where the value stands, else the part it is of, else the record's first."""
    words = pointer.split("/")
    for end in range(len(words), 1, -1):
        if (line := record.places.get("/".join(words[:end]))) is not None:
            return line
    return record.line


def told(record: Assembled, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems with their places in the file."""
    return [
        {"pointer": p.pointer, "code": p.code, "detail": p.detail, "line": line_of(record, p.pointer), "column": column(p.pointer)}
        for p in problems
    ]
