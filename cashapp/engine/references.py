"""Reading document numbers out of remittance text: cutting it into parts, and the forms in which a number may reappear.

A number is compared by its *key*: capitals and digits alone, so `INV-2026/0042` is `INV20260042`. Weaker forms of a key are
its *digits* (without leading zeros: banks and spreadsheets lose prefix and zeros), its *tail* (the last group of digits) and
its *skeleton*, in which characters that scanners confuse (O and 0, I, L and 1, S and 5, B and 8, Z and 2, G and 6) are one.
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple

MIN_KEY = 4
"""A number shorter than this is never read out of free text (the OCA reconciliation rule: tokens of at least four)."""

MAX_GAP = 3
"""Characters that may stand between two parts of one number: `INV - 42`."""

_PART = re.compile(r"[A-Z]+|[0-9]+")
_RUN = re.compile(r"[A-Z0-9|]+")
_NOT_KEY = re.compile(r"[^A-Z0-9]+")
_TAIL = re.compile(r"[0-9]+$")
_TWO_RUNS = re.compile(r"[0-9][^0-9]+[0-9]")
_SCIENTIFIC = re.compile(r"(?<![0-9.,])([0-9])(?:[.,]([0-9]{1,14}))?E\+?([0-9]{1,2})(?![0-9])")
_CLASSES = str.maketrans("OQILZSBG|", "001125861")
LETTERS = dict.fromkeys(map(ord, "ABCDEFGHIJKLMNOPQRSTUVWXYZ|"))
_PUNCTUATION = {c: None for c in range(128) if not chr(c).isalnum()}
_SHAPE = str.maketrans("0123456789", "9999999999")


class Level(IntEnum):
    """How far a found reference can be trusted, from nothing to a line of structured remittance advice."""

    NONE = 0
    FUZZY = 1
    NOISY = 2
    BARE = 3
    EXACT = 4
    STRUCTURED = 5


class Part(NamedTuple):
    """A run of letters or of digits in the text, with its place."""

    text: str
    start: int
    end: int


def upper(text: str) -> str:
    """Capitals, character by character, so that places in the result are places in the text (`ß` stays one character)."""
    raised = text.upper()
    if len(raised) == len(text):
        return raised
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def key(number: str) -> str:
    """The number's capitals and digits alone.

    >>> key("inv-2026/0042")
    'INV20260042'
    """
    raised = number.upper()
    return raised.translate(_PUNCTUATION) if raised.isascii() else _NOT_KEY.sub("", raised)


def digits(number_key: str) -> str:
    """A key's digits without leading zeros.

    >>> digits("INV0042")
    '42'
    """
    return number_key.translate(LETTERS).lstrip("0")


def in_one_run(word: str) -> bool:
    """Whether all digits of a word stand together: those of TEST0001RPBA0001 are of two numbers, and 00010001 is neither.

    >>> in_one_run("INV0042A")
    True
    """
    return _TWO_RUNS.search(word) is None


def tail(number: str) -> str:
    """The last group of digits of a number as written, without leading zeros.

    >>> tail("INV-2026-00421")
    '421'
    """
    found = _TAIL.search(number.strip())
    return found.group().lstrip("0") if found else ""


def skeleton(number_key: str) -> str:
    """A key with the characters that scanners confuse made one.

    >>> skeleton("INVO5") == skeleton("1NV0S")
    True
    """
    return number_key.translate(_CLASSES)


def shape(number_key: str) -> str:
    """A key with every digit a 9: numbers of one series share a shape.

    >>> shape("INV0042")
    'INV9999'
    """
    return number_key.translate(_SHAPE)


def parts(text: str) -> list[Part]:
    """Runs of letters and runs of digits of a text already in capitals."""
    return [Part(m.group(), m.start(), m.end()) for m in _PART.finditer(text)]


def part_count(number: str) -> int:
    """How many parts a number has: INV-2026-0042 has three."""
    return len(_PART.findall(number.upper()))


def longest(found: list[Part], keys: Mapping[str, object], most: int) -> Iterator[tuple[int, int, str]]:
    """Known keys in a text's parts, from left to right and never overlapping, the longest at each place: (first, after, key)."""
    i, count = 0, len(found)
    while i < count:
        joined, end, best, after = "", found[i].start, "", i
        for j in range(i, min(i + most, count)):
            word, start, stop = found[j]
            if start - end > MAX_GAP:
                break
            joined, end = joined + word, stop
            if len(joined) >= MIN_KEY and joined in keys:
                best, after = joined, j + 1
        if best:
            yield i, after, best
        i = max(after, i + 1)


def windows(text: str, most: int = 4) -> Iterator[Part]:
    """Every run of up to `most` neighbouring words that holds a digit, joined: what a garbled number may be read from."""
    runs = [Part(m.group(), m.start(), m.end()) for m in _RUN.finditer(text)]
    for i, first in enumerate(runs):
        joined, end = "", first.start
        for run in runs[i : i + most]:
            if run.start - end > MAX_GAP:
                break
            joined, end = joined + run.text, run.end
            if len(joined) >= MIN_KEY and not joined.isalpha():
                yield Part(joined, first.start, end)


def scientific(text: str) -> list[tuple[str, int, int, int]]:
    """Numbers a spreadsheet broke, such as 1.2E+10: (leading digits, count of digits, start, end)."""
    return [(m.group(1) + (m.group(2) or ""), int(m.group(3)) + 1, m.start(), m.end()) for m in _SCIENTIFIC.finditer(text)]
