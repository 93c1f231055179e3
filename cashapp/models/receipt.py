"""Money that came in, and the work on it."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from arops.lib.triggers import Guard
from cashapp.models.bank import BankAccount, StatementLine
from cashapp.querysets import OfReceiptQuerySet, ReceiptQuerySet
from customers.models import Customer
from ledger.models import OpenItem
from org.models import Company

FITS = """
    IF NOT EXISTS (
        SELECT FROM ledger_openitem o WHERE o.id = NEW.open_item_id AND o.company_id = NEW.company_id AND o.kind = 'receipt'
            AND o.currency = NEW.currency AND o.amount = -NEW.amount AND o.customer_id IS NOT DISTINCT FROM NEW.customer_id
    ) THEN
        RAISE check_violation USING CONSTRAINT = 'receipt_fits_item',
            MESSAGE = format('receipt %s does not fit its open item', NEW.number);
    END IF;
    RETURN NEW;"""


class Receipt(models.Model):
    """A payment received: `amount` > 0 in minor units. What of it is not applied is the balance of its open item.

    `open_item` is the item that stands for it now: one without a customer while the payer is unknown, the customer's afterwards.
    """

    class Band(models.TextChoices):
        GREEN = "green", "Ready to post"
        REVIEW = "review", "To review"
        UNKNOWN = "unknown", "Unknown"

    company = models.ForeignKey(Company, models.PROTECT, related_name="receipts")
    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="receipts")
    statement_line = models.OneToOneField(StatementLine, models.PROTECT, null=True, related_name="receipt")
    number = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    value_date = models.DateField()
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=80, blank=True)
    payer_bank = models.CharField(max_length=80, blank=True)
    text = models.TextField(blank=True)
    structured = models.JSONField(default=list)
    channel = models.CharField(max_length=20, default="other")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="receipts")
    open_item = models.OneToOneField(OpenItem, models.PROTECT, related_name="receipt")
    on_account = models.BooleanField(default=False, help_text="The rest stays with the customer on purpose.")
    split_from = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="parts", help_text="The receipt this is a part of: two payers in one payment."
    )
    joined_back = models.BooleanField(default=False, help_text="A part whose split was taken back.")
    returned_on = models.DateField(null=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    question = models.TextField(blank=True, help_text="What the supervisor is asked.")
    waits_until = models.DateField(null=True, help_text="Until then it waits for something and stands in nobody's way.")
    waits_for = models.CharField(max_length=200, blank=True, help_text="What it waits for: another receipt, the customer's answer.")
    lease_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    lease_until = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)
    band = models.CharField(max_length=10, choices=Band.choices, default=Band.UNKNOWN)
    score = models.SmallIntegerField(default=0, help_text="Of the best proposal.")
    hint = models.CharField(max_length=120, blank=True, help_text="Why it waits, in a few words.")
    suggested = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    source_system = models.CharField(max_length=40, default="arops")
    external_id = models.CharField(max_length=80, null=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["-value_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="receipt_number_once"),
            models.UniqueConstraint(fields=["company", "source_system", "external_id"], name="receipt_external_id_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_amount_positive"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=100), name="receipt_score_in_hundred"),
            models.CheckConstraint(condition=Q(lease_by=None, lease_until=None) | Q(lease_until__isnull=False), name="receipt_lease_whole"),
            models.CheckConstraint(condition=Q(on_account=False) | Q(customer__isnull=False), name="receipt_on_account_of_someone"),
            models.CheckConstraint(condition=Q(joined_back=False) | Q(split_from__isnull=False), name="receipt_joined_back_is_part"),
        ]
        indexes = [
            models.Index(fields=["company", "value_date"], name="receipt_by_day"),
            models.Index(fields=["created_at", "id"], name="receipt_by_arrival"),
            GinIndex(OpClass(Upper("payer_name"), name="gin_trgm_ops"), name="receipt_payer_trgm"),
        ]
        triggers = [
            Guard(
                name="fits_item",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("open_item_id", "amount", "customer_id", "currency"),
                func=FITS,
            ),
            Guard(
                name="as_received",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("company_id", "amount", "currency", "value_date", "number") | pgtrigger.Delete,
                func="RAISE insufficient_privilege USING MESSAGE = 'a receipt stays as it came in: reverse it';",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def unapplied(self) -> int:
        """What is not applied, in minor units (read with its open item)."""
        return -self.open_item.balance

    @property
    def state(self) -> str:
        """In a word, for lists: returned, joined back, applied, partly applied, on account, unidentified or unapplied."""
        if self.returned_on:
            return "returned"
        if self.joined_back:
            return "joined back"
        if self.open_item.balance == 0:
            return "applied"
        if self.on_account:
            return "on account"
        if self.customer_id is None:
            return "unidentified"
        return "unapplied" if self.unapplied == self.amount else "partly applied"


class ReceiptDraft(models.Model):
    """Half-done work of one person on a receipt, kept until it is posted or thrown away."""

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfReceiptQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receipt", "user"], name="receipt_draft_once")]

    def __str__(self) -> str:
        return f"{self.receipt} by {self.user}"
