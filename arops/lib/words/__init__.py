"""What customers read, in every language that papers and mails are written in: a package a language, the same words in each. Pure.

A language is added by a package of its own and its line here; a test finds what it lacks. A customer is written to in one of them: where
their language isn't among them, or somebody's own text hasn't been translated, all of the paper is in English, and its page says so.
"""

import re

from arops.lib.words import de, en, es, fr

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
"""Code → its name in itself."""
_BOOKS = {"en": en.TOPICS, "de": de.TOPICS, "fr": fr.TOPICS, "es": es.TOPICS}
_HARD = "\u00a0"


def by_language(topic: str) -> dict[str, dict[str, str]]:
    """Language → the words of a topic, such as `letter`, `statement`, `plan`."""
    return {code: {name: _set(text, code) for name, text in book[topic].items()} for code, book in _BOOKS.items()}


def _set(text: str, code: str) -> str:
    """French as it is printed: a blank that doesn't break before its double signs, curved apostrophes."""
    return re.sub(r" ([:;?!%»])", rf"{_HARD}\1", text).replace("'", "’") if code == "fr" else text
