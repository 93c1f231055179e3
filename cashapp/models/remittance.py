"""What payers say a payment is for, apart from the payment: advices by EDI, file, mail or hand, and how each was joined to its receipt."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from cashapp.models.receipt import Receipt
from cashapp.querysets import OfRemittanceQuerySet, RemittanceQuerySet
from customers.models import Customer
from messaging.models import InboundMail
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class AdviceLayout(models.Model):
    """How the lists or PDFs of one sender are read, saved once a person has said what stands where."""

    class Kind(models.TextChoices):
        LIST = "list", "CSV or Excel list"
        PDF = "pdf", "PDF advice"

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=100)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    sender = models.CharField(max_length=200, blank=True, help_text="Address or domain that its mails come from; empty: any.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Of the headings, so that a list of this shape is known again.")
    mapping = models.JSONField(default=dict)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "kind", "name"]
        constraints = [models.UniqueConstraint(fields=["company", "kind", "name"], name="advice_layout_name_once")]

    def __str__(self) -> str:
        return self.name


class Remittance(models.Model):
    """One advice: `total` is what it says was paid, in minor units; null where it doesn't say. `key` knows an advice sent twice."""

    class Source(models.TextChoices):
        BANK = "bank", "bank file"
        EDI = "edi", "EDI"
        FILE = "file", "file"
        MAIL = "mail", "e-mail"
        HAND = "hand", "keyed by hand"
        API = "api", "API"

    company = models.ForeignKey(Company, models.PROTECT, related_name="remittances")
    number = models.CharField(max_length=40, help_text="Ours.")
    source = models.CharField(max_length=10, choices=Source.choices)
    format = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=80, help_text="Of its content.")
    stored_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="remittances")
    layout = models.ForeignKey(AdviceLayout, models.SET_NULL, null=True, related_name="+")
    mail = models.ForeignKey(InboundMail, models.PROTECT, null=True, related_name="+", help_text="The mail it came in.")
    reference = models.CharField(max_length=140, blank=True, help_text="The payer's own number of it.")
    trace = models.CharField(max_length=140, blank=True, help_text="Cheque, trace or end-to-end number that the payment bears too.")
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=80, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="remittances")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(null=True)
    payment_date = models.DateField(null=True)
    text = models.TextField(blank=True, help_text="What it says in words.")
    notes = models.JSONField(default=list, help_text="What was odd when it was read, in sentences.")
    set_aside = models.CharField(max_length=300, blank=True, help_text="Why it will never have a receipt.")
    version = models.IntegerField(default=0)
    source_system = models.CharField(max_length=40, default="arops")
    external_id = models.CharField(max_length=80, null=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    objects = RemittanceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="remittance_number_once"),
            models.UniqueConstraint(fields=["company", "key"], name="remittance_once"),
            models.UniqueConstraint(fields=["company", "source_system", "external_id"], name="remittance_external_id_once"),
        ]
        indexes = [
            models.Index(fields=["company", "total"], name="remittance_by_total"),
            models.Index(fields=["company", "trace"], name="remittance_by_trace", condition=~Q(trace="")),
            GinIndex(fields=["payer_name"], name="remittance_payer_trgm", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.number


class RemittanceLine(models.Model):
    """What one document of ours gets, as the payer says. Signed minor units: a credit taken is negative. Null: not said."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        CREDIT = "credit", "credit"
        ADJUSTMENT = "adjustment", "adjustment"
        OTHER = "other", "other"

    remittance = models.ForeignKey(Remittance, models.CASCADE, related_name="lines")
    ordinal = models.IntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INVOICE)
    reference = models.CharField(max_length=140, blank=True, help_text="The document as the payer names it.")
    po_number = models.CharField(max_length=60, blank=True)
    gross = models.BigIntegerField(null=True)
    discount = models.BigIntegerField(null=True)
    adjustment = models.BigIntegerField(null=True, help_text="What was held back (negative) or added, for `code`.")
    paid = models.BigIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True, help_text="The payer's own reason for the adjustment.")
    text = models.CharField(max_length=500, blank=True)

    objects = OfRemittanceQuerySet.as_manager()

    class Meta:
        ordering = ["remittance", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["remittance", "ordinal"], name="remittance_line_once")]
        indexes = [models.Index(fields=["reference"], name="remittance_line_reference")]

    def __str__(self) -> str:
        return f"{self.remittance} {self.ordinal}"


class RemittanceJoin(models.Model):
    """That an advice speaks of a receipt: several of each may belong together. Taken apart again, the row stays."""

    remittance = models.ForeignKey(Remittance, models.PROTECT, related_name="joins")
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="joins")
    how = models.CharField(max_length=40, help_text="What joined them: trace, amount and payer, sum of lines … or a person.")
    score = models.SmallIntegerField(default=0)
    reasons = models.JSONField(default=list)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=300, blank=True)

    objects = OfRemittanceQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (ended_by, ended_at, ended_reason)")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["remittance", "receipt"], condition=Q(ended_at=None), name="remittance_joined_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__gte=F("made_at")) & ~Q(ended_by="")),
                name="remittance_join_ended_whole",
            ),
        ]
        indexes = [models.Index(fields=["receipt"], name="remittance_join_of_receipt", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.remittance} with {self.receipt}"
