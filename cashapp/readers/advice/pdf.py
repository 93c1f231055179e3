"""PDF advices by the text in them (pdfplumber): ruled tables, else columns by where words stand under their headings.

Judged before a page is laid out: encrypted files, scripts, programs to launch and files within the file are refused, and so is what has
more pages or letters than an advice can have. A PDF without text is a picture: a person keys it.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from arops.lib.reading import ReadError
from arops.lib.reading.table import SheetRow, unique

from .grid import Grid, is_total
from .layout import known, role_of
from .model import AdviceFile
from .tabular import read_grid

MAX_PAGES = 100
_MAX_BYTES = 20 * 1024 * 1024
_MAX_LETTERS = 1_000_000
_MAX_OBJECTS = 50_000
_HARMFUL = frozenset(("JavaScript", "JS", "Launch", "RichMedia", "EmbeddedFile", "ImportData", "SubmitForm", "XFA"))
_AMOUNTS = frozenset(("paid", "gross", "adjustment"))

Line = list["_Run"]


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of a line that stand together, and from where to where."""

    text: str
    x0: float
    x1: float


def is_pdf(data: bytes) -> bool:
    """By its signature, which may follow some rubbish."""
    return b"%PDF-" in data[:1024]


def read(data: bytes, *, layout: dict[str, Any] | None = None, currency: str = "") -> AdviceFile:
    """The advice in the PDF, by a saved mapping or by one that leaves no question. ReadError says what is wrong."""
    return read_grid(grid(data), layout, currency)


def grid(data: bytes) -> Grid:
    """Headings, rows, and the lines around them. ReadError when it is refused, is a picture, or has no row of headings."""
    if len(data) > _MAX_BYTES:
        raise ReadError(None, f"the PDF has {len(data) // 1024 // 1024} MB, more than {_MAX_BYTES // 1024 // 1024} MB")
    import pdfplumber  # half a second: only for those who bring a PDF
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            _judge(document.doc)
            return _grid(document)
    except (ReadError, MemoryError):
        raise
    except (PDFEncryptionError, PDFPasswordIncorrect):
        raise ReadError(None, "the PDF is encrypted: ask for it without a password") from None
    except Exception as error:  # pdfminer lets whatever its parts raise through, wrapped or not
        if "Password" in repr(error) or "Encryption" in repr(error):
            raise ReadError(None, "the PDF is encrypted: ask for it without a password") from None
        raise ReadError(None, f"the PDF is damaged: {type(error).__name__}: {str(error)[:120]}") from None


def _judge(document: Any) -> None:
    if document.encryption:
        raise ReadError(None, "the PDF is encrypted: ask for it without a password")
    from pdfminer.pdftypes import resolve1

    root = resolve1(document.catalog.get("Pages"))
    said = resolve1(root.get("Count")) if isinstance(root, dict) else 0
    if (isinstance(said, int) and said > MAX_PAGES) or sum(1 for _ in islice(_pages(document), MAX_PAGES + 1)) > MAX_PAGES:
        raise ReadError(None, f"the PDF has more than {MAX_PAGES} pages, which no remittance advice has")
    for n, number in enumerate(number for xref in document.xrefs for number in xref.get_objids()):
        if n > _MAX_OBJECTS:
            raise ReadError(None, "the PDF is made of more parts than an advice can need")
        if word := _harm(_part(document, number)):
            raise ReadError(None, f"the PDF holds {word}: refused. Ask for it without, or for Excel or CSV")


def _pages(document: Any) -> Iterator[Any]:
    """Leaves of the page tree, each node once."""
    from pdfminer.pdftypes import resolve1

    seen, queue = set(), [document.catalog.get("Pages")]
    while queue:
        reference = queue.pop()
        key = getattr(reference, "objid", id(reference))
        node = resolve1(reference)
        if key in seen or not isinstance(node, dict):
            continue
        seen.add(key)
        kids = resolve1(node.get("Kids"))
        if isinstance(kids, list):
            queue += kids[: _MAX_OBJECTS - len(queue)]
        else:
            yield node


def _part(document: Any, number: int) -> Any:
    try:
        return document.getobj(number)
    except Exception:  # an object that can't be read can do no harm either
        return None


def _harm(part: Any) -> str:
    """What an object holds that has no place in an advice, looking through its own dictionaries and lists."""
    queue, looked = [part], 0
    while queue and looked < 10_000:
        value, looked = queue.pop(), looked + 1
        value = getattr(value, "attrs", value)
        if isinstance(value, dict):
            named = {str(getattr(value.get(key), "name", "")) for key in ("S", "Type", "Subtype")}
            if found := (_HARMFUL & (set(map(str, value)) | named)):
                return {"EmbeddedFile": "a file within it", "Launch": "a program to launch"}.get(min(found), "a script or form")
            queue += value.values()
        elif isinstance(value, list):
            queue += value
    return ""


def _grid(document: Any) -> Grid:
    lines: list[Line] = []
    tables: list[list[list[str]]] = []
    letters = 0
    for page in islice(document.pages, MAX_PAGES):
        letters += len(page.chars)
        if letters > _MAX_LETTERS:
            raise ReadError(None, "the PDF holds more text than an advice can")
        lines += _lines(page)
        tables += [[[" ".join((cell or "").split()) for cell in row] for row in table] for table in page.extract_tables()]
        page.close()
    if not lines:
        raise ReadError(None, "there is no text in the PDF, only pictures of it: key it by hand, or ask for Excel, CSV or EDI")
    found = _ruled(tables, lines) or _placed(lines)
    if found is None:
        raise ReadError(None, "no row of headings names invoices and amounts in the PDF: key it by hand, or ask for Excel, CSV or EDI")
    return found


def _lines(page: Any) -> list[Line]:
    """Words of the page by line, from top to bottom; what stands within a blank of each other is one run."""
    by_line: list[tuple[float, list[dict[str, Any]]]] = []
    for word in sorted(page.extract_words(x_tolerance=1.5, y_tolerance=2), key=lambda w: (w["bottom"], w["x0"])):
        if by_line and abs(by_line[-1][0] - word["bottom"]) <= 3:
            by_line[-1][1].append(word)
        else:
            by_line.append((word["bottom"], [word]))
    return [_runs(sorted(words, key=lambda w: w["x0"])) for _, words in by_line]


def _runs(words: Sequence[dict[str, Any]]) -> Line:
    runs: Line = []
    for word in words:
        blank = 0.6 * (word["bottom"] - word["top"])
        if runs and word["x0"] - runs[-1].x1 <= blank:
            runs[-1] = _Run(f"{runs[-1].text} {word['text']}", runs[-1].x0, word["x1"])
        else:
            runs.append(_Run(word["text"], word["x0"], word["x1"]))
    return runs


def _texts(line: Line) -> tuple[str, ...]:
    return tuple(run.text for run in line)


def _ruled(tables: list[list[list[str]]], lines: list[Line]) -> Grid | None:
    """The table with known headings, and those of the same width that follow it on other pages."""
    start = next(((t, n) for t, table in enumerate(tables) for n, row in enumerate(table[:5]) if known(row) > 1), None)
    if start is None:
        return None
    at, place = start
    headings = tables[at][place]
    rows = [row for table in tables[at : at + 1] for row in table[place + 1 :]]
    for table in tables[at + 1 :]:
        if all(len(row) == len(headings) for row in table):
            rows += [row for row in table if row != headings]
    body = [SheetRow(n, tuple(row)) for n, row in enumerate(rows, 1) if any(row) and len(row) == len(headings)]
    if not body:
        return None
    first = {cell for cell in headings if cell}
    words = {" ".join(row.cells).replace(" ", "") for row in body}
    around = [_texts(line) for line in lines if not first & set(_texts(line)) and "".join(_texts(line)).replace(" ", "") not in words]
    return Grid("pdf", "PDF", unique(headings), tuple(body), tuple(around))


def _placed(lines: list[Line]) -> Grid | None:
    """Rows by where their words stand under the headings, over as many pages as they go on."""
    place = next((n for n, line in enumerate(lines) if len(line) > 1 and known(_texts(line)) > 1), None)
    if place is None:
        return None
    heads = lines[place]
    headings, roles = unique(_texts(heads)), [role_of(run.text) for run in heads]
    rows: list[SheetRow] = []
    below: list[tuple[str, ...]] = []
    for number, line in enumerate(lines[place + 1 :], start=place + 2):
        cells = _under(heads, line)
        if _texts(line) == _texts(heads):
            continue
        if _is_row(cells, roles):
            rows.append(SheetRow(number, cells))
        else:
            below.append(_texts(line))
    return Grid("pdf", "PDF", headings, tuple(rows), tuple(map(_texts, lines[:place])), tuple(below)) if rows else None


def _is_row(cells: tuple[str, ...], roles: list[str]) -> bool:
    """A document with an amount beside it, or a total."""
    amounts = [cell for cell, role in zip(cells, roles, strict=True) if role in _AMOUNTS and any(c.isdigit() for c in cell)]
    names = [cell for cell, role in zip(cells, roles, strict=True) if role == "reference" and cell]
    others = [cell for cell, role in zip(cells, roles, strict=True) if role in ("code", "text", "kind") and cell]
    return bool(amounts) and (bool(names) or bool(others) or is_total(cells))


def _under(heads: Line, line: Line) -> tuple[str, ...]:
    """The line's runs, each under the heading that it overlaps most or stands nearest to."""
    if len(line) == len(heads) and all(_reach(run, head) > -60 for run, head in zip(line, heads, strict=True)):
        return _texts(line)
    cells = [""] * len(heads)
    for run in line:
        best = max(range(len(heads)), key=lambda n: _reach(run, heads[n]))
        cells[best] = f"{cells[best]} {run.text}".strip()
    return tuple(cells)


def _reach(run: _Run, head: _Run) -> float:
    """How far two runs overlap; below zero, how far their nearest edges lie apart."""
    overlap = min(run.x1, head.x1) - max(run.x0, head.x0)
    return overlap if overlap > 0 else -min(abs(run.x0 - head.x0), abs(run.x1 - head.x1), -overlap)
