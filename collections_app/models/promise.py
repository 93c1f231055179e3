"""Promises to pay. The first date is never overwritten; the ledger decides whether they were kept."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from arops.lib.triggers import Guard, stamped
from collections_app.querysets import PromiseQuerySet
from customers.models import Contact, Customer
from ledger.models import OpenItem
from org.models import Company


class Promise(models.Model):
    """A customer's word: an amount by a day, for some items. A new date is a new promise that supersedes this one."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        KEPT = "kept", "kept"
        PARTLY = "partly", "partly kept"
        BROKEN = "broken", "broken"
        SUPERSEDED = "superseded", "superseded"
        CANCELLED = "cancelled", "cancelled"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="promises")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    given_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    received = models.BigIntegerField(default=0, help_text="Minor units paid on its items from the day it was given to the verdict.")
    decided_on = models.DateField(null=True, blank=True)
    level = models.IntegerField(
        default=1, db_default=1, help_text="The how-manieth promise for what it is about: each repeat counts one more."
    )
    tolerance_days = models.IntegerField(default=0, db_default=0, help_text="As it was when the promise was given.")
    tolerance_amount = models.BigIntegerField(default=0, db_default=0, help_text="Minor units that may be missing, as it was then.")
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    note = models.TextField(blank=True)
    taken_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = PromiseQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="promise_amount_positive"),
            models.CheckConstraint(condition=models.Q(due_on__gte=models.F("given_on")), name="promise_due_after_given"),
            models.CheckConstraint(
                condition=models.Q(
                    received__gte=0, tolerance_days__gte=0, tolerance_amount__gte=0, tolerance_amount__lt=models.F("amount")
                ),
                name="promise_tolerance",
            ),
        ]
        triggers = [
            stamped("promise_stamped"),
            Guard(
                name="promise_as_given", when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("customer_id", "amount", "currency", "given_on", "due_on"),
                func="RAISE insufficient_privilege USING MESSAGE = 'a promise stays as it was given: record a new one';",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["updated_at"], name="promise_updated")]

    def __str__(self) -> str:
        return f"promise of {self.amount} {self.currency} by {self.due_on}"


class PromiseItem(models.Model):
    """The share of a promise that an item gets."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="items")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="promises")
    amount = models.BigIntegerField()
    balance_before = models.BigIntegerField(help_text="What was open on the item when the promise was given.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promise", "open_item"], name="promise_item_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, amount__lte=models.F("balance_before")), name="promise_item_within_what_is_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.open_item.number}"


class PromiseInstalment(models.Model):
    """A part of a promise with a day of its own; the parts sum to the promise, and its day is that of the last."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="instalments")
    ordinal = models.IntegerField()
    due_on = models.DateField()
    amount = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=Promise.State.choices, default=Promise.State.OPEN)
    received = models.BigIntegerField(default=0)
    decided_on = models.DateField(null=True)
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    class Meta:
        ordering = ["promise", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["promise", "ordinal"], name="promise_instalment_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="promise_instalment_amount"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="promise_part_updated")]
        triggers = [stamped("promise_part_stamped")]

    def __str__(self) -> str:
        return f"{self.promise} part {self.ordinal}"
