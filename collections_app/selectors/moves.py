"""Where something has happened since a point of the audit trail and of the journal: the customers whose work has to be ranked anew."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from collections_app.models import Snooze
from workflow.models import Event

WAKES: dict[str, tuple[str, ...]] = {
    Snooze.Event.PAYMENT: ("receipt.", "receipts.", "match.posted", "memo.applied"),
    Snooze.Event.MAIL: ("inquiry.", "mail."),
    Snooze.Event.DISPUTE: ("dispute.resolved", "dispute.closed", "dispute.rejected", "dispute.settled", "dispute.withdrawn"),
    Snooze.Event.PROMISE: ("promise.kept", "promise.partly", "promise.broken", "promise.cancelled"),
    Snooze.Event.DOCUMENT: ("document.received", "document.sent", "document.refused", "document.cancelled"),
}
"""What a task that was put off waits for → the beginnings of the events that end the wait."""


@dataclass(frozen=True, slots=True)
class Point:
    """How far was looked: the last event and the last entry of the journal, all before them included."""

    event_id: int = 0
    entry_id: int = 0


@dataclass(frozen=True, slots=True)
class Moves:
    """Whose accounts have moved; for each customer the beginnings of events that end a wait."""

    customers: frozenset[int]
    woken: dict[str, set[int]]


def moves_since(company_id: int, since: Point) -> Moves:
    """The customers of a company about whom something was told, or whose items were moved, after the point."""
    events = Event.objects.filter(company=company_id, pk__gt=since.event_id, customer_ref__isnull=False).order_by()
    told = set(events.exclude(type__startswith="task.").values_list("customer_ref", "type"))
    moved = _moved(company_id, since.entry_id)
    woken = _woken(told)
    woken[Snooze.Event.PAYMENT] |= {customer for customer, kind in moved if kind == "receipt"}
    return Moves(frozenset({c for c, _ in told} | {c for c, _ in moved}), woken)


def _woken(told: Iterable[tuple[int, str]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for customer, type_ in told:
        for event, beginnings in WAKES.items():
            if type_.startswith(beginnings):
                found[event].add(customer)
    return found


def _moved(company_id: int, after: int) -> set[tuple[int, str]]:
    """Customers whose items entries after that one have moved, with the kinds of these entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT o.customer_id, e.kind FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id"
            " JOIN ledger_openitem o ON o.id = l.open_item_id WHERE e.id > %s AND e.company_id = %s AND o.customer_id IS NOT NULL",
            [after, company_id],
        )
        return {(customer, kind) for customer, kind in cursor.fetchall()}
