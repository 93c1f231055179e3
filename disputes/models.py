"""What a customer contests, and how it ended."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from customers.models import Customer
from ledger.models import OpenItem
from org.models import Company, Department
from org.querysets import ScopedQuerySet


class DisputeQuerySet(ScopedQuerySet):
    """Disputes."""

    collector_path = "customer__collector_id"

    def open(self) -> "DisputeQuerySet":
        """Those not closed: their amounts are kept apart in dunning, ageing and forecast."""
        return self.exclude(state__in=[Dispute.State.RESOLVED, Dispute.State.REJECTED])


class Dispute(models.Model):
    """A contested amount of an open item. Only that amount is held out of dunning; the rest is chased."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        INVESTIGATING = "investigating", "investigating"
        WAITING = "waiting", "waiting for an answer"
        DECISION = "decision", "to be decided"
        RESOLVED = "resolved", "resolved"
        REJECTED = "rejected", "rejected"

    class Reason(models.TextChoices):
        PRICE = "price", "price"
        QUANTITY = "quantity", "quantity"
        PO_MISSING = "po_missing", "purchase order missing or wrong"
        NOT_DELIVERED = "not_delivered", "not delivered or not done"
        DAMAGED = "damaged", "damaged or defective"
        DUPLICATE = "duplicate", "billed twice"
        TAX = "tax", "tax"
        TERMS = "terms", "payment terms or discount"
        FREIGHT = "freight", "freight or fees"
        SHORT_PAYMENT = "short_payment", "short payment, reason unknown"
        OTHER = "other", "other"

    class Resolution(models.TextChoices):
        CREDITED = "credited", "credited"
        PAID = "paid", "paid after all"
        REJECTED = "rejected", "rejected with evidence"
        WITHDRAWN = "withdrawn", "withdrawn by the customer"
        GOODWILL = "goodwill", "allowed as goodwill"

    company = models.ForeignKey(Company, models.PROTECT, related_name="disputes")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disputes")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="disputes")
    number = models.CharField(max_length=40)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    amount = models.BigIntegerField(help_text="Minor units contested.")
    currency = models.CharField(max_length=3)
    customer_words = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="disputes")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="disputes")
    due_date = models.DateField(help_text="By the service level of the reason.")
    opened_on = models.DateField()
    opened_by = models.CharField(max_length=80)
    source = models.CharField(max_length=120, unique=True, help_text="What opened it, so that the same event opens it once.")
    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True)
    resolved_on = models.DateField(null=True, blank=True)
    version = models.IntegerField(default=0, help_text="Counts changes, so that two people can't overwrite each other.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["due_date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="dispute_number_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="dispute_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["open_item"], name="dispute_open_item", condition=~models.Q(state__in=["resolved", "rejected"])),
        ]

    def __str__(self) -> str:
        return self.number


class DisputeNote(models.Model):
    """A word on a dispute: among ourselves, or to be seen by the customer."""

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="notes")
    body = models.TextField()
    is_internal = models.BooleanField(default=True)
    author = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.body[:60]
