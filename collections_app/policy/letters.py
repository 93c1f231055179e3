"""The words of reminders: which merge fields their texts have (see `arops.lib.merging`), and their fixed words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from arops.lib import merging
from arops.lib.merging import one_line
from arops.lib.words import by_language

FIELDS = {
    "customer": "the customer's name",
    "number": "the customer's account number",
    "company": "our company's name",
    "total": "the amount asked for, with its currency",
    "items": "the list of items asked for",
    "oldest": "the number of the oldest item",
    "days": "days past due of the oldest item",
    "day": "the day of the letter",
    "answer_to": "where answers go",
    "signer": "who signs: a person by name, or our company",
}
"""Merge fields: what each stands for."""

WORDS = by_language("letter")
"""Language → the fixed words of a letter."""


def enclosed_words(language: str, statement: bool, copies: int) -> str:
    """What goes along with a letter, as it names it: `Enclosed: statement of account, copies of 3 invoices`; empty for nothing."""
    words = WORDS[language]
    copied = words["with_copy"] if copies == 1 else words["with_copies"].format(n=copies) if copies else ""
    named = [part for part in (words["with_statement"] if statement else "", copied) if part]
    return f"{words['enclosed']}: {', '.join(named)}" if named else ""


def check_text(text: str) -> None:
    """Raise TextError unless every brace in the text belongs to a merge field of reminders."""
    merging.check_text(text, FIELDS)


@dataclass(frozen=True, slots=True)
class Row:
    """An item as the letter lists it, in words."""

    number: str
    dated: str
    due: str
    days: int
    open: str
    held: str
    asked: str


def plain_table(rows: Sequence[Row], total: str, language: str, more: str = "") -> str:
    """The items as plain text that keeps its columns in a fixed face, with `more` (how many aren't listed) and the total below."""
    words = WORDS[language]
    head = (words["item"], words["due"], words["days"], words["open"], words["asked"])
    body = [(one_line(r.number), r.due, str(r.days), r.open, r.asked) for r in rows]
    widths = [max(len(line[n]) for line in (head, *body)) for n in range(5)]

    def line(cells: tuple[str, ...]) -> str:
        return "  ".join(c.ljust(w) if n < 2 else c.rjust(w) for n, (c, w) in enumerate(zip(cells, widths, strict=True))).rstrip()

    return "\n".join([line(head), *(line(cells) for cells in body), more, f"{words['total']}: {total}"])
