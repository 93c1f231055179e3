"""An inquiry as it is read: its mails, answers and notes in their order, files that came with them, what they were taken to mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from collections_app.models import Inquiry, InquiryEntry, Suggestion
from collections_app.policy.mail.speech import before_quote, own_words
from collections_app.selectors.inquiries.suggested import about_of, items_for, reason_of, receipts_for
from disputes.selectors.telling import Said, said_of
from ledger.models import OpenItem
from messaging.models import InboundMail, InboundPart
from messaging.selectors import quoting
from org.actors import Actor
from org.selectors import actor_names

SHOWN = 12_000
"""Letters of a mail that the page shows; all of it is in its file."""
MACHINES = {"reply": "automatic reply", "bounce": "came back", "bulk": "sent to many", "generated": "written by a system"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something said or done: `kind` is mail, answer or note; `rest` what a mail quotes below its own words; `shut` where that is withheld
    (see `messaging.selectors.quoting`)."""

    entry: InquiryEntry
    kind: str
    who: str
    at: datetime
    words: str
    rest: str = ""
    machine: str = ""
    files: tuple[InboundPart, ...] = ()
    said: Said | None = None
    shut: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A suggestion with what goes with it: the items it is about, the reason of a case, money that may be meant."""

    suggestion: Suggestion
    about: str
    items: list[OpenItem]
    receipts: list[tuple[OpenItem, int]]

    @property
    def amount(self) -> int | None:
        """What it is about in minor units: what was named, else the whole of its items."""
        if self.suggestion.amount is not None:
            return self.suggestion.amount
        single = {item.currency for item in self.items}
        return sum(item.balance for item in self.items) if self.items and len(single) == 1 else None

    @property
    def currency(self) -> str:
        """The currency of the amount."""
        return self.suggestion.currency or (self.items[0].currency if self.items else "")

    @property
    def is_ready(self) -> bool:
        """Whether it can be confirmed by one key: nothing is left to be said."""
        kind, kinds = self.suggestion.kind, Inquiry.Kind
        if kind == kinds.PROMISE:
            return self.suggestion.day is not None and bool(self.items)
        return bool(self.items) if kind == kinds.DISPUTE else True


def thread_of(inquiry: Inquiry, actor: Actor) -> list[Step]:
    """The steps of an inquiry in their order, as the actor may read them."""
    entries = list(inquiry.entries.select_related("mail", "message").order_by("pk"))
    parts: dict[int, list[InboundPart]] = {}
    for part in InboundPart.objects.filter(mail__in=[e.mail_id for e in entries if e.mail_id]).order_by("mail", "ordinal"):
        parts.setdefault(part.mail_id, []).append(part)
    names = actor_names({e.actor for e in entries if not e.mail_id})
    shut = quoting([e.mail for e in entries if e.mail], actor)
    return [
        _step(e, names.get(e.actor, e.actor), parts.get(e.mail_id or 0, []), shut=e.mail_id in shut) for e in entries
    ]  # fmt: skip


def words_shown(mail: InboundMail) -> str:
    """What is shown of a mail whose quotes are withheld: a person's own words, of a machine's nothing."""
    return "" if mail.automatic else before_quote(mail.body)


def _step(entry: InquiryEntry, name: str, parts: Iterable[InboundPart], *, shut: bool) -> Step:
    if entry.mail and shut:
        mail, machine = entry.mail, MACHINES.get(entry.mail.automatic, "")
        files = () if mail.automatic else tuple(parts)
        at = mail.sent_at or mail.received_at
        return Step(entry, "mail", mail.sender, at, words_shown(mail)[:SHOWN], "", machine, files, shut=True)
    if entry.mail:
        mail = entry.mail
        own = own_words(mail.body) or mail.body.strip()
        rest = "" if len(own) >= len(mail.body.strip()) - 2 else mail.body.strip()[:SHOWN]
        who = f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender
        return Step(
            entry, "mail", who, mail.sent_at or mail.received_at, own[:SHOWN], rest, MACHINES.get(mail.automatic, ""), tuple(parts)
        )  # fmt: skip
    if entry.message:
        return Step(entry, "answer", name, entry.at, entry.message.body, said=said_of(entry.message))
    return Step(entry, "note", name, entry.at, entry.note)


def readings_of(inquiry: Inquiry, today: date, *, with_receipts: bool) -> list[Reading]:
    """What is proposed and stands open, each with what goes with it."""
    rows = Suggestion.objects.filter(entry__inquiry=inquiry, state=Suggestion.State.PROPOSED).select_related("entry").order_by("pk")
    return [reading_of(inquiry, row, today, with_receipts=with_receipts) for row in rows[:9]]


def reading_of(inquiry: Inquiry, row: Suggestion, today: date, *, with_receipts: bool) -> Reading:
    """One suggestion with what goes with it."""
    money = row.kind == Inquiry.Kind.PAID and inquiry.customer is not None and with_receipts
    found = receipts_for(inquiry.customer, row.amount, row.day or inquiry.asked_on) if money and inquiry.customer else []
    receipts = [(item, -item.amount) for item in found]
    about = reason_of(row) if row.kind == Inquiry.Kind.DISPUTE else about_of(row)
    items = items_for(inquiry, row) if row.kind in (Inquiry.Kind.PROMISE, Inquiry.Kind.DISPUTE) else []
    return Reading(row, about, items, receipts)


def decided_of(inquiry: Inquiry) -> list[Suggestion]:
    """What was confirmed or dismissed, the latest first."""
    rows = Suggestion.objects.filter(entry__inquiry=inquiry).exclude(state=Suggestion.State.PROPOSED)
    return list(rows.order_by("-pk")[:10])
