"""What proves that something was delivered or done: deliveries with who signed for them, and the files that are kept beside orders,
deliveries and work orders. Two queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from arops.lib.http import address
from invoicing.checks.facts import Facts
from invoicing.selectors.rows import gather, grouped
from workflow.models import Attachment

ARRIVALS = 3
"""Deliveries that are named for a line; the latest."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file beside a record, by its kind."""

    kind: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery of an order: when it left and arrived, who signed, how much of each of the order's lines (and how much of it damaged)."""

    key: int
    number: str
    shipped_on: date
    delivered_on: date | None
    signed_by: str
    lines: Mapping[int, tuple[Decimal, Decimal]]

    @property
    def signed(self) -> str:
        """Who signed for it, or that it is on its way."""
        if self.signed_by:
            return f"signed by {self.signed_by}"
        return f"arrived {self.delivered_on}" if self.delivered_on else f"left {self.shipped_on}"

    def words(self, line: int | None) -> str:
        """The delivery as a source: its number, how much of the line it brought, when, who signed."""
        quantity, damaged = self.lines.get(line or 0, (Decimal(0), Decimal(0)))
        broken = f", {damaged.normalize():f} damaged" if damaged else ""
        return f"{self.number}: {quantity.normalize():f}{broken}, {self.delivered_on or self.shipped_on}, {self.signed}"


@dataclass(frozen=True, slots=True)
class Proof:
    """Deliveries by order, files by record."""

    arrivals: Mapping[int, Sequence[Arrival]] = field(default_factory=dict)
    papers: Mapping[tuple[str, int], Sequence[Paper]] = field(default_factory=dict)

    def of_line(self, order: int, line: int | None) -> list[Arrival]:
        """The latest deliveries that brought something of an order's line."""
        return [a for a in self.arrivals.get(order, ()) if line in a.lines][-ARRIVALS:]


NO_PROOF = Proof()


def proof_behind(facts: Facts) -> Proof:
    """The deliveries and files behind what a document is held against."""
    orders, jobs = list(facts.orders), list(facts.work_orders)
    if not orders and not jobs:
        return NO_PROOF
    rows = gather(
        "SELECT d.order_id, d.id, d.number, d.shipped_on, d.delivered_on, d.signed_by, l.order_line, l.quantity, l.damaged"
        " FROM orders_delivery d JOIN orders_deliveryline l ON l.delivery_id = d.id WHERE d.order_id = ANY(%s)"
        " ORDER BY d.order_id, d.shipped_on, d.id, l.order_line",
        orders,
    )
    lines = grouped((row[1], row[6:]) for row in rows)
    heads = {row[1]: row[:6] for row in rows}
    arrivals = grouped(
        (order, Arrival(key, number, shipped, delivered, signer, {line: (all_, broken) for line, all_, broken in lines[key]}))
        for order, key, number, shipped, delivered, signer in heads.values()
    )
    return Proof(arrivals, _papers({"orders.salesorder": orders, "orders.workorder": jobs, "orders.delivery": list(heads)}))


def _papers(subjects: Mapping[str, Sequence[int]]) -> Mapping[tuple[str, int], Sequence[Paper]]:
    pairs = [(label, key) for label, keys in subjects.items() for key in keys]
    rows = gather(
        "SELECT subject_type, subject_id, kind, name, id FROM workflow_attachment WHERE removed_at IS NULL AND (subject_type, subject_id)"
        " IN (SELECT * FROM unnest(%s::text[], %s::bigint[])) ORDER BY subject_type, subject_id, id",
        [label for label, _ in pairs], [key for _, key in pairs],
    )  # fmt: skip
    kinds = dict(Attachment.Kind.choices)
    return grouped(
        ((label, key), Paper(str(kinds.get(kind, kind)), name, address("workflow:attachment", pk))) for label, key, kind, name, pk in rows
    )
