"""Answers: to addresses that are known at the customer, with what was asked for; taken back while they rest in the outbox.

A sender can write any name above his mail. So what is an account's goes to an address that we know there; to another one only when a
person says that it was checked, and never without a customer.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import transaction

from arops.lib.merging import one_line
from collections_app.models import Inquiry, InquiryEntry, Suggestion
from collections_app.selectors.inquiries.enclosures import COPIES, STATEMENT
from collections_app.selectors.inquiries.whose import known_addresses
from collections_app.services.inquiries.enclosing import enclose
from collections_app.services.inquiries.errors import InquiryRefused
from collections_app.services.inquiries.moving import WORK, State, changed, locked, wait_anew
from messaging.models import Message
from messaging.services import RESTS, cancel_message, queue_message
from messaging.services.queueing import is_address
from org.actors import Actor, require

LONGEST = 20_000


@transaction.atomic
def answer_inquiry(
    *, actor: Actor, inquiry: Inquiry, recipients: Sequence[str], subject: str, body: str, token: str, now: datetime, today: date,
    codes: Collection[str] = (), close: bool = True, sure: bool = False, version: int | None = None,
) -> Message:  # fmt: skip
    """Answer by mail; it rests ten seconds. `codes` say what goes with it; `close` that nothing more is to be done, else the customer is
    waited for. `token` names this sending: the same one twice is one answer. `sure`: the addresses were checked though nobody is known
    there by them. Raises InquiryRefused, StaleInquiry, NotAllowed (collections.work, messages.send)."""
    require(actor, WORK, inquiry.company_id)
    require(actor, "messages.send", inquiry.company_id)
    key = f"inquiry:{inquiry.pk}:{token}"[:160]
    sent = Message.objects.filter(dedupe_key=key).first()
    if sent:
        return sent
    found = locked(inquiry, version)
    to = _checked(found, recipients, subject, body, sure)
    files = enclose(actor=actor, inquiry=found, codes=codes, today=today)
    last = found.entries.filter(mail__isnull=False, mail__automatic="").order_by("-pk").values_list("mail__message_id", flat=True).first()
    message, _ = queue_message(
        actor=actor, company=found.company, customer=found.customer, kind="answer", dedupe_key=key, recipients=to,
        subject=with_number(subject, found.number), body=body.replace("\r\n", "\n").strip(), attachments=files, not_before=now + RESTS,
        in_reply_to=last or "",
    )  # fmt: skip
    InquiryEntry.objects.create(inquiry=found, message=message, actor=actor.label)
    _settle(actor, found, codes, message)
    found.state = State.CLOSED if close else State.WAITING
    found.closed_on, found.answered_at = today if close else None, now
    changed(
        actor, found, "inquiry.answered", ["state", "closed_on", "answered_at"], to=to, encloses=sorted(codes),
        in_time=now <= found.answer_by, unknown_address=not all(is_known(found, address) for address in to),
    )  # fmt: skip
    return message


def _settle(actor: Actor, inquiry: Inquiry, codes: Collection[str], message: Message) -> None:
    """What was recognised as asked for, and went with the answer, is confirmed by it."""
    kinds = [Inquiry.Kind.COPY] if COPIES in codes else []
    kinds += [Inquiry.Kind.STATEMENT] if STATEMENT in codes else []
    kinds += [Inquiry.Kind.DOCUMENT] if set(codes) - {COPIES, STATEMENT} else []
    rows = Suggestion.objects.filter(entry__inquiry=inquiry, state=Suggestion.State.PROPOSED, kind__in=kinds)
    rows.update(state=Suggestion.State.CONFIRMED, decided_by=actor.label, result=f"message:{message.pk}")


def with_number(subject: str, number: str) -> str:
    """The subject with the inquiry's number, so that what comes back is threaded even by programs that lose the headers."""
    line = one_line(subject)
    return line[:240] if number in line else f"{line[:220]} [{number}]"


def is_known(inquiry: Inquiry, address: str) -> bool:
    """Whether the address is one of the inquiry's customer; of an inquiry of nobody's, the address that wrote."""
    if inquiry.customer:
        return address.lower() in {known.lower() for known in known_addresses(inquiry.customer)}
    return inquiry.entries.filter(mail__sender__iexact=address).exists()


def _checked(inquiry: Inquiry, recipients: Sequence[str], subject: str, body: str, sure: bool) -> list[str]:
    to = list(dict.fromkeys(address.strip() for address in recipients if address.strip()))
    bad = next((address for address in to if not is_address(address)), None)
    if not to or bad:
        raise InquiryRefused(f"{bad} is not an e-mail address" if bad else "choose who gets the answer")
    if not subject.strip() or not body.strip() or len(body) > LONGEST:
        raise InquiryRefused("write a subject and a text of at most 20,000 letters")
    strange = [address for address in to if not is_known(inquiry, address)]
    if strange and inquiry.customer is None:
        raise InquiryRefused(f"{strange[0]} didn't write this: say whose inquiry it is, then answer one of its contacts")
    if strange and not sure and inquiry.customer:
        raise InquiryRefused(
            f"{strange[0]} isn't known at {inquiry.customer.name}: answer a contact, or tick that you have checked the address"
        )
    return to


@transaction.atomic
def take_back_answer(*, actor: Actor, inquiry: Inquiry, message: Message, now: datetime) -> Inquiry:
    """It isn't sent: an answer is owed again, by when it was owed. Raises MessageError when it is gone, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    cancel_message(actor=actor, message=message)
    found = locked(inquiry, None)
    due = found.answer_by
    wait_anew(found, now)
    found.answer_by = due
    return changed(actor, found, "inquiry.answer_taken_back", ["state", "closed_on", "answered_at"])
