"""Whose customer is whose: rules of assignment, absences and who covers, notes of hand-over."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from collections_app.models.strategy import DateRange
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet


class PortfolioRule(models.Model):
    """Customers that fit go to a person, the first rule that fits; those assigned by hand stay where they are."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="portfolio_rules")
    ordinal = models.IntegerField()
    name = models.CharField(max_length=60)
    segment = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    risks = models.CharField(max_length=4, blank=True, help_text="Risk classes, such as CD; empty: any.")
    name_from = models.CharField(max_length=20, blank=True, help_text="First letters, such as A.")
    name_to = models.CharField(max_length=20, blank=True)
    minimum = models.BigIntegerField(default=0, help_text="Minor units of the company's currency open.")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", help_text="Shared fairly by expected minutes.")
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["company", "ordinal"], name="portfolio_rule_once", deferrable=models.Deferrable.DEFERRED),
            models.CheckConstraint(condition=Q(minimum__gte=0), name="portfolio_rule_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """A customer's way from one collector to another: by a rule, by hand, for an absence; the last one says how it stands."""

    class How(models.TextChoices):
        RULE = "rule", "by a rule"
        HAND = "hand", "by hand"
        COVER = "cover", "while somebody is away"
        BACK = "back", "back from cover"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="assignments")
    was = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    now = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    how = models.CharField(max_length=6, choices=How.choices)
    rule = models.ForeignKey(PortfolioRule, models.SET_NULL, null=True, related_name="+")
    absence = models.ForeignKey("Absence", models.SET_NULL, null=True, related_name="assignments")
    note = models.TextField(blank=True, help_text="What the next one should know.")
    read_at = models.DateTimeField(null=True, help_text="When the new collector has read the note.")
    actor = models.CharField(max_length=80)
    day = models.DateField()
    at = models.DateTimeField(db_default=Now())

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.customer} to {self.now}"


class Absence(models.Model):
    """Someone is away from a day to a day; meanwhile their customers are another's."""

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        RUNNING = "running", "running"
        ENDED = "ended", "ended"
        CANCELLED = "cancelled", "cancelled"

    company = models.ForeignKey(Company, models.CASCADE, related_name="absences")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences")
    cover = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="covers")
    first = models.DateField()
    last = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    note = models.TextField(blank=True)
    made_by = models.CharField(max_length=80)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-first"]
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="absence_span"),
            ExclusionConstraint(
                name="absence_one_at_a_time",
                expressions=[
                    (F("company"), RangeOperators.EQUAL), (F("person"), RangeOperators.EQUAL),
                    (DateRange("first", "last", Value("[]")), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=["planned", "running"]),
            ),
            models.CheckConstraint(condition=~Q(person=F("cover")), name="absence_not_own_cover"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person} {self.first} to {self.last}"
