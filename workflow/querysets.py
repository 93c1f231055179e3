"""Rows that name a customer by key alone (`customer_ref`), and who sees them. Customers live a floor above: they hand their reader down
when the product starts (see `customers.tasks`)."""

from collections.abc import Callable
from typing import Any, Self

from django.db.models import Q, QuerySet

from org.actors import Actor
from org.querysets import ScopedQuerySet

Reader = Callable[[Actor, str | None], QuerySet[Any]]
_customers: list[Reader] = []


def connect_customers(reader: Reader) -> None:
    """Say who knows which customers an actor sees: answers with a query set of them."""
    _customers[:] = [reader]


class CustomerRefQuerySet(ScopedQuerySet):
    """Rows of companies that may be about a customer. Where an actor sees its own portfolio alone, those of its customers and its own."""

    maker_path = "created_by"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows of companies where the permission is held; of a portfolio, rows about its customers and those the actor made."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        seen = Q(company_id__in=reach.companies)
        if reach.portfolios:
            own = Q(**{self.maker_path: actor.label})
            for customers in _customers:
                own |= Q(customer_ref__in=customers(actor, permission).values("pk"))
            seen |= Q(company_id__in=reach.portfolios) & own
        return self.filter(seen)
