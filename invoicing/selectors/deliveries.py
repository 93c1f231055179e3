"""Reading deliveries: where documents stand on their way, how long customers take to answer, one document's whole way."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from customers.terms import TermsError, parse_terms
from invoicing.models import DeliveryEvent, Dispatch, Invoice, InvoiceDelivery
from invoicing.policy.silence import working_days
from messaging.selectors import reach_one
from org.actors import Actor
from org.selectors import actor_names
from workflow.models import Attachment

ANSWERED = ("accepted", "rejected")
REMEMBERED = 40
"""Answers of a customer that count, the latest: habits change."""
GOING = ("sign_off", "delivery", "installation", "certificate", "lien_release")
"""Kinds of files that go with a document."""
VIEWS = (
    ("unsent", "Not sent"), ("queued", "About to go"), ("sent", "Sent"), ("silent", "Silent"), ("bounced", "Came back"),
    ("rejected", "Rejected"), ("accepted", "Accepted"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of deliveries is narrowed to; what is empty narrows nothing."""

    view: str = "unsent"
    text: str = ""
    company: int | None = None
    customer: int | None = None
    channel: str = ""
    made: str = "here"


@dataclass(frozen=True, slots=True)
class Step:
    """A thing that happened to a document on its way, for its page."""

    event: DeliveryEvent
    by: str


def answer_spans(customers: Iterable[int]) -> dict[int, list[int]]:
    """Customer → working days that each of its latest answers took, from the day of sending."""
    wanted = set(customers)
    events = DeliveryEvent.objects.filter(invoice__customer__in=wanted, invoice__delivery__state__in=ANSWERED)
    events = events.filter(state__in=["sent", "delivered", *ANSWERED]).order_by("-pk")
    days: dict[tuple[int, int], dict[str, date]] = defaultdict(dict)
    most = REMEMBERED * 4 * max(1, len(wanted))
    for customer, invoice, state, day in events.values_list("invoice__customer_id", "invoice_id", "state", "day")[:most]:
        days[customer, invoice]["answered" if state in ANSWERED else "sent"] = day
    spans: dict[int, list[int]] = defaultdict(list)
    for (customer, _), known in days.items():
        if "sent" in known and "answered" in known and len(spans[customer]) < REMEMBERED:
            spans[customer].append(working_days(known["sent"], known["answered"]))
    return dict(spans)


def files_to_go(invoice: Invoice) -> list[Attachment]:
    """Files kept beside a document that go with it to the customer: sign-offs, proofs, releases; not our own evidence."""
    found = Attachment.objects.filter(subject_type="invoicing.invoice", subject_id=invoice.pk, removed_at=None, kind__in=GOING)
    return list(found.select_related("file").defer("file__content"))


def deliveries(actor: Actor, filters: Filters, today: date) -> QuerySet[Invoice]:
    """The documents in sight that the filters mean, latest first."""
    return in_view(_narrowed(actor, filters), filters.view, today).select_related("customer", "company", "delivery").order_by("-pk")


def counts(actor: Actor, filters: Filters, today: date, most: int = 10_000) -> dict[str, int]:
    """How many documents each view has under the other filters, counted up to `most`."""
    base = _narrowed(actor, filters)
    return {view: in_view(base, view, today).order_by().values("pk")[:most].count() for view, _ in VIEWS}


def _narrowed(actor: Actor, filters: Filters) -> Any:
    found: Any = Invoice.objects.visible_to(actor, "invoices.view")
    exact = {"company": filters.company, "customer": filters.customer, "customer__delivery": filters.channel}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if filters.made == "here":
        found = found.filter(Q(source_system="arops") | Q(delivery__isnull=False))
    if filters.text:
        text = filters.text
        found = found.filter(Q(number__icontains=text) | Q(customer__name__icontains=text) | Q(customer__number__iexact=text))
    return found


def in_view(found: Any, view: str, today: date) -> Any:
    """Documents of a view. Not sent: of which something is open, and our own credit memos though they are applied already; silent: no
    answer by the usual day, and not paid either."""
    if view == "unsent":
        wanted = ~Q(open_item__balance=0) | Q(kind=Invoice.Kind.CREDIT_MEMO, source_system="arops")
        return found.filter(Q(delivery=None) | Q(delivery__state="issued"), wanted)
    if view == "silent":
        late = found.filter(delivery__state__in=["sent", "delivered"], delivery__expected_by__lt=today)
        return late.filter(open_item__balance__gt=0)
    if view == "sent":
        return found.filter(delivery__state__in=["sent", "delivered"])
    return found.filter(delivery__state=view)


def sums(found: QuerySet[Invoice]) -> list[tuple[str, int, int]]:
    """Per currency how many documents and their total, for the foot of the list."""
    rows = found.order_by().values("currency").annotate(n=Count("pk"), total=Sum("total")).order_by("currency")
    return [(row["currency"], row["n"], row["total"]) for row in rows]


def way_of(invoice: Invoice) -> dict[str, Any]:
    """A document's whole way for its page: where it stands, its sendings, what happened, and when it is due by acceptance."""
    delivery = InvoiceDelivery.objects.filter(invoice=invoice).first()
    dispatches = list(invoice.dispatches.select_related("message", "batch").order_by("-number"))
    events = list(invoice.delivery_events.order_by("-pk"))
    names = actor_names({event.actor for event in events} | {d.created_by for d in dispatches})
    return {
        "delivery": delivery, "dispatches": dispatches, "steps": [Step(e, names.get(e.actor, e.actor)) for e in events],
        "next_number": len(dispatches) + 1, "due_by_acceptance": due_by_acceptance(invoice, delivery),
        "recipients": list(reach_one(invoice.customer, "invoice").to), "going": files_to_go(invoice),
        "is_waiting": _is_waiting(dispatches[0]) if dispatches else False,
    }  # fmt: skip


def _is_waiting(dispatch: Dispatch) -> bool:
    """Whether a sending hasn't gone out yet: its mail rests, or it isn't printed."""
    if dispatch.message is not None:
        return dispatch.message.state in ("pending", "claimed", "parked")
    return dispatch.channel == Dispatch.Channel.PRINT and (dispatch.batch is None or dispatch.batch.mailed_on is None)


def due_by_acceptance(invoice: Invoice, delivery: InvoiceDelivery | None) -> date | None:
    """When it is due if the terms count from the day the customer accepted it, as many buyers have it; None before that."""
    if delivery is None or delivery.accepted_on is None:
        return None
    try:
        return parse_terms(invoice.payment_terms or invoice.customer.payment_terms).due_date(delivery.accepted_on)
    except TermsError:
        return delivery.accepted_on + (invoice.due_date - invoice.document_date)


def to_print(actor: Actor, permission: str = "invoices.send") -> QuerySet[Dispatch]:
    """Sendings that wait for a print batch, in sight by the permission."""
    found: Any = Dispatch.objects.visible_to(actor, permission)
    return found.filter(channel="print", batch=None, invoice__delivery__state="queued").annotate(customer_id=F("invoice__customer_id"))  # type: ignore[no-any-return]
