"""What a company promises itself about cases: days, what stops the clock, what delay costs, what customers are told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from org.models import Company, Department
from org.querysets import ScopedQuerySet


def paused_by_customers() -> list[str]:
    """The clock stands still while the customer owes an answer, unless the company says otherwise."""
    return ["customer"]


class DisputePolicy(models.Model):
    """How a company works its cases."""

    company = models.OneToOneField(Company, models.PROTECT, related_name="dispute_policy")
    paused_by = ArrayField(
        models.CharField(max_length=10), default=paused_by_customers, blank=True,
        help_text="Waiting on whom stops the clock: customer, department. Empty: nothing does.",
    )  # fmt: skip
    cost_of_capital = models.DecimalField(max_digits=5, decimal_places=2, default=8, help_text="Percent a year: what delay costs.")
    warn_days = models.IntegerField(default=2, help_text="A case breaches soon when it is due within so many working days.")
    tells_opening = models.BooleanField(default=True, help_text="Whether the customer is written to when a case is opened by hand.")
    tells_short_payments = models.BooleanField(default=False, help_text="The same for cases that a short payment opened.")
    tells_progress = models.BooleanField(default=True)
    tells_outcome = models.BooleanField(default=True)
    repeat_cases = models.IntegerField(default=3, help_text="So many cases of one cause and source are a repeat …")
    repeat_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=2, help_text="… when they are at least so many percent of the source's invoices …"
    )
    repeat_days = models.IntegerField(default=90, help_text="… within so many days.")
    changed_by = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cost_of_capital__gte=0, cost_of_capital__lte=100), name="dispute_policy_cost"),
            models.CheckConstraint(
                condition=Q(repeat_cases__gte=2, repeat_rate__gte=0, repeat_days__gte=7, warn_days__gte=0), name="dispute_policy_repeats"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company.code}: cases"


class ServiceLevel(models.Model):
    """Working days in which a case is to be settled: by reason, by the department that has it, or for all."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="service_levels")
    reason = models.CharField(max_length=20, blank=True, help_text="Empty: any reason.")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="service_levels", help_text="Empty: any. Set: its days to answer."
    )
    days = models.IntegerField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "department", "reason"]
        constraints = [
            models.UniqueConstraint(fields=["company", "reason", "department"], nulls_distinct=False, name="service_level_once"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=365), name="service_level_days"),
        ]

    def __str__(self) -> str:
        return f"{self.reason or 'any reason'}: {self.days} working days"


class CaseText(models.Model):
    """A text to a customer about a case, in a language; merge fields by an allow-list. `event` empty: a reply to choose from."""

    class Event(models.TextChoices):
        OPENED = "opened", "the case was opened"
        SHORT_PAYMENT = "short_payment", "a short payment was found"
        PROGRESS = "progress", "the case moved on"
        OUTCOME = "outcome", "the case was settled"
        REJECTED = "rejected", "the claim was rejected"
        REPLY = "reply", "a reply to choose from"

    company = models.ForeignKey(Company, models.PROTECT, related_name="case_texts")
    event = models.CharField(max_length=20, choices=Event.choices)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=5, default="en")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["event", "name", "language"]
        constraints = [models.UniqueConstraint(fields=["company", "event", "name", "language"], name="case_text_once")]

    def __str__(self) -> str:
        return self.name
