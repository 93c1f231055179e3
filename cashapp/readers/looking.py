"""A file from outside made safe to look at: text as text, lists as rows, pages of PDFs and pictures drawn anew as PNG. Pure.

Nothing of the file itself reaches a browser: no script, link or font of a PDF, no data behind a picture. Call it through
`arops.lib.sandbox.run_bounded("cashapp.readers.looking.look", data, …)`; a drawing comes as base64, for JSON is what the sandbox answers.
"""

import base64
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from arops.lib.reading import ReadError, archive, sheets, text

__all__ = ["Drawing", "Look", "ReadError", "draw", "look"]

MAX_TEXT, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 60_000, 200, 30, 200
MAX_PAGES = 20
"""Pages of a PDF that are drawn: an advice has a few, and a hostile file ten thousand."""
WIDE = 1400
"""Pixels that a drawing is wide, at most."""
MAX_MARKS, MAX_PLACES, YELLOW = 60, 300, (255, 232, 120)
_MAX_PIXELS = 60_000_000
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")

Kind = Literal["text", "rows", "pages", "none"]


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to see: `pages` of drawings to ask for one by one, `rows`, or `text`; `note` says what was left out."""

    kind: Kind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    pages: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page or picture as PNG, in base64."""

    png: str


def look(data: bytes) -> Look:
    """What a file shows; of kind `none` where nothing can be shown safely."""
    if data.startswith(b"%PDF"):
        count = _pdf_pages(data)
        return Look("pages", pages=min(count, MAX_PAGES), note=f"the first {MAX_PAGES} of {count} pages" if count > MAX_PAGES else "")
    if data.startswith(_PICTURES):
        count = min(_frames(data), MAX_PAGES)
        return Look("pages", pages=count)
    if archive.is_zip(data):
        return _packed(data)
    try:
        body = text.decode(data)
    except ReadError:
        return Look("none", note="there is nothing to show of this kind of file")
    return _written(body)


def draw(data: bytes, *, page: int, marks: Sequence[str] = ()) -> Drawing:
    """One page, from 1, as PNG; what of `marks` stands on a page of a PDF is marked. ReadError where there is no such page or the file is
    damaged."""
    image = _pdf_page(data, page, marks) if data.startswith(b"%PDF") else _frame(data, page)
    if image.width > WIDE:
        image = image.resize((WIDE, max(1, image.height * WIDE // image.width)))
    out = io.BytesIO()
    image.convert("RGB").save(out, "PNG", optimize=False)
    return Drawing(base64.b64encode(out.getvalue()).decode("ascii"))


def _written(body: str) -> Look:
    rows = _rows(body)
    if rows:
        return Look("rows", rows=rows, note=f"the first {MAX_ROWS} rows" if len(rows) == MAX_ROWS else "")
    shown = _broken(body)[:MAX_TEXT]
    return Look("text", text=shown.replace("\x00", ""), note=f"the first {MAX_TEXT:,} characters" if len(shown) == MAX_TEXT else "")


def _broken(body: str) -> str:
    """Messages that are written in one line get a line a segment or element."""
    if body.count("\n") > 2:
        return body
    head = body.lstrip()
    if head.startswith("ISA") and len(head) > 106:
        return head.replace(head[105], head[105] + "\n")
    if head.startswith(("UNA", "UNB")):
        end = head[8] if head.startswith("UNA") and len(head) > 8 else "'"
        return re.sub(rf"(?<!\?){re.escape(end)}", lambda m: m.group() + "\n", head)
    return re.sub(r">\s*<", ">\n<", body) if head.startswith("<") else body


def _rows(body: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a list; none where the text is no list (fewer than two columns, or lines of different widths)."""
    lines = body.strip().splitlines()
    if len(lines) < 2 or body.lstrip().startswith(("<", "ISA", "UNA", "UNB")):
        return ()
    for delimiter in (";", "\t", ",", "|"):
        widths = [line.count(delimiter) for line in lines[:50]]
        if min(widths) and max(widths) - min(widths) <= 2:
            return _bounded(csv.reader(lines[:MAX_ROWS], delimiter=delimiter))
    return ()


def _bounded(rows: Any) -> tuple[tuple[str, ...], ...]:
    found = []
    try:
        for row in rows:
            found.append(tuple(str(cell).replace("\x00", "")[:MAX_CELL] for cell in row[:MAX_COLUMNS]))
    except csv.Error:
        return ()
    return tuple(found)


def _packed(data: bytes) -> Look:
    names = archive.open_zip(data).namelist()
    if any(name.startswith("xl/") for name in names):
        _, rows = sheets.xlsx_rows(data, None)
        return Look("rows", rows=_bounded([[sheets.as_text(cell) for cell in cells] for _, cells in rows[:MAX_ROWS]]))
    return Look("text", text="\n".join(name.replace("\x00", "")[:MAX_CELL] for name in names[:MAX_ROWS]), note="what the archive holds")


def _pdf(data: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ReadError(None, f"the PDF can't be opened: it is damaged or asks for a password ({error})") from None


def _pdf_pages(data: bytes) -> int:
    return len(_pdf(data))


def _pdf_page(data: bytes, page: int, marks: Sequence[str] = ()) -> Any:
    document = _pdf(data)
    if not 1 <= page <= min(len(document), MAX_PAGES):
        raise ReadError(None, f"there is no page {page}")
    found = document[page - 1]
    width, height = found.get_size()
    if width <= 0 or height <= 0:
        raise ReadError(None, "the page has no size")
    scale = min(2.0, WIDE / width, (_MAX_PIXELS / 4 / (width * height)) ** 0.5)
    image = found.render(scale=scale, may_draw_forms=False).to_pil()
    return _marked(image, found, scale, marks) if marks else image


def _marked(image: Any, page: Any, scale: float, marks: Sequence[str]) -> Any:
    """The drawing with a yellow veil over every place where a mark stands."""
    from PIL import Image, ImageChops, ImageDraw

    words, height, places = page.get_textpage(), page.get_height(), list[tuple[float, ...]]()
    for mark in marks[:MAX_MARKS]:
        search = words.search(mark)
        while (found := search.get_next()) and len(places) < MAX_PLACES:
            places += [words.get_rect(n) for n in range(words.count_rects(*found))][:MAX_PLACES]
    veil = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(veil)
    for left, bottom, right, top in places:
        box = (left * scale - 2, (height - top) * scale - 2, right * scale + 2, (height - bottom) * scale + 2)
        if box[0] < box[2] and box[1] < box[3]:
            pen.rectangle(box, fill=YELLOW)
    return ImageChops.multiply(image.convert("RGB"), veil)


def _opened(data: bytes) -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    try:
        return Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "TIFF"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ReadError(None, f"the picture can't be opened ({type(error).__name__})") from None


def _frames(data: bytes) -> int:
    return int(getattr(_opened(data), "n_frames", 1))


def _frame(data: bytes, page: int) -> Any:
    image = _opened(data)
    try:
        if image.width * image.height > _MAX_PIXELS:
            raise ReadError(None, "the picture is too large to be shown")
        image.seek(page - 1)
        image.load()
    except (OSError, EOFError, ValueError, SyntaxError) as error:
        raise ReadError(None, f"there is no page {page}, or it is damaged ({type(error).__name__})") from None
    return image
