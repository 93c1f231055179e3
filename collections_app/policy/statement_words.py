"""The words of statements of account, by language; what the events of an account are called. Pure."""

from arops.lib.words import by_language

WORDS = by_language("statement")
"""Language → the fixed words of a statement and of the mail it goes with."""

EVENTS = by_language("events")
"""Language → what an event is called by its kind."""


def bucket_words(label: str, language: str) -> str:
    """A bucket of the ageing, such as `1–30` or `over 90`, with the word for days."""
    speech = by_language("speech")[language]
    first, dash, last = label.replace(" days", "").replace("-", "–").partition("–")
    if dash:
        return speech["bucket"].replace("{from}", first).replace("{to}", last)
    digits = "".join(c for c in label if c.isdigit())
    return speech["bucket_over"].replace("{from}", digits) if digits else WORDS[language]["current"]


def event_words(code: str, language: str) -> str:
    """An event in words: `Payment received`; of a reversal (`-receipt`) what it takes back: `Receipt reversed`."""
    names = EVENTS[language]
    kind = code.removeprefix("-")
    if not code.startswith("-"):
        return names.get(kind, kind.replace("_", " ").capitalize())
    plain = {"receipt": "Receipt", "application": "Application", "identification": "Payment"} if language == "en" else {}
    return names["reversed"].format(plain.get(kind, names.get(kind, kind.replace("_", " ").capitalize())))


def kind_words(kind: str, language: str) -> str:
    """A kind of item in words: `credit memo`."""
    return WORDS[language].get(kind, kind.replace("_", " "))
