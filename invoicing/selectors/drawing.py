"""What draws on the purchase orders behind a document: what was billed, what it bills itself, what other drafts on their way would bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arops.lib.http import address
from invoicing.models import Draft
from invoicing.payload import Document, read_document
from invoicing.selectors.chain import Chain, Placed
from orders.models import PurchaseOrder
from orders.selectors.figures import figures
from org.actors import Actor

MOST = 500
"""Drafts of the customer that are looked at, the oldest first."""


class Draw(NamedTuple):
    """A draft that bills a purchase order, by so many minor units, net."""

    name: str
    url: str
    state: str
    amount: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A purchase order with what draws on it; minor units, net. `value` is None where it names no sum."""

    number: str
    url: str
    currency: str
    value: int | None
    billed: int
    own: int
    others: tuple[Draw, ...]

    @property
    def drawn(self) -> int:
        """What the other drafts come to."""
        return sum(draw.amount for draw in self.others)

    @property
    def after(self) -> int | None:
        """What is left of it once all of them are issued; below zero where they bill too much together."""
        return None if self.value is None else self.value - self.billed - self.own - self.drawn


def drawing_on(actor: Actor, keys: Sequence[int], customer: int, draft: Draft | None = None) -> list[Drawing]:
    """The customer's purchase orders with these keys, and what bills them: `draft` by itself, beside it others in sight."""
    orders = list(PurchaseOrder.objects.filter(pk__in=keys, customer=customer).order_by("pk"))
    if not orders:
        return []
    sums, drawn = figures(orders), _draws(actor, customer, draft)
    found = []
    for order in orders:
        own, others = 0, list[Draw]()
        for one, amount in drawn.get(order.pk, {}).items():
            if draft and one.pk == draft.pk:
                own = amount
            else:
                others.append(Draw(str(one), address("invoicing:exception", one.pk), one.get_state_display(), amount))
        known = sums[order.pk]
        page = address("orders:purchase-order", order.pk)
        found.append(Drawing(order.number, page, order.currency, known.value, known.billed or 0, own, tuple(others)))
    return found


def _draws(actor: Actor, customer: int, draft: Draft | None) -> dict[int, dict[Draft, int]]:
    """Purchase order → draft → what its lines bill of it."""
    live = Draft.objects.visible_to(actor, "invoices.view").live().filter(customer=customer, kind="invoice")
    drafts = {d.pk: d for d in [*live.order_by("pk")[:MOST], *([draft] if draft and draft.state in ("draft", "held", "clear") else [])]}
    placed: list[tuple[Draft, Placed]] = []
    for one in drafts.values():
        document = read_document({**one.payload, "number": one.number or "draft"}, source_system=one.source_system)
        if isinstance(document, Document):
            placed.append((one, Placed(one.pk, one.company_id, one.customer_id, document, one.replaces_id)))
    chain = Chain([place for _, place in placed])
    found: dict[int, dict[Draft, int]] = {}
    for one, place in placed:
        for line, link in zip(place.document.lines, chain.links(place), strict=True):
            if link.purchase_order:
                own = found.setdefault(link.purchase_order, {})
                own[one] = own.get(one, 0) + line.amount
    return found
