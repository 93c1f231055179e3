"""Answers to customers: their merge fields, and the texts that a company begins with. Pure; the words are ours."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from arops.lib import merging
from arops.lib.words import by_language

FIELDS = {
    "contact": "Name of whom the answer goes to, or the customer",
    "customer": "The customer's name",
    "number": "The customer's number at ours",
    "company": "Our company",
    "inquiry": "Number of the inquiry",
    "subject": "What they wrote above their mail",
    "invoices": "Numbers of the invoices that it is about",
    "open": "What is open of these invoices",
    "balance": "What is open of the whole account",
    "said": "Amount and day that they named, such as of a payment",
    "day": "Today",
    "owner": "Who answers",
    "answer_to": "Our address for answers",
}
"""Merge field → what it stands for."""


def check_text(text: str) -> None:
    """Raise TextError for braces that are no merge field."""
    merging.check_text(text, tuple(FIELDS))


@dataclass(frozen=True, slots=True)
class Standard:
    """A text that a company begins with; `encloses` are codes of what goes with it."""

    kind: str
    name: str
    language: str
    subject: str
    body: str
    encloses: tuple[str, ...]


_WORDS, _SPEECH = by_language("answers"), by_language("speech")
_NAMES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("copy", "Copies of invoices", ("copies",)), ("statement", "Statement of account", ("statement",)),
    ("document", "Paper attached", ("w9",)), ("paid", "Ask for the payment's details", ()), ("paid", "Payment found", ()),
    ("promise", "Promise confirmed", ()), ("dispute", "We look into it", ()), ("other", "Short answer", ()),
)  # fmt: skip
"""What it answers, its name, and what goes with it."""


def _standard(kind: str, name: str, encloses: tuple[str, ...], language: str) -> Standard:
    words = _WORDS[language]
    body = f"{words['dear']}{words[f'{name}.body']}{words['regards']}"
    return Standard(kind, name, language, words[f"{name}.subject"], body, encloses)


STANDARD: tuple[Standard, ...] = tuple(_standard(*one, code) for one in _NAMES for code in merging.LANGUAGES)
"""The texts a company begins with; people change them on the page of templates."""


def listed(numbers: Collection[str], language: str, most: int = 6) -> str:
    """Numbers of documents as a text names them: your invoices, where there are none."""
    shown = ", ".join(list(numbers)[:most])
    speech = _SPEECH[language]
    if not shown:
        return speech["your_invoices"]
    rest = len(numbers) - most
    return shown if rest <= 0 else f"{shown} {speech['and_more'].format(n=rest)}"


def said_of(amount: str, day: str, language: str) -> str:
    """Amount and day that a customer named, as a text says it."""
    if not amount and not day:
        return ""
    speech = _SPEECH[language]
    on = speech["said_on" if amount else "said_day"].format(day=day) if day else ""
    return " ".join(filter(None, [speech["said_amount"].format(amount=amount) if amount else "", on]))


def sample(language: str, today: date) -> dict[str, str]:
    """What the merge fields stand for in an inquiry that there isn't, to look at a text."""
    speech = _SPEECH[language]
    amount = merging.sum_in(1_284_50, "EUR", language)
    day = merging.day_in(today, language)
    return {
        "contact": speech["sample_contact"], "customer": "Sample Customer", "number": "C-100", "company": "Our Company",
        "inquiry": "INQ-000042",
        "subject": speech["sample_subject"],
        "invoices": listed(["INV-001234", "INV-001240"], language), "open": amount, "balance": amount,
        "said": said_of(amount, day, language), "day": day, "owner": "Kim Example", "answer_to": "receivables@example.com",
    }  # fmt: skip
