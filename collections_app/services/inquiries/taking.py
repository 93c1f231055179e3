"""Mails of customers taken in: each becomes part of an inquiry, once. What it says is proposed, never done.

Nothing here ever answers a mail, so no machine can be drawn into a conversation with ours. A machine's answer (out of office, a report of
delivery) counts as no answer of the customer: it opens nothing again and stops no clock.
"""

import logging
from datetime import date, datetime

from django.db import transaction

from collections_app.models import Inquiry, InquiryEntry, Suggestion
from collections_app.policy.mail.recognise import Found, Setting, recognise
from collections_app.selectors.inquiries.whose import Whose, whose_mail
from collections_app.services.inquiries.bouncing import take_bounce
from collections_app.services.inquiries.moving import WAITS_ANEW, State, changed, link_items, locked, make_inquiry, owner_for, wait_anew
from messaging.models import InboundMail, Mailbox, Message
from messaging.services.receiving import receive_mail
from org.actors import Actor, SystemActor, require
from org.models import Company
from workflow.services import record

PURPOSE = Mailbox.Purpose.CORRESPONDENCE
BATCH = 100
"""Mails taken in one run; the rest is the next run's."""
ACTOR = SystemActor("inbox")
logger = logging.getLogger(__name__)


def take_mails(*, today: date, now: datetime, limit: int = BATCH) -> dict[str, int]:
    """Take what waits, oldest first: how many mails became part of an inquiry, said nothing, or failed. Safe to repeat, by any number of
    workers: each mail is taken in a transaction of its own, under its lock."""
    counts = {"taken": 0, "nothing": 0, "refused": 0}
    waiting = InboundMail.objects.filter(purpose=PURPOSE, state=InboundMail.State.NEW).order_by("pk").values_list("pk", flat=True)[:limit]
    for pk in list(waiting):
        try:
            inquiry = take_mail(actor=ACTOR, pk=pk, today=today, now=now)
            counts["taken" if inquiry else "nothing"] += 1
        except Exception as failure:  # one mail must not stop the others
            logger.exception("mail %s", pk)
            words = f"could not be taken in ({type(failure).__name__}): the server's log says more"
            InboundMail.objects.filter(pk=pk, state=InboundMail.State.NEW).update(state=InboundMail.State.REFUSED, note=words[:300])
            counts["refused"] += 1
    return counts


def bring_mail(*, actor: Actor, company: Company, content: bytes, name: str, today: date, now: datetime) -> tuple[InboundMail, bool]:
    """A mail saved as a file (.eml): the row, and whether it is new. It is taken in at once. Raises NotAllowed (collections.work)."""
    mail, fresh = receive_mail(actor=actor, company=company, content=content, purpose=PURPOSE, name=name)
    if mail.state == InboundMail.State.NEW:
        take_mail(actor=actor, pk=mail.pk, today=today, now=now)
        mail.refresh_from_db()
    return mail, fresh


@transaction.atomic
def take_mail(*, actor: Actor, pk: int, today: date, now: datetime, wanted: bool = False) -> Inquiry | None:
    """Take one mail in: its inquiry; None where nothing is to be answered (one of ours, a newsletter of a stranger), or where another
    worker has it. `wanted`: a person says that it is to be an inquiry, whatever it looks like. Raises NotAllowed (collections.work)."""
    open_states = [InboundMail.State.NEW, *((InboundMail.State.NOTHING, InboundMail.State.SET_ASIDE) if wanted else ())]
    rows = InboundMail.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, purpose=PURPOSE, state__in=open_states)
    mail = rows.select_related("company").first()
    if mail is None:
        return None
    require(actor, "collections.work", mail.company_id)
    if nothing := "" if wanted else _nothing(mail):
        return _finish(actor, mail, None, nothing)
    if mail.automatic == "bounce" and not wanted:
        inquiry, words = take_bounce(actor=actor, mail=mail, today=today, now=now)
        return _finish(actor, mail, inquiry, words)
    return _finish(actor, mail, _take(actor, mail, today, now), "")


def _nothing(mail: InboundMail) -> str:
    """Why nothing is to be answered, if so."""
    if mail.automatic == "ours" or (mail.message_id and Message.objects.filter(message_id=mail.message_id).exists()):
        return "a mail of our own that came back round"
    answered = Message.objects.filter(message_id__in=mail.answers, company=mail.company_id)
    if mail.automatic == "reply" and answered.filter(customer=None).exists():
        return "a machine's answer to a notice of ours"
    marked = Inquiry.objects.filter(company=mail.company_id, ending=Inquiry.Ending.SPAM, entries__mail__sender__iexact=mail.sender)
    if marked.exists() and whose_mail(mail).customer is None:
        return "its sender was marked as spam"
    if mail.automatic == "bulk" and whose_mail(mail).customer is None:
        return "sent to many by somebody who is no customer"
    return ""


def _take(actor: Actor, mail: InboundMail, today: date, now: datetime) -> Inquiry:
    whose = whose_mail(mail)
    currency = whose.customer.currency if whose.customer else mail.company.base_currency
    said = (mail.sent_at or mail.received_at).date()
    setting = Setting(said, currency, whose.customer.country if whose.customer else mail.company.country, mail.automatic)
    found = recognise(mail.body, setting)
    inquiry = _go_on(actor, mail, whose.inquiry, found, now) if whose.inquiry else _begin(actor, mail, whose, found, today, now)
    entry = InquiryEntry.objects.create(inquiry=inquiry, mail=mail, actor=f"mail:{mail.sender}"[:80], note=whose.doubt)
    keep_suggestions(entry, found)
    link_items(inquiry, (), f"{mail.subject}\n{mail.body}")
    return inquiry


def keep_suggestions(entry: InquiryEntry, found: tuple[Found, ...]) -> None:
    """Keep what a mail was taken to mean, for a person to confirm."""
    Suggestion.objects.bulk_create(
        Suggestion(
            entry=entry, kind=f.kind, quote=f.quote[:500], rule=f.rule[:80], amount=f.amount, currency=f.currency, day=f.day,
        )
        for f in found
    )  # fmt: skip


def kind_of(found: tuple[Found, ...]) -> str:
    """What an inquiry is about: what its mail says first, but other bank details before all, since these are warned of."""
    kinds = [f.kind for f in found]
    return Inquiry.Kind.BANK if Inquiry.Kind.BANK in kinds else kinds[0] if kinds else Inquiry.Kind.OTHER


def _begin(actor: Actor, mail: InboundMail, whose: Whose, found: tuple[Found, ...], today: date, now: datetime) -> Inquiry:
    """A new inquiry. Somebody's absence is written down and closed, unless the person has left."""
    kind = kind_of(found)
    away = mail.automatic == "reply" and not any(f.about == "gone" for f in found)
    return make_inquiry(
        actor=actor, company=mail.company, now=now, today=today, customer=whose.customer, contact=whose.contact, how=whose.how[:120],
        kind=Inquiry.Kind.AWAY if mail.automatic == "reply" else kind, subject=(mail.subject or "(no subject)")[:300],
        owner=owner_for(whose.customer), state=State.CLOSED if away else State.NEW, closed_on=today if away else None,
    )  # fmt: skip


def _go_on(actor: Actor, mail: InboundMail, inquiry: Inquiry, said: tuple[Found, ...], now: datetime) -> Inquiry:
    """The thread goes on. What a person writes wants an answer again; what a machine writes ("we received your mail, ticket 4711") changes
    nothing, unless it is a system's news that says something, such as when it will pay."""
    found = locked(inquiry, None)
    if any(f.kind == Inquiry.Kind.BANK for f in said) and found.kind != Inquiry.Kind.BANK:
        found.kind = Inquiry.Kind.BANK
        changed(actor, found, "inquiry.bank_details_told", ["kind"])
    if mail.automatic and not (mail.automatic == "generated" and said):
        return found
    if found.state in (State.WAITING, State.CLOSED) or found.answered_at is not None:
        before = found.state
        wait_anew(found, now)
        changed(
            actor,
            found,
            "inquiry.reopened",
            WAITS_ANEW,
            by=f"mail of {mail.sender}"[:100],
            before=before,
        )
    return found


def _finish(actor: Actor, mail: InboundMail, inquiry: Inquiry | None, words: str) -> Inquiry | None:
    mail.state = InboundMail.State.READ if inquiry else InboundMail.State.NOTHING
    mail.note = (words or mail.note)[:300]
    mail.save(update_fields=["state", "note"])
    record(
        actor=actor, type="mail.read", company_id=mail.company_id, subject=mail, customer_id=inquiry.customer_id if inquiry else None,
        state=str(mail.state), inquiry=inquiry.number if inquiry else "",
    )  # fmt: skip
    return inquiry
