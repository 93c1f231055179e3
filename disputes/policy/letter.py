"""The words of a letter that rejects a claim, by language. Pure."""

import re
from datetime import date

from arops.lib import merging
from arops.lib.words import by_language

LETTER = by_language("rejection")
"""Language → part of the letter → its words."""

PATTERNS: tuple[tuple[str, str], ...] = (
    ("ordered", r"^(.+) × (.+) ordered$"),
    ("damaged", r"^(.+) delivered, (.+) damaged$"),
    ("delivered", r"^(.+) delivered$"),
    ("done_qty", r"^(.+) done (\S+)$"),
    ("done_day", r"^done (\S+)$"),
    ("signed", r"^signed (\S+)$"),
    ("unsigned", r"^not signed$"),
    ("per_unit", r"^(.+) per unit$"),
    ("per", r"^(.+) per (\S+)$"),
    ("escalated", r"^(.+) escalated (\d+)×$"),
    ("left", r"^(.+) of (.+) left$"),
    ("billed", r"^(.+) billed before$"),
    ("by_amount", r"^by amount$"),
    ("no_line", r"^no line of its own$"),
    ("out_of_force_on", r"^not in force on (\S+)$"),
    ("out_of_force", r"^not in force$"),
    ("no_price", r"^no price$"),
    ("freight_in", r"^freight included$"),
    ("freight_billed", r"^freight billed$"),
    ("reached", r"^reached (\S+)$"),
    ("not_reached", r"^not reached$"),
    ("recurring", r"^recurring$"),
    ("version", r"^version (\S+) from (\S+)$"),
    ("retainage", r"^retainage (.+)$"),
    ("po", r"^PO (\S+)$"),
    ("no_po", r"^no PO number$"),
    ("dated", r"^dated (\S+)$"),
    ("open_to", r"^open to (\S+)$"),
    ("net", r"^net (\d+)$"),
    ("in_", r"^in (\S+)$"),
    ("exemption", r"^exemption (.+)$"),
    ("no_code", r"^no code$"),
)
"""What the cells of the comparison say: the name of its words, and its pattern."""
CELLS, STATES, TITLES = by_language("cells"), by_language("states"), by_language("titles")
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_FIGURE = re.compile(r"(?<![\w.-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w-])")


def said_in(text: str, language: str) -> str:
    """A cell of the comparison in a letter's language: its words, its days and figures. What isn't known stays as it is."""
    if language == "en":
        return text
    said, ours = STATES[language].get(text, text), False
    for name, pattern in PATTERNS:
        if re.search(pattern, said):
            said, ours = re.sub(pattern, CELLS[language][name], said), name == "po"  # the customer's own number
            break
    if not ours:
        said = _FIGURE.sub(lambda found: merging.number_in(found[0], language), said)
    return _days_in(said, language)


def cited_in(text: str, language: str) -> str:
    """Where a figure stands, in a letter's language."""
    if language == "en":
        return text
    words = TITLES[language]
    return _days_in(text.replace(", l. ", f", {words['line']} ").replace(", rev. ", f", {words['revision']} "), language)


def _days_in(text: str, language: str) -> str:
    return _DAY.sub(lambda found: _day_in(found[0], language), text)


def _day_in(written: str, language: str) -> str:
    try:
        return merging.short_day_in(date.fromisoformat(written), language)
    except ValueError:
        return written
