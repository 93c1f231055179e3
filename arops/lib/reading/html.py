"""HTML as the text that a person sees: rows of tables as lines, their cells parted by tabs. Nothing of it is ever shown as HTML."""

import re
from html.parser import HTMLParser

_LINES = frozenset("p div br tr li h1 h2 h3 h4 h5 h6 table blockquote pre hr ul ol section article header footer".split())
_HIDDEN = frozenset("script style head title template noscript svg".split())
_MAX_DEPTH = 10_000


def text_of(source: str) -> str:
    """The text, one line a row or paragraph, without runs of blanks."""
    reader = _Text()
    try:
        plain = _without_comments(source)
        last = plain.rfind(">") + 1
        reader.feed(plain[:last] + plain[last:].replace("<", " "))  # no tag that begins there is ever closed
        reader.close()
    except (AssertionError, ValueError):  # the parser's own words for markup that is none
        pass
    lines = (re.sub(r"[ \u00a0]*\t[ \u00a0]*", "\t", re.sub(r"[ \u00a0]+", " ", line)) for line in "".join(reader.parts).split("\n"))
    return "\n".join(stripped for line in lines if (stripped := line.rstrip().strip(" ")))


def _without_comments(source: str) -> str:
    """Comments taken out, to the end where one isn't closed: the parser looks for the end of each anew, which takes hours for many."""
    kept, at = [], 0
    while (start := source.find("<!--", at)) >= 0:
        kept.append(source[at:start])
        end = source.find("-->", start + 2)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, source[at:]])


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden: list[str] = []
        self.cells = 0
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN and len(self.hidden) < _MAX_DEPTH:
            self.hidden.append(tag)
        elif tag == "tr":
            self.rows += 1
            self.cells = 0
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append("\t" if self.cells else "")
            self.cells += 1
        elif tag in _LINES:
            self.parts.append(" " if self.cells and self.rows else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            while self.hidden.pop() != tag:
                continue
        elif tag == "tr":
            self.rows = max(0, self.rows - 1)
            self.cells = 0
            self.parts.append("\n")
        elif tag in _LINES:
            self.parts.append(" " if self.cells and self.rows else "\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
