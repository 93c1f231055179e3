"""The outbox: what is to be said to customers. Rows are the queue; a worker claims, sends, marks. One that may have gone out is
parked for a person, never sent again by itself."""

from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class MessageQuerySet(ScopedQuerySet):
    """Messages."""

    collector_path = "customer__collector_id"

    def to_send(self, now: datetime) -> Self:
        """E-mails that wait and have rested long enough."""
        return self.filter(state="pending", channel="email", not_before__lte=now)

    def went_to_customers(self) -> Self:
        """Messages that went out, are about to, or may have: what a customer counts as having been written to."""
        return self.filter(state__in=["pending", "claimed", "sent", "parked"])


class Message(models.Model):
    """One e-mail or letter. `dedupe_key` names what it is for (such as dunning:17:2:2026-10), so that it exists once."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PENDING = "pending", "waiting to be sent"
        CLAIMED = "claimed", "being sent"
        SENT = "sent", "sent"
        PARKED = "parked", "parked: may have been sent"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        LETTER = "letter", "letter"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="messages")
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(max_length=40, help_text="Such as dunning, statement, invoice_copy, reply.")
    dedupe_key = models.CharField(max_length=160, unique=True)
    recipients = ArrayField(models.EmailField(), default=list)
    subject = models.CharField(max_length=250)
    body = models.TextField()
    attachments = models.ManyToManyField(StoredFile, through="MessageFile", blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    not_before = models.DateTimeField(db_default=Now(), help_text="Mail rests here a moment, so that it can be undone.")
    message_id = models.CharField(max_length=200, unique=True, null=True, help_text="The Message-ID header, fixed before the first try.")
    claimed_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0, db_default=0, help_text="Tries that the mail server put off, or that didn't reach it.")
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["not_before"], name="message_to_send", condition=models.Q(state__in=["pending", "claimed"]))]

    def __str__(self) -> str:
        return self.subject


class MessageFile(models.Model):
    """A file that goes with a message, under the name that it has there: the same bytes may have come in elsewhere by another name, that
    of another customer's document, which is none of this one's business."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="enclosed")
    storedfile = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        db_table = "messaging_message_attachments"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "storedfile"], name="message_file_once")]

    def __str__(self) -> str:
        return self.name
