"""One customer among payers: its group, who pays for it, whom it pays for, what it is known by."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from cashapp.engine import Policy
from cashapp.models import PayerAccountChange, PayerAlias, PayerRelation
from cashapp.selectors.payers import counting_aliases
from customers.models import Customer
from org.actors import Actor

State = PayerRelation.State
MOST = 60
"""Relatives and relations shown on each side; a group has few."""


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the graph: the other side (a customer in sight, or a name), how they stand, from the relation where there is one."""

    name: str
    how: str
    customer: Customer | None = None
    relation: PayerRelation | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A customer with both sides of it. `hidden` counts relatives out of sight."""

    customer: Customer
    paid_by: tuple[Link, ...]
    pays_for: tuple[Link, ...]
    aliases: tuple[PayerAlias, ...]
    counting: frozenset[int]
    changes: QuerySet[PayerAccountChange]
    hidden: int
    trusted: int = Policy().alias_confidence


def graph_of(actor: Actor, customer: Customer, today: date) -> Graph:
    """The customer's payers and those it pays for, as far as the actor sees them, in a handful of queries.

    Who stands above in the group pays for those below; relations come as they were agreed, those proposed among them.
    """
    above, below = _above(customer), list(Customer.objects.filter(parent=customer).order_by("name")[:MOST])
    rows = PayerRelation.objects.filter(state__in=[State.ACTIVE, State.PROPOSED]).select_related("payer", "pays_for")
    to, by = rows.filter(pays_for=customer)[:MOST], rows.filter(payer=customer)[:MOST]
    others = {c.pk for c in (*above, *below)} | {r.payer_id for r in to if r.payer_id} | {r.pays_for_id for r in by}
    seen = set(Customer.objects.visible_to(actor, "cash.view").filter(pk__in=others).values_list("pk", flat=True))
    paid_by = [Link(c.name, "above it in its group", c) for c in above if c.pk in seen]
    paid_by += [_link(r, r.payer) for r in to if r.payer_id is None or r.payer_id in seen]
    pays_for = [Link(c.name, "below it in its group", c) for c in below if c.pk in seen]
    pays_for += [_link(r, r.pays_for) for r in by if r.pays_for_id in seen]
    aliases = tuple(PayerAlias.objects.filter(customer=customer, is_active=True).order_by("kind", "value")[:MOST])
    counting = frozenset(counting_aliases(customer.company_id, today).filter(customer=customer).values_list("pk", flat=True))
    changes = PayerAccountChange.objects.filter(customer=customer).select_related("receipt").order_by("-pk")[:20]
    return Graph(customer, tuple(paid_by), tuple(pays_for), aliases, counting, changes, len(others - seen))


def _above(customer: Customer) -> list[Customer]:
    """The customers above, nearest first; a circle ends where it began."""
    found: list[Customer] = []
    known, following = {customer.pk}, customer.parent_id
    while following is not None and following not in known and len(found) < MOST:
        known.add(following)
        found.append(Customer.objects.get(pk=following))
        following = found[-1].parent_id
    return found


def _link(relation: PayerRelation, other: Customer | None) -> Link:
    waiting = ", not approved yet" if relation.state == State.PROPOSED else ""
    name = other.name if other else relation.payer_name
    return Link(name, f"{relation.get_kind_display()}{waiting}", other, relation)
