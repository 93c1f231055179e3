"""Events that a put-off task may wait for: which of them can come at all for a customer."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from collections_app.models import Promise, Snooze
from customers.models import Customer, CustomerDocument
from customers.requirements import GIVEN
from disputes.models import Dispute

NEEDS = {
    Snooze.Event.DISPUTE: "open dispute", Snooze.Event.PROMISE: "open promise", Snooze.Event.DOCUMENT: "document that is waited for",
}  # fmt: skip
"""Event → what a customer has while it can come. A payment or a mail may come from anybody."""


def why_never(customers: Collection[Customer], event: str) -> str:
    """Why nothing would ever bring a task of these customers back by the event, in words that name the first; empty where it may come for
    all of them."""
    if event not in NEEDS:
        return ""
    able = set(_with(event).filter(customer__in=customers).order_by().values_list("customer", flat=True))
    lacking = [customer for customer in customers if customer.pk not in able]
    return f"{lacking[0].name} has no {NEEDS[Snooze.Event(event)]}: nothing would bring this back, so choose a day" if lacking else ""


def _with(event: str) -> QuerySet[Dispute] | QuerySet[Promise] | QuerySet[CustomerDocument]:
    if event == Snooze.Event.DISPUTE:
        return Dispute.objects.open()
    if event == Snooze.Event.PROMISE:
        return Promise.objects.open()
    states = CustomerDocument.State
    return CustomerDocument.objects.filter(Q(state__in=[states.REQUESTED, states.REFUSED]) | Q(state=states.RECEIVED, kind__in=GIVEN))
