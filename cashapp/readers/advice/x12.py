"""X12 in segments: separators taken from where ISA has them, for senders use whatever they like.

Real files have a byte-order mark, indented segments, a line end as terminator, an ISA that isn't padded, or no envelope at all (the
addenda of a CCD+ hold a bare `RMR*IV*4711**120.00` and a backslash). All of them come out as the same segments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cashapp.readers.model import ReadError

MAX_SEGMENTS = 500_000
_TERMINATORS = ("~", "\\")
_ISA_ELEMENTS = 16


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment with its elements as sent, blanks at their ends taken off; `line` is where it begins in the file."""

    tag: str
    elements: tuple[str, ...]
    line: int

    def get(self, position: int) -> str:
        """The element of this number, counted from 1 as X12 does; empty where the segment ends before it."""
        return self.elements[position - 1] if 0 < position <= len(self.elements) else ""


@dataclass(frozen=True, slots=True)
class Separators:
    """What parts elements, and what ends a segment (a line end where it is a newline)."""

    element: str
    terminator: str


def segments(body: str) -> list[Segment]:
    """Every segment of the text; ReadError when it can't be X12."""
    start = len(body) - len(body.lstrip())
    text = body[start:]
    marks = separators_of(text)
    found = list(_split(text, marks, body.count("\n", 0, start) + 1))
    if not found:
        raise ReadError(1, "there is no segment in the file")
    return found


def separators_of(text: str) -> Separators:
    """From the 4th character and from what follows the 16th element of ISA; without ISA from the text itself."""
    if text.startswith("ISA") and len(text) > 3:
        return _of_envelope(text)
    element = next((char for char in text[2:4] if not char.isalnum()), "")
    if not element or element in " \t\n":
        raise ReadError(1, "the text doesn't begin with a segment of X12")
    return Separators(element, next((mark for mark in _TERMINATORS if mark != element and mark in text), "\n"))


def _of_envelope(text: str) -> Separators:
    element = text[3]
    if element.isalnum() or element in " \t\n":
        raise ReadError(1, "ISA is not followed by a separator")
    at = 3
    for _ in range(_ISA_ELEMENTS - 1):
        at = text.find(element, at + 1, 400)
        if at < 0:
            raise ReadError(1, f"ISA has fewer than {_ISA_ELEMENTS} elements")
    after = text[at + 2 : at + 3]
    if not after or after.isalnum() or after == element:
        raise ReadError(1, "ISA doesn't end with the sign that ends a segment")
    return Separators(element, "\n" if after in " \t\n" else after)


def _split(text: str, marks: Separators, line: int) -> Iterator[Segment]:
    for count, piece in enumerate(text.split(marks.terminator)):
        body = piece.lstrip()
        if body.strip():
            if count > MAX_SEGMENTS:
                raise ReadError(line, f"the file has more than {MAX_SEGMENTS} segments")
            begins = line + piece.count("\n", 0, len(piece) - len(body))
            elements = body.replace("\n", "").split(marks.element)
            yield Segment(elements[0].strip().upper()[:10], tuple(element.strip() for element in elements[1:]), begins)
        line += piece.count("\n") + (marks.terminator == "\n")


def day(text: str) -> date | None:
    """CCYYMMDD or YYMMDD (this century below 70); None for anything else, such as a masked date."""
    if not (text.isascii() and text.isdigit() and len(text) in (6, 8)):
        return None
    full = text if len(text) == 8 else ("20" if text < "70" else "19") + text
    try:
        return date(int(full[:4]), int(full[4:6]), int(full[6:]))
    except ValueError:
        return None
