"""How a company collects: what its people may promise, wait for and answer by."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

from org.models import Company
from org.querysets import ScopedQuerySet


class CollectionPolicy(models.Model):
    """One row a company; what isn't set stands at its usual value."""

    company = models.OneToOneField(Company, models.CASCADE, related_name="collection_policy")
    promise_tolerance_days = models.IntegerField(default=0, help_text="Days after its date within which a promise still counts as kept.")
    promise_tolerance_amount = models.BigIntegerField(default=0, help_text="Minor units of the company's currency that may be missing.")
    promise_tolerance_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, help_text="Of the promise that may be missing."
    )
    longest_promise_days = models.IntegerField(default=45, help_text="Later days are payment plans.")
    promises_before_escalation = models.IntegerField(
        default=3, help_text="Broken ones in a year after which a senior must agree to another."
    )
    plan_longest_days = models.IntegerField(default=365)
    plan_default_days = models.IntegerField(default=7, help_text="Days after which a missed instalment ends a plan.")
    offer_days = models.IntegerField(default=14, help_text="Days that an offered plan stands, and what it covers is not asked for.")
    answer_hours = models.IntegerField(default=24, help_text="Hours within which a question is answered.")
    office_from = models.IntegerField(default=0, db_default=0, help_text="Hour from which these hours run.")
    office_to = models.IntegerField(default=24, db_default=24, help_text="Hour until which they run.")
    office_zone = models.CharField(
        max_length=60, default="", db_default="", blank=True, help_text="IANA name of its time zone; empty is the server's."
    )
    holidays = ArrayField(
        models.DateField(), default=list, db_default=Value([], output_field=ArrayField(models.DateField())),
        help_text="Days on which nobody answers, beside weekends.",
    )  # fmt: skip
    document_reminder_days = models.IntegerField(default=7, help_text="Days between reminders of a document that we wait for.")
    calls_a_week = models.IntegerField(default=3, help_text="Most calls to one customer in seven days.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "collection policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    promise_tolerance_days__gte=0, promise_tolerance_amount__gte=0, promise_tolerance_percent__gte=0,
                    longest_promise_days__gte=1, plan_longest_days__gte=1, plan_default_days__gte=0, offer_days__gte=1, answer_hours__gte=1,
                    document_reminder_days__gte=1, calls_a_week__gte=1,
                ),
                name="collection_policy_sensible",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"how {self.company} collects"
