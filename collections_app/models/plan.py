"""Payment plans and settlements: agreed by limits, signed, paid by instalments that stand in the books on their own dates."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard, stamped
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Contact, Customer
from ledger.models import OpenItem
from org.models import Company
from workflow.models import Approval, StoredFile


class PaymentPlan(models.Model):
    """What a customer may pay in instalments, or a part that settles the whole. A changed plan is a new plan."""

    class Kind(models.TextChoices):
        PLAN = "plan", "payment plan"
        SETTLEMENT = "settlement", "settlement"

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        WAITING = "waiting", "waiting for approval"
        OFFERED = "offered", "offered to the customer"
        ACTIVE = "active", "running"
        KEPT = "kept", "kept"
        DEFAULTED = "defaulted", "in default"
        CANCELLED = "cancelled", "cancelled"
        REFUSED = "refused", "refused"
        REPLACED = "replaced", "re-scheduled"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payment_plans")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PLAN)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(help_text="Minor units open on its items when it was made.")
    waived = models.BigIntegerField(default=0, help_text="Settlement: minor units given up once the rest is paid.")
    rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, help_text="Interest, per cent a year on what is left.")
    default_days = models.IntegerField(default=7, help_text="Days after which a missed instalment ends the plan.")
    made_on = models.DateField()
    offer_until = models.DateField(null=True, help_text="Until when the customer may sign, and what it covers is not asked for.")
    signed_on = models.DateField(null=True)
    signed_by = models.CharField(max_length=150, blank=True, help_text="Who signed for the customer.")
    ended_on = models.DateField(null=True)
    approval = models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")
    offer = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", help_text="The agreement as PDF.")
    signed_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", help_text="As the customer signed it.")
    rest_item = models.OneToOneField(
        OpenItem, models.PROTECT, null=True, related_name="settlement", help_text="Settlement: what is given up in the end."
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="versions",
        help_text="The running plan whose unpaid instalments this one re-schedules.",
    )  # fmt: skip
    note = models.TextField(blank=True)
    made_by = models.CharField(max_length=80)
    version = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = ByCustomerQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="payment_plan_number_once"),
            models.CheckConstraint(condition=Q(total__gt=0, waived__gte=0, waived__lt=models.F("total")), name="payment_plan_amounts"),
            models.CheckConstraint(condition=Q(rate__gte=0, default_days__gte=0), name="payment_plan_terms"),
            models.CheckConstraint(condition=Q(kind="settlement") | Q(waived=0), name="payment_plan_waives_nothing"),
        ]
        triggers = [
            stamped("payment_plan_stamped"),
            Guard(
                name="payment_plan_as_agreed", when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("customer_id", "kind", "currency", "total", "waived", "rate", "default_days"),
                condition=pgtrigger.Condition("OLD.state NOT IN ('draft', 'refused')"),
                func="RAISE insufficient_privilege USING MESSAGE = 'a plan stays as it was agreed: make a new one';",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["updated_at"], name="payment_plan_updated")]

    def __str__(self) -> str:
        return self.number


class PlanItem(models.Model):
    """An item that a plan covers, and so much of it as was open then."""

    plan = models.ForeignKey(PaymentPlan, models.CASCADE, related_name="items")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="plans")
    amount = models.BigIntegerField()

    class Meta:
        ordering = ["plan", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "open_item"], name="plan_item_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_item_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.open_item.number}"


class Instalment(models.Model):
    """What is to be paid by a day. While the plan runs, it is an open item of its own, which ages by this day."""

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        DUE = "due", "to be paid"
        PAID = "paid", "paid"
        MISSED = "missed", "missed"
        ENDED = "ended", "no longer asked for"

    plan = models.ForeignKey(PaymentPlan, models.CASCADE, related_name="instalments")
    ordinal = models.IntegerField()
    due_on = models.DateField()
    amount = models.BigIntegerField(help_text="Minor units of the debt it pays.")
    interest = models.BigIntegerField(default=0, help_text="Minor units of interest that come due with it.")
    open_item = models.OneToOneField(OpenItem, models.PROTECT, null=True, related_name="instalment")
    interest_item = models.OneToOneField(OpenItem, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    decided_on = models.DateField(null=True)
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    class Meta:
        ordering = ["plan", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "ordinal"], name="instalment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0, interest__gte=0), name="instalment_amounts"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="instalment_updated")]
        triggers = [stamped("instalment_stamped")]

    def __str__(self) -> str:
        return f"{self.plan} / {self.ordinal}"

    @property
    def total(self) -> int:
        """What is paid on the day, in minor units."""
        return self.amount + self.interest
