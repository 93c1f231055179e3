"""What a customer contests: the case, its lines, how much was contested from when to when, where it stood, what was said."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from arops.lib.triggers import append_only
from customers.models import Customer
from disputes.models.cause import Cause
from disputes.policy.track import CLOSED
from invoicing.models import Invoice, InvoiceLine
from ledger.models import OpenItem
from messaging.models import Message
from org.models import Company, Department
from org.querysets import ScopedQuerySet


class DisputeQuerySet(ScopedQuerySet):
    """Disputes."""

    collector_path = "customer__collector_id"

    def open(self) -> "DisputeQuerySet":
        """Those not closed: their amounts are kept apart in dunning, promises and ageing."""
        return self.exclude(state__in=CLOSED)


_PAST = models.Q(resolved_on__isnull=False)


class Dispute(models.Model):
    """A contested amount of an open item. Only that amount is held out of dunning; the rest is chased.

    `claimed` is what the customer contests, `amount` what of it is in dispute now, `agreed` what we allow once that is decided.
    What was in dispute on any day is the sum of `DisputeMovement`. The columns from `product` to `order_desk` say where the contested
    goods and work came from (of the line with the most money), so that causes can be counted by them.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "the whole document"
        LINES = "lines", "lines of the document"
        DEDUCTION = "deduction", "deduction from a payment"
        AMOUNT = "amount", "an amount"

    class State(models.TextChoices):
        OPEN = "open", "open"
        INVESTIGATING = "investigating", "investigating"
        WAITING = "waiting", "waiting for an answer"
        DECISION = "decision", "to be decided"
        SETTLING = "settling", "being settled"
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
        DEBITED = "debited", "billed in addition"
        REBILLED = "rebilled", "cancelled and billed again"
        CORRECTED = "corrected", "corrected document sent"
        GOODWILL = "goodwill", "allowed as goodwill"
        REJECTED = "rejected", "rejected with evidence"
        PAID = "paid", "paid after all"
        WITHDRAWN = "withdrawn", "withdrawn by the customer"

    class WaitingOn(models.TextChoices):
        CUSTOMER = "customer", "the customer"
        DEPARTMENT = "department", "a department"

    company = models.ForeignKey(Company, models.PROTECT, related_name="disputes")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disputes")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="disputes")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="disputes", help_text="The item's document.")
    receipt_ref = models.BigIntegerField(null=True, help_text="Key of the receipt that it was deducted from.")
    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.AMOUNT, db_default="amount")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    claimed = models.BigIntegerField(help_text="Minor units that the customer contests.")
    amount = models.BigIntegerField(help_text="Minor units contested.")
    agreed = models.BigIntegerField(null=True, help_text="Minor units that we allow, once decided.")
    base_amount = models.BigIntegerField(db_default=0, help_text="`claimed` in minor units of the company's currency, at the day's rate.")
    currency = models.CharField(max_length=3)
    customer_words = models.TextField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    waiting_on = models.CharField(max_length=10, choices=WaitingOn.choices, blank=True, default="", db_default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="disputes")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="disputes")
    due_date = models.DateField(help_text="By the service level that holds; moves on by the days that the clock stood still.")
    paused_on = models.DateField(null=True, help_text="Since when the clock stands still.")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="disputes", help_text="Of the latest finding.")
    origin = models.CharField(max_length=30, blank=True, db_default="", default="", help_text="Stage of the latest finding's cause.")
    liable = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", help_text="Whose doing it was, as last found.")
    product = models.CharField(max_length=60, blank=True, default="", db_default="")
    sales_representative = models.CharField(max_length=120, blank=True, default="", db_default="")
    technician = models.CharField(max_length=120, blank=True, default="", db_default="")
    price_list = models.CharField(max_length=60, blank=True, default="", db_default="", help_text="Number of the contract.")
    order_desk = models.CharField(max_length=120, blank=True, default="", db_default="", help_text="Who entered the order.")
    opened_on = models.DateField()
    opened_by = models.CharField(max_length=80)
    source = models.CharField(max_length=120, unique=True, help_text="What opened it, so that the same event opens it once.")
    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True)
    resolved_on = models.DateField(null=True, blank=True)
    version = models.IntegerField(default=0, help_text="Counts changes, so that two people can't overwrite each other.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = DisputeQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["due_date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="dispute_number_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0, claimed__gte=models.F("amount")), name="dispute_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(agreed=None) | models.Q(agreed__gte=0, agreed__lte=models.F("claimed")), name="dispute_agreed_within"
            ),
        ]
        indexes = [
            models.Index(fields=["open_item"], name="dispute_open_item", condition=~models.Q(state__in=["resolved", "rejected"])),
            models.Index(
                fields=["due_date", "id"],
                name="dispute_queue",
                condition=~models.Q(state__in=["resolved", "rejected"]),
                include=["company", "customer", "owner", "department", "waiting_on", "paused_on", "currency", "amount"],
            ),
            models.Index(fields=["opened_on", "id"], name="dispute_latest"),
            models.Index(fields=["resolved_on", "id"], name="dispute_closed", condition=models.Q(state__in=["resolved", "rejected"])),
            models.Index(fields=["owner", "due_date"], name="dispute_of_owner", condition=~models.Q(state__in=["resolved", "rejected"])),
            # Similar cases that are closed, the latest first.
            models.Index(fields=["customer", "reason", "-resolved_on"], name="dispute_past_customer", condition=_PAST),
            models.Index(fields=["company", "reason", "-resolved_on"], name="dispute_past_reason", condition=_PAST),
            models.Index(fields=["company", "product", "-resolved_on"], name="dispute_past_product", condition=_PAST),
            models.Index(fields=["cause", "customer", "-resolved_on"], name="dispute_past_cause", condition=_PAST),
            models.Index(fields=["company", "opened_on"], name="dispute_opened", include=["cause", "base_amount", "resolved_on"]),
        ]

    def __str__(self) -> str:
        return self.number


class DisputeLine(models.Model):
    """A line of the document that is contested, and how much of it, tax included."""

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="lines")
    line = models.ForeignKey(InvoiceLine, models.PROTECT, related_name="disputed")
    amount = models.BigIntegerField(help_text="Minor units, with tax.")

    class Meta:
        ordering = ["line__number"]
        constraints = [
            models.UniqueConstraint(fields=["dispute", "line"], name="dispute_line_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="dispute_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id}: {self.line_id}"


class DisputeMovement(models.Model):
    """A change of what of an item is in dispute: up when a case is opened, raised or opened again, down when it is cut or closed.

    The sum up to a day is what was in dispute that day, whatever happened to the case since.
    """

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="movements")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="dispute_movements", db_index=False)
    day = models.DateField()
    delta = models.BigIntegerField(help_text="Minor units of the item's currency; negative: less is in dispute.")
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["open_item", "day"], name="dispute_movement_item", include=["delta"])]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.day}: {self.delta:+}"


class DisputeStep(models.Model):
    """A step of the case's track: where it stood from then on. The time spent at each stage is read from these."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="steps")
    state = models.CharField(max_length=20, choices=Dispute.State.choices)
    waiting_on = models.CharField(max_length=10, blank=True, default="")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    day = models.DateField(help_text="The business day.")
    due_date = models.DateField(null=True, help_text="When the case was due, as it stood then.")
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["pk"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.day}: {self.state}"


class DisputeWatcher(models.Model):
    """Somebody who is told what happens to a case."""

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watched_disputes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute", "user"], name="dispute_watcher_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.dispute_id}"


class DisputeNote(models.Model):
    """A word on a dispute: among ourselves, or to be seen by the customer. Nobody changes it afterwards, nor takes it away."""

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="notes")
    body = models.TextField()
    is_internal = models.BooleanField(default=True)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+", help_text="The mail that said it to the customer.")
    author = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.body[:60]
