"""Views of lists that people keep: a name for a filter."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from org.models import Company, User

MAY_NAME = r"(^|&)(q|text|customer|number|name|parent)="
"""Filters of a list whose value may name a customer, as PostgreSQL finds them in a query string."""


class StoredViewQuerySet(models.QuerySet["StoredView"]):
    """Kept views."""

    def of(self, user: User) -> "StoredViewQuerySet":
        """One's own, and those shared by people one has a company in common with; to whoever sees a portfolio alone none with words in
        it, which may be the name of a customer of others."""
        mine = list(Company.objects.visible_to(user).values_list("pk", flat=True))
        shared = models.Q(is_shared=True, companies__overlap=mine)
        if user.reach().portfolios:
            shared &= ~models.Q(query__regex=MAY_NAME)
        return self.filter(models.Q(owner=user) | shared)


class StoredView(models.Model):
    """A filter of a list under a name: `page` is the list's address by name, `query` its query string. Shared, it is in sight of the people
    of `companies`, those that its owner saw when it was shared; what they see of the list stays what they may see."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stored_views")
    page = models.CharField(max_length=80)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False)
    companies = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField(db_default=Now())

    objects = StoredViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="stored_view_name_once")]

    def __str__(self) -> str:
        return self.name
