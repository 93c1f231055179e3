"""The facts of an account as of a day, for the page that goes up the ladder: plain figures and rows that can be kept as they were."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from arops.lib import money
from collections_app.models import Activity, DunningLetter, Promise
from collections_app.selectors.dunning import promised_left
from collections_app.selectors.escalation import YEAR, days_late, last_receipt, paid_since
from customers.models import Contact, Customer
from disputes.models import Dispute
from disputes.selectors import disputed_by_item
from invoicing.models import Invoice
from ledger.aging import USUAL
from ledger.models import OpenItem
from messaging.models import Message
from workflow.models import Attachment

LISTED = 60
"""Items that the page lists, the oldest first."""


def facts_of(customer: Customer, currency: str, day: date) -> dict[str, Any]:
    """All that the page says, as JSON: amounts in minor units, days as ISO texts."""
    items = list(OpenItem.objects.open().owed().filter(customer=customer, currency=currency).order_by("due_date", "pk"))
    late = [item for item in items if item.due_date < day]
    contested = disputed_by_item([item.pk for item in items])
    credits = OpenItem.objects.open().credits().filter(customer=customer, currency=currency).aggregate(total=Sum("balance"))["total"] or 0
    last, promised = last_receipt(customer, currency), promised_left([customer.pk])
    return {
        "as_of": day.isoformat(), "currency": currency, "customer": _customer(customer), "open": sum(i.balance for i in items),
        "past_due": sum(i.balance for i in late), "days": (day - late[0].due_date).days if late else 0, "credits": -credits,
        "disputed": sum(min(i.balance, contested.get(i.pk, 0)) for i in late), "buckets": _buckets(items, day),
        "items": [_item(i, contested, promised, day) for i in late[:LISTED]], "more_items": max(0, len(late) - LISTED),
        "promises": _promises(customer, currency, day), "contacts": _contacts(customer, currency, day),
        "disputes": _disputes(customer, currency),
        "last_payment": {"day": last[0].isoformat(), "amount": last[1]} if last else None,
        "paid_year": paid_since(customer, currency, day - YEAR), "days_late": days_late(customer, currency, day),
        "evidence": _evidence(customer, late), "people": _people(customer),
    }  # fmt: skip


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "name": customer.name, "number": customer.number, "terms": customer.payment_terms, "risk": customer.risk,
        "credit_limit": customer.credit_limit, "country": customer.country,
        "address": customer.address, "tax_id": customer.tax_id, "segment": customer.segment,
    }  # fmt: skip


def _buckets(items: list[OpenItem], day: date) -> list[tuple[str, int]]:
    sums = [0] * len(USUAL.labels)
    for item in items:
        sums[sum((day - item.due_date).days > bound for bound in USUAL.bounds)] += item.balance
    return list(zip(USUAL.labels, sums, strict=True))


def _item(item: OpenItem, contested: dict[int, int], promised: dict[int, int], day: date) -> dict[str, Any]:
    return {
        "id": item.pk, "number": item.number, "kind": item.kind, "due": item.due_date.isoformat(), "days": (day - item.due_date).days,
        "amount": item.amount, "balance": item.balance, "disputed": min(item.balance, contested.get(item.pk, 0)),
        "promised": min(item.balance, promised.get(item.pk, 0)), "po": item.po_number,
    }  # fmt: skip


def _disputes(customer: Customer, currency: str) -> list[dict[str, Any]]:
    rows = Dispute.objects.all().open().filter(customer=customer, currency=currency).select_related("open_item").order_by("-amount", "pk")
    return [
        {"id": d.pk, "number": d.number, "reason": d.get_reason_display(), "amount": d.amount, "state": d.get_state_display(),
         "since": d.opened_on.isoformat(), "item": d.open_item_id, "item_number": d.open_item.number}
        for d in rows[:LISTED]
    ]  # fmt: skip


def _promises(customer: Customer, currency: str, day: date) -> dict[str, Any]:
    rows = Promise.objects.filter(customer=customer, currency=currency, given_on__gt=day - YEAR, given_on__lte=day)
    rows = rows.exclude(state=Promise.State.CANCELLED)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    last = rows.order_by("-given_on", "-pk").first()
    told = {
        "amount": last.amount, "due_on": last.due_on.isoformat(), "state": last.get_state_display(), "given_on": last.given_on.isoformat()
    } if last else None  # fmt: skip
    return {"given": sum(counts.values()), "kept": counts.get("kept", 0), "broken": counts.get("broken", 0), "last": told}


def _contacts(customer: Customer, currency: str, day: date) -> dict[str, Any]:
    calls = Activity.objects.filter(customer=customer, happened_on__gt=day - YEAR, happened_on__lte=day, kind=Activity.Kind.CALL)
    last = calls.order_by("-happened_on", "-pk").first()
    letters = _sent(customer).filter(currency=currency, run__day__gt=day - YEAR, run__day__lte=day)
    letter = letters.select_related("run").order_by("-run__day").first()
    return {
        "calls": calls.count(), "last_call": last.happened_on.isoformat() if last else "",
        "last_outcome": last.get_outcome_display() if last and last.outcome else "", "letters": letters.count(),
        "level": letter.level if letter else 0, "last_letter": letter.run.day.isoformat() if letter else "",
    }  # fmt: skip


def _sent(customer: Customer) -> QuerySet[DunningLetter]:
    """Reminders of the customer, without those that still wait to be allowed."""
    return DunningLetter.objects.filter(customer=customer, reason="").exclude(message__state=Message.State.DRAFT)


def _evidence(customer: Customer, late: list[OpenItem]) -> dict[str, int]:
    """How many copies of invoices past due can be made, and how many files lie with them, their disputes and the customer."""
    invoices = list(Invoice.objects.filter(open_item__in=[i.pk for i in late]).values_list("pk", flat=True))
    cases = Dispute.objects.filter(open_item__in=[i.pk for i in late]).values_list("pk", flat=True)
    about = Q(subject_type="customers.customer", subject_id=customer.pk) | Q(subject_type="invoicing.invoice", subject_id__in=invoices)
    about |= Q(subject_type="disputes.dispute", subject_id__in=list(cases))
    return {"copies": len(invoices), "files": Attachment.objects.filter(about, removed_at=None).count()}


def _people(customer: Customer) -> list[dict[str, str]]:
    rows = Contact.objects.filter(customer=customer, is_active=True).order_by("role", "pk")[:10]
    return [{"name": c.name, "role": c.get_role_display(), "email": c.email, "phone": c.phone} for c in rows]


def invoices_of(item_ids: list[int]) -> list[Invoice]:
    """The invoices behind items, the oldest due first."""
    found = Invoice.objects.filter(open_item__in=item_ids).select_related("company", "customer", "open_item")
    return list(found.order_by("open_item__due_date", "pk"))


def dealings(customer: Customer, since: date) -> list[tuple[str, str, str, str]]:
    """What was said, written and promised since a day, the oldest first: day, what, by whom at the customer, words."""
    calls = Activity.objects.filter(customer=customer, happened_on__gte=since).exclude(kind=Activity.Kind.NOTE).select_related("contact")
    found = [
        (a.happened_on.isoformat(), f"{a.get_kind_display()}{f': {a.get_outcome_display()}' if a.outcome else ''}",
         a.contact.name if a.contact else "", a.body)
        for a in calls
    ]  # fmt: skip
    letters = _sent(customer).filter(run__day__gte=since).select_related("run", "message")
    found += [
        (n.run.day.isoformat(), f"reminder, level {n.level}", ", ".join(n.message.recipients if n.message else ()) or "by post",
         n.message.subject if n.message else "")
        for n in letters
    ]  # fmt: skip
    promises = Promise.objects.filter(customer=customer, given_on__gte=since).select_related("contact")
    found += [
        (p.given_on.isoformat(), f"promise: {p.get_state_display()}", p.contact.name if p.contact else "",
         f"{money.to_text(p.amount, p.currency)} {p.currency} by {p.due_on.isoformat()}")
        for p in promises
    ]  # fmt: skip
    return sorted(found)


TWO_YEARS = timedelta(days=730)
