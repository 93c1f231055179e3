"""What was agreed: contracts, their versions, prices and billing steps."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import append_only
from orders.models.base import Record, by_number, tracked
from orders.querysets import RecordQuerySet


@pghistory.track(*tracked())
class Contract(Record):
    """An agreement with a customer. What was agreed stands in its versions; an amendment adds one and keeps those before."""

    title = models.CharField(max_length=200, blank=True)
    project = models.CharField(max_length=60, blank=True, help_text="Project or job code.")
    signed_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True, help_text="Terminated early: not in force from this day on.")

    objects = RecordQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [*Record.Meta.constraints, models.UniqueConstraint(fields=["company", "number"], name="contract_number_once")]
        indexes = [*Record.Meta.indexes, by_number("contract")]


class ContractVersion(models.Model):
    """What holds from `valid_from` to `valid_to` (both included). Versions are only added; of two that hold on a day the later counts."""

    class Billing(models.TextChoices):
        WORK = "work", "by completed work"
        ORDER = "order", "by order"
        MILESTONES = "milestones", "by milestones"
        SCHEDULE = "schedule", "by schedule"
        PROGRESS = "progress", "by progress, with retainage"

    class Freight(models.TextChoices):
        INCLUDED = "included", "included in the prices"
        BILLED = "billed", "billed as agreed on the order"

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions")
    number = models.IntegerField(help_text="1 as signed, 2 the first amendment, and so on.")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    payment_terms = models.CharField(max_length=40, blank=True)
    tax_code = models.CharField(max_length=20, blank=True)
    billing = models.CharField(max_length=12, choices=Billing.choices, default=Billing.WORK)
    freight = models.CharField(max_length=10, choices=Freight.choices, default=Freight.BILLED)
    fees_agreed = models.BooleanField(default=False, help_text="Surcharges and fees that are not on the rate card may be billed.")
    sign_off_needed = models.BooleanField(default=False, help_text="Work is billed once the customer has signed for it.")
    retainage_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    not_to_exceed = models.BigIntegerField(null=True, blank=True, help_text="Minor units, net, over the contract's life.")
    escalator_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0, help_text="Prices rise by this …")
    escalator_months = models.IntegerField(default=12, help_text="… after each such span since valid_from.")
    note = models.TextField(blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="contract_version_once"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")), name="contract_version_span"),
            models.CheckConstraint(
                condition=Q(retainage_percent__gte=0, retainage_percent__lt=100), name="contract_version_retainage_percent"
            ),
            models.CheckConstraint(condition=Q(escalator_months__gt=0), name="contract_version_escalator_months"),
            models.CheckConstraint(condition=Q(not_to_exceed=None) | Q(not_to_exceed__gt=0), name="contract_version_not_to_exceed"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.contract} v{self.number}"


class ContractPrice(models.Model):
    """A line of a version's price list or rate card. Of several that fit, the one with the highest `from_quantity` counts."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="prices")
    number = models.IntegerField()
    sku = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    unit = models.CharField(max_length=10)
    unit_price = models.DecimalField(max_digits=20, decimal_places=8)
    from_quantity = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    valid_from = models.DateField(null=True, blank=True, help_text="Empty: as long as the version.")
    valid_to = models.DateField(null=True, blank=True)

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["version", "number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="contract_price_number_once")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.sku} {self.unit_price}"


class BillingStep(models.Model):
    """A milestone, or an amount that recurs, of a version."""

    class Kind(models.TextChoices):
        MILESTONE = "milestone", "milestone"
        RECURRING = "recurring", "recurring"

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="steps")
    code = models.CharField(max_length=30, help_text="The same in every version of the contract.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MILESTONE)
    name = models.CharField(max_length=200)
    amount = models.BigIntegerField(help_text="Minor units, net.")
    planned_on = models.DateField(null=True, blank=True, help_text="Milestone: when it should be reached. Recurring: the first day.")
    until = models.DateField(null=True, blank=True, help_text="Recurring: nothing after this day.")
    every_months = models.IntegerField(default=1, help_text="Recurring: months between two.")

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["version", "code"]
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="billing_step_once"),
            models.CheckConstraint(condition=Q(amount__gt=0, every_months__gt=0), name="billing_step_positive"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MilestoneReached(models.Model):
    """That a milestone of a contract was reached, said once."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="reached")
    code = models.CharField(max_length=30)
    reached_on = models.DateField()
    said_by = models.CharField(max_length=80)
    note = models.CharField(max_length=300, blank=True)
    said_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["contract", "reached_on"]
        constraints = [models.UniqueConstraint(fields=["contract", "code"], name="milestone_reached_once")]

    def __str__(self) -> str:
        return f"{self.contract} {self.code}"
