"""What came of looking into a case."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import append_only
from disputes.models.case import Dispute
from disputes.models.cause import Cause
from org.models import Department


class DisputeFinding(models.Model):
    """What a specialist found: cause, whose it is, remedy and amount, what the system had proposed, and what was looked at.

    Rows are only added: the latest counts, the earlier ones stay as what was thought then.
    """

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="findings")
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="findings")
    origin = models.CharField(max_length=30, help_text="Stage where it began; the cause's own, as it stood then.")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", help_text="The liable department.")
    remedy = models.CharField(max_length=20, choices=Dispute.Resolution.choices)
    amount = models.BigIntegerField(help_text="Minor units that are rightly contested, in the case's currency.")
    words = models.TextField(blank=True)
    proposed = models.JSONField(default=dict, help_text="What the system had proposed, and why: kept as it was shown.")
    looked_at = models.JSONField(default=list, help_text="Sources: document, number, revision, day, value.")
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="dispute_finding_amount")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.dispute_id}: {self.cause_id}"
