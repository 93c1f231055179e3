"""What happened to a document on its way to the customer. Each step is an event that stays; the delivery's state follows from them.

A mail's own state is the outbox's: `follow_outbox` reads it and writes what follows, so that no lower floor need know of invoices. It is
rung every few seconds and by the night, and safe to run at any time, by any number of workers.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from arops.lib.refusal import Refused
from invoicing.models import DeliveryEvent, Dispatch, Invoice, InvoiceDelivery
from invoicing.policy.silence import after_working_days, usual_days
from invoicing.selectors.deliveries import answer_spans
from invoicing.services.alarming import ask_about_bounce
from org.actors import Actor, SystemActor, require
from workflow.models import Event
from workflow.services import record, record_many

State = InvoiceDelivery.State
OUTBOX = SystemActor("outbox")
BATCH = 500
ANSWERS = (State.DELIVERED, State.BOUNCED, State.ACCEPTED, State.REJECTED)
"""What people and systems may say of a document by hand: the rest follows from sending it."""
ENDS = frozenset({State.ACCEPTED, State.REJECTED})


class DeliveryRefused(Refused):
    """That can't be said of this document; the message says why."""


def lock_delivery(invoice: Invoice) -> InvoiceDelivery:
    """The document's delivery, locked until the end of the transaction; made where there is none yet."""
    InvoiceDelivery.objects.get_or_create(invoice=invoice, defaults={"company_id": invoice.company_id})
    return InvoiceDelivery.objects.select_for_update(of=("self",), no_key=True).get(invoice=invoice)


def happened(
    *, actor: Actor, delivery: InvoiceDelivery, state: str, day: date, now: datetime, dispatch: Dispatch | None = None, reason: str = "",
    expected_by: date | None = None,
) -> DeliveryEvent:  # fmt: skip
    """Write that something happened to a locked delivery, and set where it stands now. What a customer said outlasts later sendings."""
    event = DeliveryEvent.objects.create(
        invoice_id=delivery.invoice_id, dispatch=dispatch, state=state, day=day, reason=reason[:300], actor=actor.label
    )
    if state == State.SENT:
        delivery.sent_at, delivery.expected_by, delivery.alarmed_on = now, expected_by, None
    elif state == State.DELIVERED:
        delivery.delivered_at, delivery.sent_at = now, delivery.sent_at or now
        delivery.expected_by = delivery.expected_by or expected_by
    elif state == State.ACCEPTED:
        delivery.accepted_on, delivery.rejected_on = day, None
    elif state == State.REJECTED:
        delivery.rejected_on, delivery.accepted_on = day, None
    if delivery.state != State.ACCEPTED or state in ENDS:
        delivery.state, delivery.reason = state, reason[:300]
    delivery.save()
    return event


@transaction.atomic
def note_answer(*, actor: Actor, invoice: Invoice, state: str, day: date, now: datetime, today: date, reason: str = "") -> InvoiceDelivery:
    """What became of a document, as said by hand, by a system or by the customer: delivered, bounced, accepted, rejected with its reason.
    The same said again changes nothing. Raises DeliveryRefused, NotAllowed."""
    require(actor, "invoices.send", invoice.company_id)
    if state not in ANSWERS:
        raise DeliveryRefused(f"{state!r} is not something that is said of a document: {', '.join(ANSWERS)} are")
    if not invoice.document_date <= day <= today:
        raise DeliveryRefused(f"the day lies between the document's ({invoice.document_date}) and today ({today})")
    if state in (State.REJECTED, State.BOUNCED) and not reason.strip():
        raise DeliveryRefused("say why: the reason is what keeps it from happening again")
    delivery, reason = lock_delivery(invoice), " ".join(reason.split())[:300]
    last = invoice.delivery_events.order_by("-pk").first()
    if last and (last.state, last.day, last.reason) == (state, day, reason):
        return delivery
    dispatch = invoice.dispatches.order_by("-number").first()
    expected = expected_by(invoice, day) if state == State.DELIVERED else None
    happened(actor=actor, delivery=delivery, state=state, day=day, now=now, dispatch=dispatch, reason=reason, expected_by=expected)
    record(
        actor=actor, type=f"invoice.{state}", company_id=invoice.company_id, subject=invoice, customer_id=invoice.customer_id,
        number=invoice.number, day=day.isoformat(), **({"reason": reason} if reason else {}),
    )  # fmt: skip
    if state == State.BOUNCED:
        ask_about_bounce(actor=actor, invoice=invoice, reason=reason, key=f"{invoice.pk}:hand:{day}", today=today)
    return delivery


def expected_by(invoice: Invoice, day: date) -> date:
    """By when an answer to a document sent on that day is usual for its customer."""
    return after_working_days(day, usual_days(answer_spans([invoice.customer_id]).get(invoice.customer_id, [])))


def follow_outbox(*, now: datetime, today: date) -> dict[str, int]:
    """Write down what became of mails: sent, failed (bounced), taken back (not sent). Answers how many of each."""
    counts = {"sent": 0, "bounced": 0, "taken_back": 0}
    for state, name in ((State.SENT, "sent"), (State.BOUNCED, "bounced"), (State.ISSUED, "taken_back")):
        while found := _follow(state, now, today):
            counts[name] += found
            if found < BATCH:
                break
    return counts


def _waiting(state: str) -> QuerySet[Dispatch]:
    """Latest sendings whose mail is in a state that hasn't been written down."""
    mail = {State.SENT: "sent", State.BOUNCED: "failed", State.ISSUED: "cancelled"}[State(state)]
    said = DeliveryEvent.objects.filter(dispatch=OuterRef("pk"), state=state)
    later = Dispatch.objects.filter(invoice=OuterRef("invoice"), number__gt=OuterRef("number"))
    found = Dispatch.objects.filter(message__state=mail, invoice__delivery__state__in=[State.QUEUED, State.BOUNCED])
    return found.filter(~Exists(said), ~Exists(later)).select_related("invoice__customer", "invoice__company", "message")


@transaction.atomic
def _follow(state: str, now: datetime, today: date) -> int:
    found = list(_waiting(state).select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")[:BATCH])
    rows = {row.invoice_id: row for row in _locked_deliveries([dispatch.invoice_id for dispatch in found])}
    spans = answer_spans([dispatch.invoice.customer_id for dispatch in found]) if state == State.SENT else {}
    events = []
    for dispatch in found:
        delivery, invoice, words = rows[dispatch.invoice_id], dispatch.invoice, dispatch.message.error[:300] if dispatch.message else ""
        usual = after_working_days(today, usual_days(spans.get(invoice.customer_id, [])))
        happened(
            actor=OUTBOX, delivery=delivery, state=state, day=today, now=now, dispatch=dispatch, reason=words, expected_by=usual
        )  # fmt: skip
        events.append(_event(invoice, state, words))
        if state == State.BOUNCED or words:
            ask_about_bounce(actor=OUTBOX, invoice=invoice, reason=words, key=str(dispatch.pk), today=today)
    record_many(events)
    return len(found)


def _locked_deliveries(invoices: Sequence[int]) -> QuerySet[InvoiceDelivery]:
    rows = InvoiceDelivery.objects.filter(invoice__in=invoices).order_by("pk")
    return rows.select_for_update(of=("self",), no_key=True)


def _event(invoice: Invoice, state: str, reason: str) -> Event:
    data = {"number": invoice.number} | ({"reason": reason} if reason else {})
    return Event(
        company_id=invoice.company_id, type="invoice.taken_back" if state == State.ISSUED else f"invoice.{state}", actor=OUTBOX.label,
        subject_type="invoicing.invoice", subject_id=invoice.pk, customer_ref=invoice.customer_id, data=data,
    )  # fmt: skip


def open_deliveries() -> QuerySet[InvoiceDelivery]:
    """Deliveries that wait for an answer while money is open: who has paid has answered."""
    waiting = InvoiceDelivery.objects.filter(state__in=[State.SENT, State.DELIVERED]).exclude(invoice__open_item__balance=0)
    return waiting.annotate(customer_id=F("invoice__customer_id"))
