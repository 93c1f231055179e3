"""What goes with a suggestion before a person confirms it: which items it is about, which money may be what they speak of."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Q

from collections_app.models import Inquiry, Suggestion
from customers.models import Customer
from disputes.models import Dispute
from ledger.models import OpenItem

BEFORE = timedelta(days=10)
"""How long before the day that is named money may have been booked."""


def about_of(suggestion: Suggestion) -> str:
    """What of it: the reason of a dispute, the document that is asked for, as its rule names it."""
    parts = suggestion.rule.split(":")
    return parts[1] if len(parts) == 3 or parts == ["away", "gone"] else ""


def reason_of(suggestion: Suggestion) -> str:
    """The reason of the case that a dispute is to be."""
    about = about_of(suggestion)
    return about if about in Dispute.Reason.values else str(Dispute.Reason.OTHER)


def items_for(inquiry: Inquiry, suggestion: Suggestion | None = None) -> list[OpenItem]:
    """The open items that a suggestion is about: those that the inquiry speaks of. What is promised without naming any is for what is
    overdue, or else for all that is owed, oldest first, in the currency that was named."""
    if inquiry.customer_id is None:
        return []
    owed = OpenItem.objects.open().owed().filter(customer=inquiry.customer_id).select_related("company").order_by("due_date", "pk")
    named = list(owed.filter(inquiries__inquiry=inquiry).distinct())
    if named or suggestion is None or suggestion.kind != Inquiry.Kind.PROMISE:
        return named
    currency = suggestion.currency or inquiry.customer.currency if inquiry.customer else ""
    found = list(owed.filter(currency=currency)[:200])
    if suggestion.amount is None:
        late = [item for item in found if item.due_date <= inquiry.asked_on]
        return late or found
    return _covering(found, suggestion.amount)


def _covering(items: Sequence[OpenItem], amount: int) -> list[OpenItem]:
    """The one item that is as large, else the oldest that together reach the amount."""
    alike = [item for item in items if item.balance == amount]
    if len(alike) == 1:
        return alike
    found, left = [], amount
    for item in items:
        if left <= 0:
            break
        found.append(item)
        left -= item.balance
    return found


def receipts_for(customer: Customer, amount: int | None, day: date) -> list[OpenItem]:
    """Money of the customer that may be what they say they paid: of that amount since shortly before the day, or not applied yet."""
    rows = OpenItem.objects.filter(customer=customer, kind="receipt")
    like = Q(amount=-amount, document_date__gte=day - BEFORE) if amount else Q(document_date__gte=day - BEFORE)
    return list(rows.filter(like | ~Q(balance=0)).order_by("-document_date", "-pk")[:5])
