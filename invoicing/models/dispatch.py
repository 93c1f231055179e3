"""How an issued document reached its customer, and what the customer made of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import append_only
from invoicing.models.document import Invoice
from invoicing.querysets import OfInvoiceQuerySet, PrintBatchQuerySet
from messaging.models import Message
from org.models import Company
from workflow.models import StoredFile


class PrintBatch(models.Model):
    """Documents printed and mailed together: one PDF and its manifest."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="print_batches")
    number = models.CharField(max_length=40)
    pages = models.IntegerField(default=0)
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    manifest = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    mailed_on = models.DateField(null=True)
    mailed_by = models.CharField(max_length=80, blank=True, default="")

    objects = PrintBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="print_batch_number_once")]

    def __str__(self) -> str:
        return self.number


class Dispatch(models.Model):
    """One sending of a document: by mail through the outbox, on paper in a batch, or taken by the customer's system."""

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        EINVOICE = "einvoice", "e-mail with e-invoice"
        PRINT = "print", "print and mail"
        PULL = "pull", "taken over the API"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="dispatches")
    number = models.IntegerField(default=1, help_text="1 the first sending, 2 the first sent again, and so on.")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    note = models.CharField(max_length=1000, blank=True, default="", db_default="", help_text="A word of whoever sent it, in the mail.")
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="dispatch")
    batch = models.ForeignKey(PrintBatch, models.PROTECT, null=True, related_name="dispatches")
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["invoice", "number"], name="dispatch_number_once")]
        indexes = [models.Index(fields=["company", "-id"], name="dispatch_to_print", condition=Q(channel="print", batch=None))]

    def __str__(self) -> str:
        return f"{self.invoice} {self.channel}"


class InvoiceDelivery(models.Model):
    """Where a document stands on its way to the customer, from the events below."""

    class State(models.TextChoices):
        ISSUED = "issued", "issued, not sent"
        QUEUED = "queued", "about to be sent"
        SENT = "sent", "sent"
        DELIVERED = "delivered", "delivered"
        BOUNCED = "bounced", "bounced"
        ACCEPTED = "accepted", "accepted"
        REJECTED = "rejected", "rejected"

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="delivery")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ISSUED)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    accepted_on = models.DateField(null=True)
    rejected_on = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    expected_by = models.DateField(null=True, help_text="An answer is usual by then; silence after it raises an alarm.")
    alarmed_on = models.DateField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfInvoiceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "-id"], name="invoice_delivery_state"),
            models.Index(fields=["company", "expected_by"], name="invoice_delivery_silent", condition=Q(state__in=["sent", "delivered"])),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.state}"


class DeliveryEvent(models.Model):
    """One thing that happened to a document on its way; rows are only added."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="delivery_events")
    dispatch = models.ForeignKey(Dispatch, models.PROTECT, null=True, related_name="events")
    state = models.CharField(max_length=10, choices=InvoiceDelivery.State.choices)
    day = models.DateField()
    reason = models.CharField(max_length=300, blank=True, db_default="")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["invoice", "pk"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.invoice}: {self.state} {self.day}"
