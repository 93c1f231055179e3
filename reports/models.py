"""What was reported, kept: an ageing of a company as it stood at the end of a day, which never changes afterwards."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from arops.lib.triggers import append_only
from org.models import Company
from org.querysets import ScopedQuerySet


class AgingSnapshotQuerySet(ScopedQuerySet):
    """Snapshots; they hold whole companies, so a portfolio is not enough to see one."""

    def visible_to(self, actor, permission=None):  # type: ignore[no-untyped-def, override]
        """Snapshots of companies that the actor sees as a whole."""
        reach = actor.reach(permission)
        return self if reach.everything else self.filter(company_id__in=reach.companies)


class AgingSnapshot(models.Model):
    """Ageing by customer and currency as known when it was taken. `control_total` is the control accounts' balance by currency."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="aging_snapshots")
    day = models.DateField()
    labels = models.JSONField(help_text="Names of the buckets.")
    rows = models.JSONField(help_text="One a customer and currency, minor units.")
    control_total = models.JSONField(help_text="Currency to minor units, from the journal.")
    ties = models.BooleanField(help_text="Whether the rows summed to the control total when it was taken.")
    sha256 = models.CharField(max_length=64, help_text="Of day, labels, rows and control total.")
    actor = models.CharField(max_length=80)
    taken_at = models.DateTimeField(db_default=Now())

    objects = AgingSnapshotQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["-day", "company"]
        constraints = [models.UniqueConstraint(fields=["company", "day"], name="aging_snapshot_once_a_day")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.company.code} ageing of {self.day}"
