"""Collections rows in sight of an actor."""

from typing import Self

from org.actors import Actor
from org.querysets import ScopedQuerySet


class ByCustomerQuerySet(ScopedQuerySet):
    """Rows that hang on a customer."""

    collector_path = "customer__collector_id"


class InquiryQuerySet(ByCustomerQuerySet):
    """What customers and colleagues ask. Where only a portfolio is in sight, also what nobody knows the customer of, if it was given to
    that person: such a mail may name anybody."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows in sight."""
        seen, reach = super().visible_to(actor, permission), actor.reach(permission)
        if reach.everything or not reach.portfolios:
            return seen
        return seen | self.filter(company__in=reach.portfolios, customer=None, owner=reach.person_id)

    def unanswered(self) -> Self:
        """Those for which an answer is owed."""
        return self.filter(state__in=["new", "open"])


class OfStrategyQuerySet(ScopedQuerySet):
    """Versions of a company's strategies."""

    company_path = "strategy__company_id"


class PromiseQuerySet(ByCustomerQuerySet):
    """Promises to pay."""

    def open(self) -> Self:
        """Promises not decided yet."""
        return self.filter(state="open")
