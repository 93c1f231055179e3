"""The words to customers about cases: merge fields, words of reasons and outcomes by language, the texts to begin with. Pure."""

from dataclasses import dataclass
from datetime import date
from itertools import starmap

from arops.lib import merging

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

REASONS: dict[str, dict[str, str]] = {
    "en": {
        "price": "price", "quantity": "quantity", "po_missing": "purchase order missing or wrong",
        "not_delivered": "not delivered or not done", "damaged": "damaged or defective",
        "duplicate": "billed twice", "tax": "tax", "terms": "payment terms or discount",
        "freight": "freight or fees", "short_payment": "short payment", "other": "other",
    },
    "de": {
        "price": "Preis", "quantity": "Menge", "po_missing": "Bestellnummer fehlt oder ist falsch",
        "not_delivered": "nicht geliefert oder nicht ausgeführt", "damaged": "beschädigt oder mangelhaft",
        "duplicate": "doppelt berechnet", "tax": "Steuer", "terms": "Zahlungsbedingungen oder Skonto", "freight": "Fracht oder Gebühren",
        "short_payment": "Minderzahlung", "other": "Sonstiges",
    },
}  # fmt: skip
"""Language → reason of a case → its words for customers."""

OUTCOMES: dict[str, dict[str, str]] = {
    "en": {
        "credited": "we credit {agreed} to your account", "debited": "we bill {agreed} in addition",
        "rebilled": "we cancel the invoice and bill it again", "corrected": "we send you the corrected document",
        "goodwill": "we allow {agreed} as a gesture of goodwill", "rejected": "we can't allow the claim",
        "paid": "the amount was paid meanwhile", "withdrawn": "you withdrew the claim",
    },
    "de": {
        "credited": "wir schreiben Ihrem Konto {agreed} gut", "debited": "wir berechnen {agreed} nach",
        "rebilled": "wir stornieren die Rechnung und stellen sie neu aus", "corrected": "wir senden Ihnen den berichtigten Beleg",
        "goodwill": "wir erlassen Ihnen {agreed} aus Kulanz", "rejected": "wir können den Einwand nicht anerkennen",
        "paid": "der Betrag wurde inzwischen bezahlt", "withdrawn": "Sie haben den Einwand zurückgezogen",
    },
}  # fmt: skip
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


_DEAR = {"en": "Dear {customer},\n\n", "de": "Guten Tag {customer},\n\n"}
_REGARDS = {
    "en": "\n\nIf you have questions, answer to {answer_to} and name {case}.\n\nKind regards\n{owner}\n{company}",
    "de": "\n\nBei Fragen antworten Sie bitte an {answer_to} und nennen {case}.\n\nMit freundlichen Grüßen\n{owner}\n{company}",
}

_BODIES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "opened", "Case opened", "en", "{case}: we look into your question about {invoice}",
        "we have opened case {case} about {invoice} of {invoice_date}: {claimed}, {reason}. We will answer by {due}. Until then we "
        "don't ask you for the contested amount; whatever else is due stays due.\n\n{words}",
    ),
    (
        "opened", "Case opened", "de", "{case}: wir prüfen Ihren Einwand zu {invoice}",
        "zu {invoice} vom {invoice_date} haben wir den Vorgang {case} angelegt: {claimed}, {reason}. Sie erhalten bis zum {due} eine "
        "Antwort. Bis dahin mahnen wir den strittigen Betrag nicht an; was sonst fällig ist, bleibt fällig.\n\n{words}",
    ),
    (
        "short_payment", "Short payment", "en", "{case}: your payment of {invoice} was {claimed} short",
        "thank you for your payment. It left {claimed} of {invoice} of {invoice_date} open, and we don't know why. Please tell us the "
        "reason, with whatever shows it, so that we can settle it. The matter has the number {case}.\n\n{words}",
    ),
    (
        "short_payment", "Short payment", "de", "{case}: zu {invoice} fehlen {claimed}",
        "vielen Dank für Ihre Zahlung. Von {invoice} vom {invoice_date} blieben {claimed} offen, und der Grund ist uns nicht bekannt. "
        "Bitte teilen Sie ihn uns mit, möglichst mit einem Beleg. Der Vorgang hat die Nummer {case}.\n\n{words}",
    ),
    (
        "progress", "Where we stand", "en", "{case}: where your question about {invoice} stands",
        "this is about {invoice} and the {amount} that you contest.\n\n{words}\n\nWe expect to have an answer by {due}.",
    ),
    (
        "progress", "Where we stand", "de", "{case}: Zwischenstand zu {invoice}",
        "es geht um {invoice} und die von Ihnen bestrittenen {amount}.\n\n{words}\n\nWir rechnen bis zum {due} mit einer Antwort.",
    ),
    (
        "outcome", "Settled", "en", "{case}: settled, {invoice}",
        "your question about {invoice} of {invoice_date} is settled: {outcome}. You had contested {claimed}; still due of it: "
        "{remaining}.\n\n{words}",
    ),
    (
        "outcome", "Settled", "de", "{case}: erledigt, {invoice}",
        "Ihr Einwand zu {invoice} vom {invoice_date} ist erledigt: {outcome}. Strittig waren {claimed}; davon noch zu zahlen: "
        "{remaining}.\n\n{words}",
    ),
    (
        "rejected", "Not allowed", "en", "{case}: our answer about {invoice}",
        "we have looked into what you contest on {invoice} of {invoice_date} ({claimed}, {reason}) and can't allow it.\n\n{words}\n\n"
        "What is attached shows why. Please pay {remaining}, or tell us what we have overlooked.",
    ),
    (
        "rejected", "Not allowed", "de", "{case}: unsere Antwort zu {invoice}",
        "wir haben Ihren Einwand zu {invoice} vom {invoice_date} ({claimed}, {reason}) geprüft und können ihn nicht anerkennen.\n\n"
        "{words}\n\nDie Anlagen zeigen, warum. Bitte zahlen Sie {remaining}, oder sagen Sie uns, was wir übersehen haben.",
    ),
    (
        "reply", "Ask for proof", "en", "{case}: what we need from you about {invoice}",
        "to look into {claimed} of {invoice} we need what shows it: a photograph, the delivery note with the difference marked, or your "
        "purchase order with the agreed price. As soon as it is here we go on.",
    ),
    (
        "reply", "Ask for proof", "de", "{case}: was wir von Ihnen zu {invoice} brauchen",
        "um {claimed} aus {invoice} zu prüfen, brauchen wir einen Beleg: ein Foto, den Lieferschein mit der vermerkten Abweichung oder "
        "Ihre Bestellung mit dem vereinbarten Preis. Sobald er vorliegt, geht es weiter.",
    ),
    (
        "reply", "Proof of delivery attached", "en", "{case}: proof of delivery for {invoice}",
        "please find attached the signed proof of delivery for {invoice} of {invoice_date}. Does this answer your question? If not, "
        "please tell us what differs from what you received.",
    ),
    (
        "reply", "Proof of delivery attached", "de", "{case}: Liefernachweis zu {invoice}",
        "anbei der unterschriebene Liefernachweis zu {invoice} vom {invoice_date}. Ist Ihre Frage damit beantwortet? Falls nicht, "
        "sagen Sie uns bitte, was von Ihrer Lieferung abweicht.",
    ),
    (
        "reply", "Purchase order needed", "en", "{case}: your purchase order for {invoice}",
        "you told us that the purchase order on {invoice} is missing or wrong. Please send us its number, and the order itself if you "
        "can, so that we can correct the invoice.",
    ),
    (
        "reply", "Purchase order needed", "de", "{case}: Ihre Bestellung zu {invoice}",
        "Sie haben uns mitgeteilt, dass die Bestellnummer auf {invoice} fehlt oder falsch ist. Bitte nennen Sie uns die Nummer und "
        "senden Sie uns möglichst die Bestellung, damit wir die Rechnung berichtigen können.",
    ),
    (
        "reply", "Still working on it", "en", "{case}: still in progress",
        "we are still looking into {invoice} and need a little longer than we said. You will hear from us by {due}.",
    ),
    (
        "reply", "Still working on it", "de", "{case}: noch in Arbeit",
        "wir prüfen {invoice} noch und brauchen etwas länger als angekündigt. Sie hören bis zum {due} von uns.",
    ),
)  # fmt: skip


def _standard(event: str, name: str, language: str, subject: str, body: str) -> Standard:
    return Standard(event, name, language, subject, _DEAR[language] + body + _REGARDS[language])


STANDARD: tuple[Standard, ...] = tuple(starmap(_standard, _BODIES))
"""The texts a company begins with; people change them on the page of texts."""


def sample(language: str, today: date) -> dict[str, str]:
    """What the merge fields stand for in a case that there isn't, to look at a text."""
    amount, allowed, rest = (f"{merging.amount_in(n, 'EUR', language)} EUR" for n in (1_284_50, 1_000_00, 284_50))
    day = merging.day_in(today, language)
    words = {"en": "What was written for this customer stands here.", "de": "Hier steht, was für diesen Kunden geschrieben wurde."}
    return {
        "customer": "Sample Customer", "number": "C-100", "company": "Our Company", "case": "DSP-000042", "invoice": "INV-001234",
        "invoice_date": day, "claimed": amount, "amount": amount, "agreed": allowed, "remaining": rest,
        "reason": REASONS[language]["price"], "outcome": merging.merge(OUTCOMES[language]["credited"], {"agreed": allowed}),
        "words": words[language], "due": day, "owner": "Kim Example", "day": day, "answer_to": "receivables@example.com",
    }  # fmt: skip
