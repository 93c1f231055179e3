"""Late charges: policies, legal limits as data, what was assessed each period, what was waived."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from arops.lib.triggers import stamped
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from ledger.models import OpenItem
from messaging.models import Message
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import Approval


class ChargePolicy(models.Model):
    """What late payment costs: interest, a fee, or both. A change is a new row from a day on; the old one ends."""

    class Basis(models.TextChoices):
        RATE = "rate", "interest by the day"
        FEE = "fee", "a fee a period"
        FEE_EACH = "fee_each", "a fee an invoice, once"

    class Notice(models.TextChoices):
        NONE = "none", "no notice by itself"
        MAIL = "mail", "by mail, printed where there is no address"
        PRINT = "print", "printed"

    company = models.ForeignKey(Company, models.PROTECT, related_name="charge_policies")
    name = models.CharField(max_length=60)
    segment = models.CharField(max_length=40, blank=True, help_text="Only customers of this segment; empty: all without one of their own.")
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.RATE)
    grace_days = models.IntegerField(default=5)
    charges_disputed = models.BooleanField(default=False)
    nets_credits = models.BooleanField(default=True)
    minimum_charge = models.BigIntegerField(default=0, help_text="Minor units of the company's currency: smaller charges aren't made.")
    minimum_due = models.BigIntegerField(default=0, help_text="Minor units of the company's currency: smaller debts aren't charged.")
    notice = models.CharField(max_length=5, choices=Notice.choices, default=Notice.NONE, db_default=Notice.NONE)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    made_by = models.CharField(max_length=80)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "segment", "-valid_from"]
        verbose_name_plural = "charge policies"
        constraints = [
            models.UniqueConstraint(fields=["company", "segment", "valid_from"], name="charge_policy_once"),
            models.CheckConstraint(
                condition=Q(grace_days__gte=0, minimum_charge__gte=0, minimum_due__gte=0), name="charge_policy_not_negative"
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")), name="charge_policy_span"),
        ]

    def __str__(self) -> str:
        return self.name


class ChargeTier(models.Model):
    """From how many days past due which rate or fee applies."""

    policy = models.ForeignKey(ChargePolicy, models.CASCADE, related_name="tiers")
    from_days = models.IntegerField(default=0)
    rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, help_text="Per cent a year.")
    fee = models.BigIntegerField(default=0, help_text="Minor units of the company's currency.")

    class Meta:
        ordering = ["policy", "from_days"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "from_days"], name="charge_tier_once"),
            models.CheckConstraint(condition=Q(from_days__gte=0, rate__gte=0, fee__gte=0), name="charge_tier_not_negative"),
        ]

    def __str__(self) -> str:
        return f"from {self.from_days} days"


class LegalLimit(models.Model):
    """The most that may be charged where the customer is, with its source: data that the company keeps, by country or part of one."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="legal_limits")
    place = models.CharField(max_length=10, help_text="ISO 3166 code, such as US or US-TX.")
    max_rate = models.DecimalField(
        max_digits=6, decimal_places=3, null=True, blank=True, help_text="Per cent a year; empty: no limit known."
    )
    max_fee = models.BigIntegerField(null=True, blank=True, help_text="Minor units of the company's currency; empty: no limit known.")
    source = models.CharField(max_length=300, help_text="The law or contract it comes from.")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    made_by = models.CharField(max_length=80)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "place", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["company", "place", "valid_from"], name="legal_limit_once")]

    def __str__(self) -> str:
        return f"{self.place} from {self.valid_from}"


class ChargeRun(models.Model):
    """One period's charges of a company: assessed once."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="charge_runs")
    period_from = models.DateField()
    period_to = models.DateField()
    actor = models.CharField(max_length=80)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-period_to"]
        constraints = [
            models.UniqueConstraint(fields=["company", "period_from"], name="charge_run_once"),
            models.CheckConstraint(condition=Q(period_to__gte=models.F("period_from")), name="charge_run_span"),
        ]

    def __str__(self) -> str:
        return f"charges to {self.period_to}"


class Charge(models.Model):
    """What a customer was charged for a period in one currency, item by item, or why nothing was."""

    class State(models.TextChoices):
        POSTED = "posted", "charged"
        LEFT_OUT = "left_out", "left out"
        WAIVER_ASKED = "waiver_asked", "waiver asked for"
        WAIVED = "waived", "waived"

    run = models.ForeignKey(ChargeRun, models.CASCADE, related_name="charges")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="charges")
    policy = models.ForeignKey(ChargePolicy, models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(default=0)
    waived = models.BigIntegerField(default=0, help_text="Minor units of it that were taken back.")
    lines = models.JSONField(default=list, help_text="Item, days, base, rate or fee, amount, and what capped it.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.POSTED)
    because = models.CharField(max_length=200, blank=True, help_text="Why it was left out or waived.")
    open_item = models.OneToOneField(OpenItem, models.PROTECT, null=True, related_name="charge")
    approval = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    notice = models.OneToOneField(Message, models.PROTECT, null=True, related_name="charge", help_text="What told the customer, once.")
    version = models.IntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = ByCustomerQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["run", "customer"]
        constraints = [models.UniqueConstraint(fields=["run", "customer", "currency"], name="charge_once_a_period")]
        indexes = [models.Index(fields=["updated_at"], name="charge_updated")]
        triggers = [stamped("charge_stamped")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of {self.customer}"


class ChargedItem(models.Model):
    """Until when an item has been charged: no day twice, whatever happens to runs and policies."""

    charge = models.ForeignKey(Charge, models.CASCADE, related_name="items")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="+")
    days_from = models.DateField()
    days_to = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["open_item", "days_from"], name="charged_item_day_once"),
            ExclusionConstraint(
                name="charged_days_never_twice",
                expressions=[
                    (F("open_item"), RangeOperators.EQUAL),
                    (Func("days_from", "days_to", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.open_item_id} to {self.days_to}"
