"""The words to customers about cases: merge fields, words of reasons and outcomes by language, the texts to begin with. Pure."""

from dataclasses import dataclass
from datetime import date

from arops.lib import merging
from arops.lib.words import by_language

FIELDS = {
    "customer": "the customer's name",
    "number": "the customer's account number",
    "company": "our company's name",
    "case": "the number of the case",
    "invoice": "the number of the invoice or other item",
    "invoice_date": "its day",
    "claimed": "what the customer contests, with its currency",
    "amount": "what is in dispute now, with its currency",
    "agreed": "what we allow, with its currency",
    "remaining": "what of the contested amount stays owed, with its currency",
    "reason": "the reason of the case",
    "outcome": "how the case was settled",
    "words": "what was written for this customer: a question, the reasons of the decision",
    "due": "the day by which we answer",
    "owner": "who works the case",
    "day": "the day of the message",
    "answer_to": "where answers go",
}
"""Merge fields: what each stands for."""

REASONS = by_language("reasons")
"""Language → reason of a case → its words for customers."""

OUTCOMES = by_language("outcomes")
"""Language → how a case ended → what we do, within a sentence; `{agreed}` is filled in."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A text as it is first set up: the event, its name, the language, subject and body."""

    event: str
    name: str
    language: str
    subject: str
    body: str


def check_text(text: str) -> None:
    """Raise TextError unless every brace in the text belongs to a merge field of texts about cases."""
    merging.check_text(text, FIELDS)


_WORDS, _SPEECH = by_language("case_texts"), by_language("speech")
_NAMES: tuple[tuple[str, str], ...] = (
    ("opened", "Case opened"), ("short_payment", "Short payment"), ("progress", "Where we stand"), ("outcome", "Settled"),
    ("rejected", "Not allowed"), ("reply", "Ask for proof"), ("reply", "Proof of delivery attached"), ("reply", "Purchase order needed"),
    ("reply", "Still working on it"),
)  # fmt: skip
"""Event and name of the texts to begin with."""


def _standard(event: str, name: str, language: str) -> Standard:
    words = _WORDS[language]
    return Standard(event, name, language, words[f"{name}.subject"], words["dear"] + words[f"{name}.body"] + words["regards"])


STANDARD: tuple[Standard, ...] = tuple(_standard(*one, code) for one in _NAMES for code in merging.LANGUAGES)
"""The texts a company begins with; people change them on the page of texts."""


def sample(language: str, today: date) -> dict[str, str]:
    """What the merge fields stand for in a case that there isn't, to look at a text."""
    amount, allowed, rest = (merging.sum_in(n, "EUR", language) for n in (1_284_50, 1_000_00, 284_50))
    day = merging.day_in(today, language)
    return {
        "customer": "Sample Customer", "number": "C-100", "company": "Our Company", "case": "DSP-000042", "invoice": "INV-001234",
        "invoice_date": day, "claimed": amount, "amount": amount, "agreed": allowed, "remaining": rest,
        "reason": REASONS[language]["price"], "outcome": merging.merge(OUTCOMES[language]["credited"], {"agreed": allowed}),
        "words": _SPEECH[language]["sample_words"], "due": day, "owner": "Kim Example", "day": day, "answer_to": "receivables@example.com",
    }  # fmt: skip
