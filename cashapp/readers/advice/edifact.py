"""UN/EDIFACT in segments: the service characters of UNA where it is there, released characters given back, embedded objects passed over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cashapp.readers.model import ReadError

MAX_SEGMENTS = 500_000
_DEFAULT = ":+.? '"


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its elements, each of its components, blanks at their ends taken off; `line` is where it begins in the file."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    line: int

    def get(self, element: int, component: int = 1) -> str:
        """The component of the element, both counted from 1; empty where there is none."""
        parts = self.elements[element - 1] if 0 < element <= len(self.elements) else ()
        return parts[component - 1] if 0 < component <= len(parts) else ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The service characters, in the order of UNA."""

    component: str
    element: str
    decimal: str
    release: str
    terminator: str


def marks_of(text: str) -> Marks:
    """Of UNA, else the ones that the standard (ISO 9735, level A) names."""
    una = text[3:9] if text.startswith("UNA") else _DEFAULT
    if len(una) < 6 or any(sign.isalnum() for sign in una) or len({*una[:2], una[3], una[5]} - {" "}) < (4 if una[3] != " " else 3):
        raise ReadError(1, "UNA doesn't name six service characters")
    return Marks(una[0], una[1], una[2], una[3], una[5])


def segments(body: str) -> tuple[list[Segment], Marks]:
    """Every segment of the text after UNA, and its service characters; ReadError when the last isn't ended."""
    start = len(body) - len(body.lstrip())
    text = body[start:]
    marks = marks_of(text)
    begin = 9 if text.startswith("UNA") else 0
    return list(_split(text, begin, marks, body.count("\n", 0, start) + 1)), marks


def _split(text: str, at: int, marks: Marks, line: int) -> Iterator[Segment]:
    end, plain = re.escape(marks.terminator), _plain(marks)
    pattern = re.compile(f"(?:{plain})*{end}", re.DOTALL)
    count = 0
    while found := pattern.match(text, at):
        raw = text[at : found.end() - 1]
        body = raw.lstrip()
        count += 1
        if count > MAX_SEGMENTS:
            raise ReadError(line, f"the file has more than {MAX_SEGMENTS} segments")
        at, begins = found.end(), line + raw.count("\n", 0, len(raw) - len(body))
        line += raw.count("\n")
        if body.strip():
            segment = _segment(body.replace("\n", ""), marks, begins)
            yield segment
            if segment.tag == "UNO":
                skipped = text.find("UNP" + marks.element, at)
                if skipped < 0:
                    raise ReadError(begins, "the object that begins with UNO isn't ended by UNP: the file was cut off")
                line += text.count("\n", at, skipped)
                at = skipped
    if text[at:].strip():
        raise ReadError(line, f"the last segment isn't ended by {marks.terminator}: the file was cut off")


def _plain(marks: Marks) -> str:
    end = re.escape(marks.terminator)
    if marks.release == " ":
        return f"[^{end}]"
    release = re.escape(marks.release)
    return f"[^{end}{release}]|{release}."


def _segment(body: str, marks: Marks, line: int) -> Segment:
    elements = tuple(
        tuple(_given_back(component, marks).strip() for component in _parts(element, marks.component, marks))
        for element in _parts(body, marks.element, marks)
    )
    return Segment(elements[0][0].upper()[:10], elements[1:], line)


def _parts(text: str, mark: str, marks: Marks) -> list[str]:
    """Split at `mark` where it isn't released."""
    if marks.release == " " or marks.release not in text:
        return text.split(mark)
    parts, begin, at = [], 0, 0
    while at < len(text):
        if text[at] == marks.release:
            at += 2
            continue
        if text[at] == mark:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    return [*parts, text[begin:]]


def _given_back(text: str, marks: Marks) -> str:
    if marks.release == " " or marks.release not in text:
        return text
    return re.sub(re.escape(marks.release) + "(.)", r"\1", text, flags=re.DOTALL)
