"""Plans, settlements and waivers on a customer's line of time: what was made, allowed, signed, paid, missed, and how it ended."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q

from collections_app.models import Charge, Instalment
from customers.models import Customer
from reports.selectors.happening import Happening, at_of, upto
from workflow.models import Event

WORDS = {
    "plan.made": ("Plan drafted", ""), "plan.changed": ("Plan changed", ""), "plan.asked": ("Plan asked for", "info"),
    "plan.offered": ("Plan approved and offered", "info"), "plan.sent": ("Offer sent", ""), "plan.refused": ("Plan refused", "warn"),
    "plan.signed": ("Plan signed, runs from now on", "ok"), "plan.kept": ("Plan kept", "ok"),
    "plan.defaulted": ("Plan in default", "bad"), "plan.cancelled": ("Plan ended", "warn"), "plan.lapsed": ("Offer lapsed", "warn"),
    "plan.replaced": ("Plan re-scheduled", ""), "plan.opened_again": ("Plan open again", "warn"),
    "plan.settled_early": ("Plan to be paid off early", ""), "charge.waived": ("Late charge waived", ""),
}  # fmt: skip
"""Event → its words and tone; others of plans are left out."""


def plans_of(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    """What became of plans and waivers, by the audit trail, and of their instalments, by the night that judged them."""
    events = Event.objects.filter(customer_ref=customer.pk, type__in=list(WORDS)).order_by("-at")
    for e in upto(events, "at", before)[:limit]:
        title, tone = WORDS[e.type]
        amount, currency = e.data.get("amount"), str(e.data.get("currency", ""))
        why = str(e.data.get("reason") or e.data.get("note") or "")
        yield Happening(
            e.at, "promises", "clock", title, str(e.data.get("number", "")), why, tone, e.actor,
            amount if isinstance(amount, int) and currency else None, currency,
        )  # fmt: skip
    yield from _instalments(customer, before, limit)
    yield from _asked(customer, before, limit)


def _instalments(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    """Instalments that were paid, and those that came late."""
    rows = Instalment.objects.filter(plan__customer=customer).select_related("plan")
    paid = rows.filter(state=Instalment.State.PAID).exclude(decided_on=None).order_by("-decided_on")
    late = rows.filter(Q(state=Instalment.State.MISSED) | Q(state=Instalment.State.PAID, decided_on__gt=F("due_on"))).order_by("-due_on")
    for row in _until(paid, "decided_on", before)[:limit]:
        yield _part(row, row.decided_on or row.due_on, "Instalment paid", "ok")
    for row in _until(late, "due_on", before)[:limit]:
        yield _part(row, row.due_on, "Instalment not paid on its day", "bad")


def _part(row: Instalment, day: date, title: str, tone: str) -> Happening:
    name = f"{row.plan.number}/{row.ordinal}, due {row.due_on:%-d %b %Y}"
    return Happening(at_of(day), "promises", "clock", title, name, tone=tone, amount=row.total, currency=row.plan.currency)


def _asked(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    """Waivers of late charges that were asked for, decided or not."""
    rows = Charge.objects.filter(customer=customer, approval__isnull=False).select_related("approval", "open_item")
    for row in upto(rows.order_by("-approval__requested_at"), "approval__requested_at", before)[:limit]:
        if row.approval is not None and row.approval.state != "alone":
            number = row.open_item.number if row.open_item else ""
            yield Happening(
                row.approval.requested_at, "promises", "clock", "Waiver of a late charge asked for", number, row.approval.reason,
                actor=row.approval.requested_by, amount=row.approval.amount, currency=row.currency,
            )  # fmt: skip


def _until(rows: Any, name: str, before: datetime | None) -> Any:
    return upto(rows, name, before.date() if before else None)
