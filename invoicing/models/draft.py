"""Documents that are not issued yet: made here or held by the check. Nothing of them is in the books."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from customers.models import Customer
from invoicing.models.document import Invoice
from invoicing.querysets import DraftQuerySet
from org.models import Company
from org.querysets import ScopedQuerySet


class Draft(models.Model):
    """A document on its way. `payload` is what `invoicing.payload.read_document` reads: what is issued is what was looked at."""

    class Origin(models.TextChoices):
        HAND = "hand", "keyed in"
        ERP = "erp", "pushed by an ERP"
        IMPORT = "import", "imported from a list"
        ORDER = "order", "made from orders"
        WORK = "work", "made from work orders"
        MILESTONE = "milestone", "made from milestones"
        SCHEDULE = "schedule", "made by schedule"
        PROGRESS = "progress", "progress billing"
        RETAINAGE = "retainage", "release of retainage"
        REBILL = "rebill", "billed again"

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        HELD = "held", "held by the check"
        CLEAR = "clear", "checked, ready to issue"
        ISSUED = "issued", "issued"
        DISCARDED = "discarded", "discarded"

    company = models.ForeignKey(Company, models.PROTECT, related_name="drafts")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="drafts")
    kind = models.CharField(max_length=20, default="invoice")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    number = models.CharField(max_length=60, blank=True, help_text="The ERP's; ours are given when issued.")
    source_system = models.CharField(max_length=40, default="arops")
    external_id = models.CharField(max_length=80, null=True, blank=True)
    currency = models.CharField(max_length=3)
    document_date = models.DateField()
    net = models.BigIntegerField()
    total = models.BigIntegerField()
    retainage = models.BigIntegerField(default=0)
    at_stake = models.BigIntegerField(default=0, help_text="Minor units that open findings put at risk.")
    payload = models.JSONField()
    checked_hash = models.CharField(
        max_length=64, blank=True, help_text="Of the payload that was checked last; empty: not since it changed."
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="drafts")
    held_since = models.DateTimeField(null=True)
    replaces = models.ForeignKey(Invoice, models.PROTECT, null=True, blank=True, related_name="replacement_drafts")
    invoice = models.OneToOneField(Invoice, models.PROTECT, null=True, related_name="draft")
    released = models.JSONField(default=list, help_text="What it claimed before it was discarded: claimed again when that is undone.")
    pushed_hash = models.CharField(
        max_length=64, blank=True, default="", help_text="Of what the ERP sent last, to tell a repeat from a correction."
    )
    makers = ArrayField(
        models.CharField(max_length=80), default=list, help_text="Whoever made or changed it: they override nothing that the check found."
    )
    version = models.IntegerField(default=0)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "source_system", "external_id"],
                condition=Q(state__in=["draft", "held", "clear"]),
                name="draft_external_id_once",
            ),
            models.CheckConstraint(condition=~Q(state="issued") | Q(invoice__isnull=False), name="draft_issued_has_invoice"),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="draft_live", condition=Q(state__in=["draft", "held", "clear"])),
            models.Index(fields=["updated_at", "id"], name="draft_updated"),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"


class DraftBasis(models.Model):
    """What a draft bills, claimed by its key, so that two drafts on their way never bill the same. Released when the draft is discarded.

    Keys: work_order:12, delivery:7, order:9, milestone:4:M1, schedule:4:RENT:2026-11, progress:4:3, retainage:88.
    What an issued draft left of a thing is claimed as the next part of it: delivery:7#2.
    """

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="bases")
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        ordering = ["draft", "key"]

    def __str__(self) -> str:
        return self.key


class MemoReason(models.Model):
    """Why a memo is issued or a balance written off, in the company's own list."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="memo_reasons")
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    kinds = models.JSONField(default=list, help_text="Of credit_memo, debit_memo, write_off, refund, adjustment.")
    origin = models.CharField(max_length=30, blank=True, help_text="Point of origin it stands for, such as pricing_setup.")
    needs_evidence = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "code"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="memo_reason_once")]

    def __str__(self) -> str:
        return self.name
