"""The one place that decides which rows an actor sees."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from org.actors import Actor


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
            seen |= Q(**{f"{self.company_path}__in": reach.portfolios, self.collector_path: reach.person_id})
        elif reach.portfolios:
            seen |= Q(**{f"{self.company_path}__in": reach.portfolios})
        return self.filter(seen)
