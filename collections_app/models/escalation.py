"""Escalation: the ladder as data, each case that climbed it, agencies and what they recovered."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import stamped
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class Rung(models.Model):
    """A rung of the ladder: who is told, and from when. All conditions given must hold."""

    class Event(models.TextChoices):
        BROKEN = "broken", "a promise was broken"
        DEFAULT = "default", "a payment plan is in default"
        RETURNED = "returned", "a payment was returned"
        REFUSED = "refused", "the customer refuses to pay"

    company = models.ForeignKey(Company, models.PROTECT, related_name="rungs")
    code = models.CharField(max_length=30, help_text="Such as supervisor, credit_manager, agency, legal.")
    name = models.CharField(max_length=60)
    ordinal = models.IntegerField()
    role = models.CharField(
        max_length=30, blank=True, help_text="Role that decides; empty for an agency or lawyer, whom a supervisor places with."
    )
    is_outside = models.BooleanField(default=False, help_text="An agency or lawyer: the case leaves the house.")
    days_past_due = models.IntegerField(null=True, blank=True)
    minimum = models.BigIntegerField(default=0, help_text="Minor units of the company's currency past due.")
    risks = models.CharField(max_length=4, blank=True, help_text="Risk classes, such as CD; empty: any.")
    broken_promises = models.IntegerField(default=0)
    event = models.CharField(max_length=10, choices=Event.choices, blank=True)
    action = models.CharField(max_length=200, blank=True, help_text="What is recommended there.")
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="rung_code_once"),
            models.UniqueConstraint(fields=["company", "ordinal"], name="rung_ordinal_once", deferrable=models.Deferrable.DEFERRED),
            models.CheckConstraint(condition=Q(minimum__gte=0, broken_promises__gte=0), name="rung_not_negative"),
            models.CheckConstraint(
                condition=Q(is_outside=True, role="") | Q(Q(is_outside=False), ~Q(role="")), name="rung_decided_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Escalation(models.Model):
    """An account on a rung: the page the system wrote and a person edited, what was decided, and the outside's dealings."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed by the system"
        OPEN = "open", "waiting for a decision"
        DECIDED = "decided", "decided"
        PLACED = "placed", "placed outside"
        RECALLED = "recalled", "recalled"
        CLOSED = "closed", "closed"
        DISMISSED = "dismissed", "dismissed"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="escalations")
    currency = models.CharField(max_length=3)
    rung = models.ForeignKey(Rung, models.PROTECT, related_name="escalations")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    amount = models.BigIntegerField(help_text="Minor units past due when it was raised.")
    because = models.CharField(max_length=300)
    facts = models.JSONField(default=dict, help_text="What the summary says, as figures and rows, as of `raised_on`.")
    summary = models.TextField(blank=True, help_text="The page in words: written by the system, edited by a person.")
    recommended = models.CharField(max_length=300, blank=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    raised_on = models.DateField()
    raised_by = models.CharField(max_length=80)
    decision = models.CharField(max_length=500, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_on = models.DateField(null=True)
    placed_with = models.CharField(max_length=120, blank=True, help_text="The agency or lawyer.")
    placed_on = models.DateField(null=True)
    recalled_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    pack = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    version = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="escalation_number_once"),
            models.UniqueConstraint(
                fields=["customer", "currency"], condition=Q(state__in=["proposed", "open", "placed"]), name="escalation_one_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(state="decided", decided_by=F("raised_by")), name="escalation_raiser_is_not_decider"),
            models.CheckConstraint(
                condition=~Q(state="placed") | Q(~Q(placed_with=""), placed_on__isnull=False), name="escalation_placed_with"
            ),
            models.CheckConstraint(condition=~Q(state="closed", closed_on=None), name="escalation_closed_on_a_day"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="escalation_updated")]
        triggers = [stamped("escalation_stamped")]

    def __str__(self) -> str:
        return self.number


class PlacedItem(models.Model):
    """An item that was placed outside, and so much of it as was open then: what came in on it since is the recovery."""

    escalation = models.ForeignKey(Escalation, models.CASCADE, related_name="items")
    open_item = models.ForeignKey("ledger.OpenItem", models.PROTECT, related_name="placements")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escalation", "open_item"], name="placed_item_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="placed_item_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.open_item_id}"
