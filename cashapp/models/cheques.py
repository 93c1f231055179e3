"""Cheques keyed by hand: a batch with what it should come to, and each cheque with what it pays, until the batch is deposited."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cashapp.models.bank import BankAccount, StatementLine
from cashapp.models.receipt import Receipt
from cashapp.models.remittance import Remittance
from cashapp.querysets import ChequeBatchQuerySet, OfChequeBatchQuerySet
from customers.models import Customer
from org.models import Company
from workflow.models import StoredFile


class ChequeBatch(models.Model):
    """Cheques that are deposited together. Nothing is in the books until count and total are what was counted before keying."""

    class State(models.TextChoices):
        OPEN = "open", "being keyed"
        POSTED = "posted", "deposited"
        DROPPED = "dropped", "dropped"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    number = models.CharField(max_length=40, help_text="Ours.")
    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="cheque_batches")
    deposit_date = models.DateField()
    expected_count = models.IntegerField()
    expected_total = models.BigIntegerField(help_text="Minor units of the account's currency, as added up before keying.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    statement_line = models.OneToOneField(
        StatementLine, models.SET_NULL, null=True, related_name="cheque_batch", help_text="The deposit as the bank's statement shows it."
    )
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    posted_by = models.CharField(max_length=80, blank=True)
    posted_at = models.DateTimeField(null=True)

    objects = ChequeBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "cheque batches"
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="cheque_batch_number_once"),
            models.CheckConstraint(condition=Q(expected_count__gte=1, expected_total__gte=1), name="cheque_batch_of_something"),
        ]
        indexes = [
            models.Index(
                fields=["bank_account", "expected_total"], name="cheque_batch_not_banked", condition=Q(state="posted", statement_line=None)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class KeyedCheque(models.Model):
    """One cheque of a batch: `amount` in minor units; `lines` are what it pays, as its stub says (the fields of a RemittanceLine)."""

    batch = models.ForeignKey(ChequeBatch, models.CASCADE, related_name="cheques")
    ordinal = models.IntegerField()
    amount = models.BigIntegerField()
    number = models.CharField(max_length=60, help_text="Printed on the cheque.")
    cheque_date = models.DateField(null=True)
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=80, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    text = models.CharField(max_length=500, blank=True)
    lines = models.JSONField(default=list)
    image = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", help_text="Scan of the cheque and its stub.")
    receipt = models.OneToOneField(Receipt, models.PROTECT, null=True, related_name="cheque")
    remittance = models.OneToOneField(Remittance, models.PROTECT, null=True, related_name="cheque")
    keyed_by = models.CharField(max_length=80)
    keyed_at = models.DateTimeField(db_default=Now())

    objects = OfChequeBatchQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "ordinal"], name="keyed_cheque_once"),
            models.CheckConstraint(condition=Q(amount__gt=0) & ~Q(number=""), name="keyed_cheque_whole"),
        ]

    def __str__(self) -> str:
        return f"cheque {self.number}"
