"""Statements of account by schedule: who gets one when, and which went out."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now

from arops.lib.triggers import stamped
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from messaging.models import Message
from org.models import Company
from org.querysets import ScopedQuerySet


class StatementSchedule(models.Model):
    """Statements on a day of the month, to one customer, a segment, or all that have no schedule of their own."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        EXCEL = "xlsx", "Excel"
        BOTH = "both", "PDF and Excel"

    company = models.ForeignKey(Company, models.CASCADE, related_name="statement_schedules")
    name = models.CharField(max_length=60)
    segment = models.CharField(max_length=40, blank=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="statement_schedules")
    day = models.IntegerField(default=1, help_text="Of the month; 31: its last day.")
    every_months = models.IntegerField(default=1)
    format = models.CharField(max_length=5, choices=Format.choices, default=Format.PDF)
    for_group = models.BooleanField(default=False, help_text="One statement for a parent with all its children.")
    only_overdue = models.BooleanField(default=False, help_text="Only those with something past due.")
    minimum = models.BigIntegerField(default=0, help_text="Minor units of the company's currency open: below it none is sent.")
    starts_on = models.DateField()
    is_active = models.BooleanField(default=True)
    made_by = models.CharField(max_length=80)
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "segment"], condition=Q(is_active=True, customer=None), name="statement_schedule_once_a_segment"
            ),
            models.UniqueConstraint(fields=["customer"], condition=Q(is_active=True), name="statement_schedule_once_a_customer"),
            models.CheckConstraint(
                condition=Q(day__gte=1, day__lte=31, every_months__gte=1, every_months__lte=12), name="statement_schedule_when"
            ),
        ]
        indexes = [models.Index(fields=["updated_at"], name="statement_schedule_updated")]
        triggers = [stamped("statement_schedule_stamped")]

    def __str__(self) -> str:
        return self.name


class SentStatement(models.Model):
    """A customer's statement as of a day, sent by schedule or by hand; by schedule once a day."""

    schedule = models.ForeignKey(StatementSchedule, models.SET_NULL, null=True, related_name="sent")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="sent_statements")
    as_of = models.DateField()
    balance = models.JSONField(default=dict, help_text="Currency and minor units open as of the day.")
    accounts = models.JSONField(
        default=dict,
        db_default=Value({}, output_field=models.JSONField()),
        help_text="Of a group: customer, currency and minor units of each account.",
    )
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="statement")
    left_out_because = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["schedule", "customer", "as_of"], name="statement_once_a_day")]
        indexes = [models.Index(fields=["updated_at"], name="sent_statement_updated")]
        triggers = [stamped("sent_statement_stamped")]

    def __str__(self) -> str:
        return f"statement of {self.customer} as of {self.as_of}"
