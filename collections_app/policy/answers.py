"""Answers to customers: their merge fields, and the texts that a company begins with. Pure; the words are ours, in English and German."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import starmap

from arops.lib import merging

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


_DEAR = {"en": "Dear {contact},\n\n", "de": "Guten Tag {contact},\n\n"}
_REGARDS = {"en": "\n\nKind regards\n{owner}\n{company}", "de": "\n\nMit freundlichen Grüßen\n{owner}\n{company}"}
_BODIES = (
    ("copy", "Copies of invoices", "en", "Copies of {invoices}", "please find attached what you asked for: {invoices}.\n\nOpen of it: "
    "{open}.", ("copies",)),
    ("copy", "Copies of invoices", "de", "Kopien von {invoices}", "anbei wie gewünscht: {invoices}.\n\nDavon offen: {open}.", ("copies",)),
    (
        "statement", "Statement of account", "en", "Statement of your account {number}",
        "please find attached the statement of your account {number} as of {day}. Open in all: {balance}.\n\n"
        "If anything in it differs from your books, please tell us.", ("statement",),
    ),
    (
        "statement", "Statement of account", "de", "Kontoauszug zu Ihrem Konto {number}",
        "anbei der Auszug Ihres Kontos {number} zum {day}. Insgesamt offen: {balance}.\n\n"
        "Falls etwas von Ihren Büchern abweicht, sagen Sie uns bitte Bescheid.", ("statement",),
    ),
    (
        "document", "Paper attached", "en", "{subject}", "please find attached what you need from us. Is there anything else that "
        "stands between "
        "you and the payment of {invoices}?", ("w9",),
    ),
    (
        "document", "Paper attached", "de", "{subject}", "anbei die gewünschte Unterlage. Fehlt Ihnen sonst noch etwas, damit Sie "
        "{invoices} zahlen "
        "können?", ("w9",),
    ),
    (
        "paid", "Ask for the payment's details", "en", "Your payment {said}",
        "thank you for telling us. We don't find your payment {said} yet. Please send us what shows it: the bank's confirmation with "
        "day, amount "
        "and account, or the number of the cheque. Then we will look for it at once.", (),
    ),
    (
        "paid", "Ask for the payment's details", "de", "Ihre Zahlung {said}",
        "danke für Ihre Nachricht. Ihre Zahlung {said} finden wir bisher nicht. Bitte senden Sie uns einen Beleg: die Bestätigung der "
        "Bank mit Tag, "
        "Betrag und Konto. Dann suchen wir sie sofort.", (),
    ),
    (
        "paid", "Payment found", "en", "Your payment {said}", "your payment {said} is here, thank you. Open of {invoices}: {open}.", (),
    ),
    ("paid", "Payment found", "de", "Ihre Zahlung {said}", "Ihre Zahlung {said} ist eingegangen, vielen Dank. Von {invoices} offen: "
    "{open}.", ()),
    (
        "promise", "Promise confirmed", "en", "Your payment {said}",
        "thank you for your word: we expect your payment {said} for {invoices}. If anything comes in between, please tell us "
        "before that day.", (),
    ),
    (
        "promise", "Promise confirmed", "de", "Ihre Zahlung {said}",
        "danke für Ihre Zusage: wir erwarten Ihre Zahlung {said} für {invoices}. Falls etwas dazwischenkommt, sagen Sie uns "
        "bitte vorher Bescheid.", (),
    ),
    (
        "dispute", "We look into it", "en", "{subject}",
        "thank you for telling us what is wrong with {invoices}. We look into it and come back to you. What isn't contested of the "
        "account stays "
        "due as agreed.", (),
    ),
    (
        "dispute", "We look into it", "de", "{subject}",
        "danke für Ihren Hinweis zu {invoices}. Wir prüfen das und melden uns. Was an Ihrem Konto nicht strittig ist, bleibt wie "
        "vereinbart "
        "fällig.", (),
    ),
    ("other", "Short answer", "en", "{subject}", "thank you for your message.", ()),
    ("other", "Short answer", "de", "{subject}", "danke für Ihre Nachricht.", ()),
)  # fmt: skip


def _standard(kind: str, name: str, language: str, subject: str, body: str, encloses: tuple[str, ...]) -> Standard:
    return Standard(kind, name, language, subject, _DEAR[language] + body + _REGARDS[language], encloses)


STANDARD: tuple[Standard, ...] = tuple(starmap(_standard, _BODIES))
"""The texts a company begins with; people change them on the page of templates."""


def listed(numbers: Collection[str], language: str, most: int = 6) -> str:
    """Numbers of documents as a text names them: your invoices, where there are none."""
    shown = ", ".join(list(numbers)[:most])
    if not shown:
        return "Ihre Rechnungen" if language == "de" else "your invoices"
    rest = len(numbers) - most
    return shown if rest <= 0 else f"{shown} {'und' if language == 'de' else 'and'} {rest} {'weitere' if language == 'de' else 'more'}"


def said_of(amount: str, day: str, language: str) -> str:
    """Amount and day that a customer named, as a text says it."""
    if not amount and not day:
        return ""
    if language == "de":
        return " ".join(filter(None, [f"über {amount}" if amount else "", f"vom {day}" if day else ""]))
    return " ".join(filter(None, [f"of {amount}" if amount else "", f"of {day}" if day and not amount else f"on {day}" if day else ""]))


def sample(language: str, today: date) -> dict[str, str]:
    """What the merge fields stand for in an inquiry that there isn't, to look at a text."""
    amount = f"{merging.amount_in(1_284_50, 'EUR', language)} EUR"
    day = merging.day_in(today, language)
    return {
        "contact": "Robin Sample", "customer": "Sample Customer", "number": "C-100", "company": "Our Company", "inquiry": "INQ-000042",
        "subject": "Question about our "
        "account", "invoices": listed(["INV-001234", "INV-001240"], language), "open": amount, "balance": amount,
        "said": said_of(amount, day, language), "day": day, "owner": "Kim Example", "answer_to": "receivables@example.com",
    }  # fmt: skip
