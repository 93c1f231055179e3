"""What is said to a customer about a case: who gets it, in which words, and what became of it in the outbox."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from arops.lib.merging import day_in, language_of, merge, one_line, sum_in
from customers.models import Customer
from disputes.models import CaseText, Dispute, DisputeNote, DisputePolicy
from disputes.policy.texts import OUTCOMES, REASONS
from messaging.models import Message
from messaging.selectors import reach_one
from workflow.models import Attachment

Event = CaseText.Event
TICKS = {
    Event.OPENED: "tells_opening", Event.SHORT_PAYMENT: "tells_short_payments", Event.PROGRESS: "tells_progress",
    Event.OUTCOME: "tells_outcome", Event.REJECTED: "tells_outcome",
}  # fmt: skip
"""Event → the company's setting that says whether customers are told of it where nobody decided."""


def is_told(policy: DisputePolicy | None, event: str) -> bool:
    """Whether customers of a company are told of an event where nobody decided otherwise. Without a policy the standard one holds."""
    return event in TICKS and bool(getattr(policy or DisputePolicy(), TICKS[Event(event)]))


def tells_by_default(company_id: int, event: str) -> bool:
    """What the tick on a form starts with: whether the company tells of such events, and has words for it."""
    texts = CaseText.objects.filter(company=company_id, event=event, is_active=True)
    return is_told(DisputePolicy.objects.filter(company=company_id).first(), event) and texts.exists()


def recipients_of(customer: Customer) -> list[str]:
    """Whom mail about a case goes to where nobody chose."""
    return list(reach_one(customer, "dispute").to)


def text_for(company_id: int, event: str, language: str) -> CaseText | None:
    """The company's text for an event in the language, else in English, else in any; None where it has none in use."""
    found = list(CaseText.objects.filter(company=company_id, event=event, is_active=True).order_by("name", "pk"))
    for wanted in (language, "en"):
        for text in found:
            if text.language == wanted:
                return text
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Words:
    """A mail as it is to be said: one line, and plain text."""

    subject: str
    body: str


def filled(text: CaseText, dispute: Dispute, today: date, words: str = "") -> Words:
    """A text filled in for a case, in the text's language."""
    values = values_of(dispute, language_of(text.language), today, words)
    return Words(one_line(merge(text.subject, values))[:250], _tidy(merge(text.body, values)))


def filled_with(text: CaseText, values: Mapping[str, str]) -> Words:
    """A text filled in with given values, such as those of a sample."""
    return Words(one_line(merge(text.subject, values))[:250], _tidy(merge(text.body, values)))


def values_of(dispute: Dispute, language: str, today: date, words: str = "") -> dict[str, str]:
    """What the merge fields stand for in a case. Names are single lines, whatever they hold."""
    item, customer, company = dispute.open_item, dispute.customer, dispute.company

    def money(amount: int) -> str:
        return sum_in(amount, dispute.currency, language)

    agreed = money(dispute.agreed or 0)
    said = {
        "customer": customer.name, "number": customer.number, "company": company.name, "case": dispute.number, "invoice": item.number,
        "invoice_date": day_in(item.document_date, language), "claimed": money(dispute.claimed), "amount": money(dispute.amount),
        "agreed": agreed, "remaining": money(dispute.claimed - (dispute.agreed or 0)),
        "reason": REASONS[language].get(dispute.reason, dispute.reason),
        "outcome": merge(OUTCOMES[language].get(dispute.resolution, ""), {"agreed": agreed}),
        "due": day_in(dispute.due_date, language), "owner": dispute.owner.name if dispute.owner else "", "day": day_in(today, language),
        "answer_to": company.email or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">"),
    }  # fmt: skip
    return {name: one_line(value) for name, value in said.items()} | {"words": words.strip()}


def _tidy(text: str) -> str:
    """Without the gaps that empty fields leave."""
    return re.sub(r"\n{3,}", "\n\n", text.replace("\r\n", "\n")).strip()


def replies_for(dispute: Dispute) -> list[CaseText]:
    """Texts to choose from for a reply: those in the customer's language, and of others those that there are in no such language."""
    language = language_of(dispute.customer.language)
    found = list(CaseText.objects.filter(company=dispute.company_id, event=Event.REPLY, is_active=True))
    own = {t.name for t in found if t.language == language}
    return [t for t in found if t.language == language or t.name not in own]


def files_of_case(dispute: Dispute) -> list[Attachment]:
    """Files beside the case that a reply can carry."""
    found = Attachment.objects.filter(subject_type="disputes.dispute", subject_id=dispute.pk, removed_at=None)
    return list(found.select_related("file").defer("file__content"))


@dataclass(frozen=True, slots=True)
class Said:
    """What became of something that was said: its message, the words for its state, what can be done about it."""

    message: Message
    words: str
    tone: str
    can_take_back: bool
    can_retry: bool
    advice: str


_STATES = {
    "draft": ("draft", ""), "pending": ("waits to be sent", "info"), "claimed": ("being sent", "info"), "sent": ("sent", "ok"),
    "parked": ("may have been sent", "warn"), "failed": ("not sent", "bad"), "cancelled": ("taken back", ""),
}  # fmt: skip


def said_of(message: Message) -> Said:
    """A message as the case's thread shows it."""
    words, tone = _STATES[message.state]
    return Said(
        message, words, tone, can_take_back=message.state == "pending", can_retry=message.state in ("failed", "cancelled"),
        advice=_advice(message),
    )  # fmt: skip


def _advice(message: Message) -> str:
    if message.state == "failed" and not message.recipients:
        return "The customer has no address for mail: add a contact with one, then send it again."
    if message.state == "failed":
        return f"{message.error.rstrip('.').capitalize()}. Mend the address, then send it again."
    if message.state == "parked":
        return "Nobody knows whether it went out: say so on its page in the outbox."
    return message.error if message.state == "pending" and message.attempts else ""


def said_by_note(notes: Iterable[DisputeNote]) -> dict[int, Said]:
    """Note → what became of the mail that it tells of."""
    rows = [note for note in notes if note.message_id]
    found = Message.objects.in_bulk({note.message_id for note in rows})
    return {note.pk: said_of(found[note.message_id]) for note in rows if note.message_id in found}
