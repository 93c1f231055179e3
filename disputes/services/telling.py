"""Telling customers about their case: at its opening, while it goes on, at its end, and whatever a person answers in between.

What is told by itself is named by the case, the event and which time it is, so nothing is ever said twice, however often it is asked
for. Every message rests in the outbox and can be taken back. Notes among ourselves are never part of what is said.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from arops.lib.merging import language_of, one_line
from arops.lib.refusal import Refused
from disputes.models import CaseText, Dispute, DisputeNote, DisputePolicy, DisputeStep
from disputes.policy.track import CLOSED
from disputes.selectors.telling import Words, files_of_case, filled, is_told, recipients_of, text_for
from disputes.services.texts import standard_texts
from messaging.models import Message
from messaging.selectors import writable
from messaging.services import RESTS, Enclosed, queue_message, retry_message
from org.actors import Actor, SystemActor, require
from workflow.services import record

__all__ = [
    "TellingRefused", "key_of", "reply_to_customer", "send_again", "standard_texts", "tell_customer", "tell_of_move",
    "tell_of_short_payments",
]  # fmt: skip

Event = CaseText.Event
ACTOR = SystemActor("cases")
MAX_MAIL = 15 * 1024 * 1024
"""What mail servers take, encoding included."""
LONGEST = 20_000
SPAN = timedelta(days=4)
"""How long after a short payment opened a case its customer is still told by itself: a setting that is switched on writes to nobody
about last year."""
BATCH = 200


class TellingRefused(Refused):
    """What can't be said so; the message says what to mend."""


@transaction.atomic
def tell_customer(
    *, actor: Actor, dispute: Dispute, event: str, now: datetime, today: date, subject: str = "", body: str = "", words: str = "",
    files: Sequence[Enclosed] = (), wanted: bool | None = None,
) -> Message | None:  # fmt: skip
    """Tell the customer of an event (of `CaseText.Event`), once each time that it happens; the message of that, or None when nothing is
    to be said.

    `wanted` is what somebody ticked; None: what the company's policy says. The company's text is filled in, with `words` as its field of
    that name; with `body` (and `subject`) it is said in these words instead. Without either nothing is said. The right to do what is told
    of is the caller's to ask for; who may not send mail has it sent by the system. A customer without an address gets nothing: the message
    stands on the case as not sent.
    """
    policy = DisputePolicy.objects.filter(company=dispute.company_id).first()
    if not (is_told(policy, event) if wanted is None else wanted):
        return None
    said = _words(dispute, event, today, subject, body, words)
    if said is None:
        return None
    sender = actor if actor.can("messages.send", dispute.company_id) else ACTOR
    return _say(sender, dispute, key_of(dispute, event), said, recipients_of(dispute.customer), files, now, event=event)[0]


def _words(dispute: Dispute, event: str, today: date, subject: str, body: str, words: str) -> Words | None:
    """What is said: the words given, else the company's text in the customer's language."""
    text = text_for(dispute.company_id, event, language_of(dispute.customer.language))
    if not body.strip():
        return filled(text, dispute, today, words) if text else None
    heading = subject or (filled(text, dispute, today).subject if text else f"{dispute.number}: {dispute.open_item.number}")
    return Words(one_line(heading)[:250], body.strip())


def key_of(dispute: Dispute, event: str) -> str:
    """What names the message of an event: the case, the event, and which time it is by the steps of the case."""
    steps = DisputeStep.objects.filter(dispute=dispute)
    if event in (Event.OUTCOME, Event.REJECTED):
        return f"case:{dispute.pk}:outcome:{max(1, steps.filter(state__in=CLOSED).count())}"
    if event == Event.PROGRESS:
        return f"case:{dispute.pk}:progress:{steps.count()}"
    return f"case:{dispute.pk}:opened:{1 + steps.filter(state__in=CLOSED).count()}"


def _say(
    sender: Actor, dispute: Dispute, key: str, said: Words, to: Sequence[str], files: Sequence[Enclosed], now: datetime, event: str
) -> tuple[Message, bool]:
    """Put it into the outbox and onto the case; a key that is known answers with what was said then."""
    message, created = queue_message(
        actor=sender, company=dispute.company, customer=dispute.customer, kind="case", dedupe_key=key, recipients=to,
        subject=said.subject, body=said.body, attachments=files, not_before=now + RESTS,
    )  # fmt: skip
    if created:
        DisputeNote.objects.create(dispute=dispute, body=said.body, is_internal=False, message=message, author=sender.label)
        record(
            actor=sender, type="dispute.told", company_id=dispute.company_id, subject=dispute, customer_id=dispute.customer_id,
            number=dispute.number, event=str(event), message=message.pk, to=message.recipients,
        )  # fmt: skip
    return message, created


def tell_of_move(*, actor: Actor, dispute: Dispute, words: str, now: datetime, today: date) -> Message | None:
    """Tell the customer where its case went, where that concerns it: to be decided, or waiting for its answer to a question (`words`);
    of other moves nothing is said."""
    asks = dispute.state == Dispute.State.WAITING and dispute.waiting_on == Dispute.WaitingOn.CUSTOMER and words.strip()
    if not asks and dispute.state != Dispute.State.DECISION:
        return None
    worded = text_for(dispute.company_id, Event.PROGRESS, language_of(dispute.customer.language)) is not None
    own = "" if worded else words
    return tell_customer(actor=actor, dispute=dispute, event=Event.PROGRESS, now=now, today=today, words=words, body=own, wanted=True)


@transaction.atomic
def reply_to_customer(
    *, actor: Actor, dispute: Dispute, recipients: Sequence[str], subject: str, body: str, token: str, now: datetime,
    files: Sequence[int] = (),
) -> Message:  # fmt: skip
    """Answer the customer in one's own words, to contacts of the customer alone, with files beside the case (keys of attachments). The
    same form (`token`) sent twice is sent once. Raises TellingRefused, NotAllowed."""
    require(actor, "disputes.work", dispute.company_id)
    require(actor, "messages.send", dispute.company_id)
    said = Words(one_line(subject)[:250], body.replace("\r\n", "\n").strip())
    if not said.subject or not said.body:
        raise TellingRefused("write both a subject and a text")
    if len(said.body) > LONGEST:
        raise TellingRefused(f"the text is longer than {LONGEST:,} characters")
    key = f"case:{dispute.pk}:reply:{actor.label}:{token}"[:160]
    to, kept = _chosen(dispute, recipients), _attached(dispute, files)
    message, _ = _say(actor, dispute, key, said, to, kept, now, event=Event.REPLY)
    return message


def _chosen(dispute: Dispute, recipients: Sequence[str]) -> list[str]:
    """The addresses as the customer's contacts have them; no other is written to."""
    known = {contact.email.casefold(): contact.email for contact in writable(dispute.customer)}
    wanted = list(dict.fromkeys(address.strip().casefold() for address in recipients if address.strip()))
    if not known:
        raise TellingRefused(f"{dispute.customer.name} has no contact with an e-mail address: add one first")
    if not wanted:
        raise TellingRefused("choose who gets it")
    stranger = next((address for address in wanted if address not in known), None)
    if stranger is not None:
        raise TellingRefused(f"{one_line(stranger)[:100]} is no contact of {dispute.customer.name}: replies go to its contacts alone")
    return [known[address] for address in wanted]


def _attached(dispute: Dispute, keys: Sequence[int]) -> list[Enclosed]:
    """The files of these attachments of the case, by the names that they have there."""
    there = {attachment.pk: Enclosed(attachment.file, attachment.name) for attachment in files_of_case(dispute)}
    if not set(keys) <= set(there):
        raise TellingRefused("one of the files is not, or no longer, beside this case: choose again")
    files = [there[key] for key in dict.fromkeys(keys)]
    if sum(one.file.size for one in files) > MAX_MAIL:
        raise TellingRefused(f"the files are larger than {MAX_MAIL // 1024 // 1024} MB together: send some of them apart")
    return files


def send_again(*, actor: Actor, dispute: Dispute, message: Message, now: datetime) -> Message:
    """Send what failed or was taken back after all, to contacts that the customer has now. Raises TellingRefused, MessageError,
    NotAllowed."""
    require(actor, "disputes.work", dispute.company_id)
    if not DisputeNote.objects.filter(dispute=dispute, message=message).exists():
        raise TellingRefused("the message belongs to another case")
    known = {contact.email for contact in writable(dispute.customer)}
    to = [address for address in message.recipients if address in known] or recipients_of(dispute.customer)
    if not to:
        raise TellingRefused(f"{dispute.customer.name} has no contact with an e-mail address: add one first")
    return retry_message(actor=actor, message=message, now=now + RESTS, recipients=to)


def tell_of_short_payments(*, now: datetime, today: date, limit: int = BATCH) -> int:
    """Tell customers of cases that short payments opened lately, where the company does so; `limit` at most, each once. Answers with how
    many messages that makes."""
    companies = DisputePolicy.objects.filter(tells_short_payments=True).values("company")
    cases = Dispute.objects.all().open().filter(company__in=companies, receipt_ref__isnull=False, created_at__gte=now - SPAN)
    cases = cases.filter(company__in=CaseText.objects.filter(event=Event.SHORT_PAYMENT, is_active=True).values("company"))
    waiting = cases.exclude(Exists(DisputeNote.objects.filter(dispute=OuterRef("pk"), message__isnull=False)))
    told = 0
    for dispute in waiting.select_related("company", "customer", "open_item", "owner").order_by("pk")[:limit]:
        told += tell_customer(actor=ACTOR, dispute=dispute, event=Event.SHORT_PAYMENT, now=now, today=today) is not None
    return told
