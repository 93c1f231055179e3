"""The words of reminders. Pure.

A level's text is plain text with merge fields by an allow-list, filled in one pass: what is filled in is never read again, so a
customer called `{{7*7}}` or `{total}` stays called that. There is no template language in it to attack.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from arops.lib import money

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
}
"""Merge fields: what each stands for."""

_FIELD = re.compile(r"\{(" + "|".join(FIELDS) + r")\}")
LANGUAGES = {"en": "English", "de": "Deutsch"}

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "item": "Item", "dated": "Dated", "due": "Due", "days": "Days past due", "open": "Open", "held": "Disputed or promised",
        "credits": "Credits set off", "asked": "Please pay", "total": "Total", "account": "Account", "statement": "Your account as of",
        "balance": "Balance", "more": "and {n} more items", "page": "Reminder", "kind": "Kind", "amount": "Amount",
        "invoice": "invoice", "debit_memo": "debit memo", "late_fee": "late fee", "credit_memo": "credit memo", "receipt": "payment",
        "without_pdf": "Your account is listed in the attached page.",
    },
    "de": {
        "item": "Beleg", "dated": "Datum", "due": "Fällig", "days": "Tage überfällig", "open": "Offen", "held": "Strittig oder zugesagt",
        "credits": "Verrechnete Gutschriften", "asked": "Bitte zahlen", "total": "Summe", "account": "Konto",
        "statement": "Ihr Konto zum", "balance": "Saldo", "more": "und {n} weitere Belege", "page": "Zahlungserinnerung", "kind": "Art",
        "amount": "Betrag", "invoice": "Rechnung", "debit_memo": "Belastung", "late_fee": "Mahngebühr", "credit_memo": "Gutschrift",
        "receipt": "Zahlung", "without_pdf": "Ihr Konto ist auf der beigefügten Seite aufgeführt.",
    },
}  # fmt: skip
"""Language → the fixed words of a letter."""


class TextError(ValueError):
    """A text with braces that are no merge field; the message names what was found."""


def check_text(text: str) -> None:
    """Raise TextError unless every brace in the text belongs to a merge field."""
    for found in re.findall(r"\{+[^{}\n]{0,40}\}*|\}+", text):
        if not _FIELD.fullmatch(found):
            raise TextError(f"{found} is not a merge field; there are: " + ", ".join("{" + name + "}" for name in FIELDS))


def merge(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled in, once."""
    return _FIELD.sub(lambda found: values.get(found[1], found[0]), text)


def one_line(text: str) -> str:
    """The text as a subject: white space and control characters become single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def language_of(code: str) -> str:
    """The language that letters to someone of this language code are in: `de` for `de-AT`, English where there is no other."""
    short = code.lower().replace("_", "-").split("-")[0]
    return short if short in LANGUAGES else "en"


def amount_in(amount: int, currency: str, language: str) -> str:
    """An amount for people of that language: `1,234.50` or `1.234,50`; negative with a minus sign."""
    text = money.to_text(abs(amount), currency)
    whole, _, fraction = text.partition(".")
    grouped = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    if language == "de":
        grouped = grouped.translate(str.maketrans(",.", ".,"))
    return f"−{grouped}" if amount < 0 else grouped


def day_in(day: date, language: str) -> str:
    """A day for people of that language: `25.11.2026` or `25 November 2026`."""
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day:%-d %B %Y}"


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
