"""Mail of ours that came back: which mail that was and from which address, so that the step doesn't count and somebody finds another.

A report can be forged. It counts only where it names a mail of ours by its Message-ID and an address that this mail really went to;
anything else is kept for people to look at, and changes nothing.
"""

from datetime import date, datetime

from collections_app.models import Inquiry, InquiryEntry, Suggestion
from collections_app.services.inquiries.moving import State, make_inquiry, owner_for
from messaging.models import InboundMail, Message
from messaging.services.bouncing import bounce_message
from org.actors import Actor


def take_bounce(*, actor: Actor, mail: InboundMail, today: date, now: datetime) -> tuple[Inquiry | None, str]:
    """The inquiry about mail that came back, for somebody to find an address that works; None, with why, where it is no mail of ours."""
    message = lost_message(mail)
    if message is None:
        return None, "a report about a mail that isn't ours"
    failed = failed_addresses(mail, message)
    if not failed:
        return None, "a report about an address that the mail didn't go to"
    if message.customer is None:
        return None, f"a notice to {', '.join(failed)} came back: mend the person's address"[:300]
    why = str(mail.bounced.get("why") or "no reason was given")[:200]
    bounce_message(actor=actor, message=message, why=why, day=today, addresses=failed)
    inquiry = _open_one(message) or make_inquiry(
        actor=actor, company=mail.company, now=now, today=today, customer=message.customer, kind=Inquiry.Kind.BOUNCE,
        subject=f"Came back from {', '.join(failed)}: {message.subject}"[:300], owner=owner_for(message.customer), state=State.NEW,
        how="the mail that came back",
    )  # fmt: skip
    entry = InquiryEntry.objects.create(inquiry=inquiry, mail=mail, actor="mail:postmaster")
    Suggestion.objects.create(entry=entry, kind=Inquiry.Kind.BOUNCE, quote=f"{', '.join(failed)}: {why}"[:500], rule="bounce:report")
    return inquiry, ""


def lost_message(mail: InboundMail) -> Message | None:
    """The mail of ours that a report is about."""
    ids = [str(mail.bounced.get("lost_id") or ""), *mail.answers]
    found = Message.objects.filter(company=mail.company_id, message_id__in=[i for i in ids if i]).select_related("customer__collector")
    return found.first()


def failed_addresses(mail: InboundMail, message: Message) -> list[str]:
    """The addresses that failed and that the mail went to; the only one it went to where the report names none."""
    sent = {address.lower(): address for address in message.recipients}
    named = [str(address).lower() for address in mail.bounced.get("failed") or []]
    if not named and len(sent) == 1:
        return list(sent.values())
    return [sent[address] for address in dict.fromkeys(named) if address in sent]


def _open_one(message: Message) -> Inquiry | None:
    """The inquiry in which mail that came back from this customer is dealt with already."""
    rows = Inquiry.objects.filter(customer=message.customer, kind=Inquiry.Kind.BOUNCE).exclude(state=State.CLOSED)
    return rows.order_by("-pk").first()
