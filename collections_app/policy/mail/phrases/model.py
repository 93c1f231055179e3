"""A way to say something, and what beside it makes it mean something else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

PAID, DISPUTE, PROMISE, COPY, STATEMENT, DOCUMENT = "paid", "dispute", "promise", "copy", "statement", "document"
BANK = "bank"
"""Other bank details: the commonest fraud of all, so never trusted and never acted upon by itself."""
BEFORE, AFTER = 45, 60
"""Letters before and after what was found in which it is looked for what denies it, or puts a condition."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Holds of a sentence when its pattern is found, nothing of `unless` stands shortly before or in it, and nothing of `provided` shortly
    after it. `about` is what of it: the reason of a dispute, the document asked for."""

    kind: str
    language: str
    pattern: str
    unless: str = ""
    provided: str = ""
    about: str = ""

    @property
    def rule(self) -> str:
        """Its name, such as `dispute:price:en`."""
        return ":".join(filter(None, (self.kind, self.about, self.language)))

    def found(self, sentence: str) -> re.Match[str] | None:
        """Where it stands in a sentence, if it does and is meant."""
        match = compiled(self.pattern).search(sentence)
        if match is None or _says(self.unless, sentence[max(0, match.start() - BEFORE) : match.end()]):
            return None
        return None if _says(self.provided, sentence[match.end() : match.end() + AFTER]) else match


def _says(pattern: str, words: str) -> bool:
    return bool(pattern) and compiled(pattern).search(words) is not None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, whatever the case of letters."""
    return re.compile(pattern, re.IGNORECASE)


def say(kind: str, language: str, *ways: str, about: str = "", unless: str = "", provided: str = "") -> Phrase:
    """A phrase of several ways to say it."""
    return Phrase(kind, language, "|".join(ways), unless, provided, about)


def wanting(language: str, wanted: str, documents: Mapping[str, str]) -> tuple[Phrase, ...]:
    """Phrases that ask for a document: its name beside a word of asking, unless it comes with the mail."""
    attached = r"attached|anbei|ci-joint|adjunt"
    return tuple(
        say(DOCUMENT, language, rf"\b{wanted}\b.{{0,80}}({names})", rf"({names}).{{0,60}}\b{wanted}\b", about=about, unless=attached)
        for about, names in documents.items()
    )
