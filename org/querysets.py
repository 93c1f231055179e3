"""The one place that decides which rows an actor sees."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from org.actors import Actor, Reach


def own_customers(reach: Reach, collector_path: str = "collector_id") -> Q:
    """Rows of the customers of a portfolio, by the path to their collector; of the chosen ones for a key that is limited to some."""
    if reach.customers is None:
        return Q(**{collector_path: reach.person_id})
    return Q(**{f"{collector_path.removesuffix('collector_id')}pk__in": reach.customers})


def nobodys(reach: Reach, **fields: Any) -> Q:
    """Rows of which nobody knows the customer yet: whoever works on a portfolio may find out, a key limited to customers may not."""
    return Q(**fields) if reach.customers is None else Q(pk__in=())


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows of companies. A subclass names the path to the company, and to the collector where portfolios apply."""

    company_path = "company_id"
    collector_path: str | None = None

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows in companies where the actor holds the permission; only its own portfolio where that is its scope."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        seen = Q(**{f"{self.company_path}__in": reach.companies})
        if reach.portfolios and self.collector_path:
            seen |= Q(**{f"{self.company_path}__in": reach.portfolios}) & own_customers(reach, self.collector_path)
        elif reach.portfolios:
            seen |= Q(**{f"{self.company_path}__in": reach.portfolios})
        return self.filter(seen)
