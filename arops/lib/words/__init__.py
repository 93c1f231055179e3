"""What customers read, in every language that papers and mails are written in: a package a language, the same words in each. Pure.

A language is added by a package of its own and its line here; a test finds what it lacks. A customer is written to in one of them: where
their language isn't among them, or somebody's own text hasn't been translated, all of the paper is in English, and its page says so.
"""

import re

from arops.lib.words import de, en, es, fr

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
"""Code → its name in itself."""
_BOOKS = {"en": en.TOPICS, "de": de.TOPICS, "fr": fr.TOPICS, "es": es.TOPICS}
_HARD, _THIN = "\u00a0", "\u202f"


def by_language(topic: str) -> dict[str, dict[str, str]]:
    """Language → the words of a topic, such as `letter`, `statement`, `plan`."""
    return {code: {name: _set(text, code) for name, text in book[topic].items()} for code, book in _BOOKS.items()}


def _set(text: str, code: str) -> str:
    """As it is printed: no break before a percent sign; in French a thin blank before its double signs, a full one before a colon and
    within its quotes, and curved apostrophes."""
    if code == "en":
        return text
    text = re.sub(r" %", f"{_HARD}%", text)
    if code != "fr":
        return text
    return re.sub(r" ([;?!])", rf"{_THIN}\1", re.sub(r" ([:»])|(?<=«) ", lambda found: _HARD + (found[1] or ""), text)).replace("'", "’")
