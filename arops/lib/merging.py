"""Texts with merge fields by an allow-list, and how amounts and days are written for people of a language. Pure.

A text is plain text whose fields are filled in one pass: what is filled in is never read again, so a customer called `{{7*7}}` or
`{total}` stays called that. There is no template language in it to attack.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache

from arops.lib import money
from arops.lib.words import LANGUAGES, by_language

__all__ = [
    "LANGUAGES", "TextError", "amount_in", "check_text", "day_in", "language_note", "language_of", "merge", "number_in", "one_line",
    "short_day_in", "sum_in",
]  # fmt: skip
_SPEECH = by_language("speech")


class TextError(ValueError):
    """A text with braces that are no merge field; the message names what was found."""


@lru_cache(maxsize=32)
def _pattern(fields: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\{(" + "|".join(map(re.escape, fields)) + r")\}")


def check_text(text: str, fields: Collection[str]) -> None:
    """Raise TextError unless every brace in the text belongs to one of the merge fields."""
    known = _pattern(tuple(fields))
    for found in re.findall(r"\{+[^{}\n]{0,40}\}*|\}+", text):
        if not known.fullmatch(found):
            raise TextError(f"{found} is not a merge field; there are: " + ", ".join("{" + name + "}" for name in fields))


def merge(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in, once; a field without a value stays as it is written."""
    return _pattern(tuple(values)).sub(lambda found: values[found[1]], text) if values else text


def one_line(text: str) -> str:
    """The text as a subject: white space and control characters become single blanks."""
    plain = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.split())


def language_of(code: str) -> str:
    """The language that letters to someone of this language code are in: `de` for `de-AT`, English where there is no other."""
    short = code.lower().replace("_", "-").split("-")[0]
    return short if short in LANGUAGES else "en"


def language_note(code: str) -> str:
    """What people are told of a customer whose language none of our words is in; empty where letters are in it."""
    short = code.lower().replace("_", "-").split("-")[0]
    return f"writes {short}, which no text is in: letters go in English" if short and short not in LANGUAGES else ""


def amount_in(amount: int, currency: str, language: str) -> str:
    """An amount for people of that language: `1,234.50`, `1.234,50` or `1 234,50`; negative with a minus sign."""
    text = money.to_text(abs(amount), currency)
    whole, _, fraction = text.partition(".")
    grouped = number_in(f"{int(whole):,}" + (f".{fraction}" if fraction else ""), language)
    return f"−{grouped}" if amount < 0 else grouped


def sum_in(amount: int, currency: str, language: str) -> str:
    """An amount with its currency, within a sentence: `1,234.50 EUR` or `1.234,50 €`, which stays on one line."""
    said = amount_in(amount, currency, language)
    return f"{said} {currency}" if language == "en" else f"{said}\u00a0{'€' if currency == 'EUR' else currency}"


def number_in(text: str, language: str) -> str:
    """A number written as in English, as the language writes it."""
    return text.translate(_signs(language))


@lru_cache(maxsize=len(LANGUAGES))
def _signs(language: str) -> dict[int, int]:
    speech = _SPEECH[language]
    return str.maketrans(",.", speech["thousands"] + speech["decimal"])


def day_in(day: date, language: str) -> str:
    """A day within a sentence: `25 November 2026`, `25.11.2026`, `1er mars 2026`, `25 de noviembre de 2026`."""
    return _day(day, language, "day")


def short_day_in(day: date, language: str) -> str:
    """A day in a table: `25 Nov 2026`, `25.11.2026`, `25/11/2026`."""
    return _day(day, language, "short")


@lru_cache(maxsize=4_096)
def _day(day: date, language: str, form: str) -> str:
    """A night writes the same few hundred days a hundred thousand times."""
    speech = _SPEECH[language]
    month = speech["months"].split()[day.month - 1]
    said = speech["first"] if day.day == 1 else str(day.day)
    return speech[form].format(d=said, dd=f"{day:%d}", mm=f"{day:%m}", mon=month[:3], month=month, y=f"{day:%Y}")
