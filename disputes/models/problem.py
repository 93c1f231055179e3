"""Causes that keep coming back, and whether what was done about them worked."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast, Now

from arops.lib.triggers import append_only
from customers.models import Customer
from disputes.models.cause import Cause
from org.actors import Actor
from org.models import Company, Department
from org.querysets import ScopedQuerySet, own_customers


class Dimension(models.TextChoices):
    """By what cases are counted. The values are names of the columns of `Dispute` that hold the source."""

    CUSTOMER = "customer", "customer"
    PRODUCT = "product", "product"
    SALES_REPRESENTATIVE = "sales_representative", "sales representative"
    TECHNICIAN = "technician", "technician"
    PRICE_LIST = "price_list", "price list"
    ORDER_DESK = "order_desk", "order desk"


class SourcedQuerySet(ScopedQuerySet):
    """What is about a source, counted over the whole company. Whoever sees only a portfolio sees what is about its own customers."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Rows of companies in sight; where only a portfolio is, those about its own customers: a product's or a colleague's figures, and
        the company's, are of everybody's customers."""
        seen, reach = super().visible_to(actor, permission), actor.reach(permission)
        if reach.everything or not reach.portfolios:
            return seen
        mine = Customer.objects.filter(own_customers(reach)).annotate(key=Cast("pk", CharField()))
        own = Q(dimension=Dimension.CUSTOMER) & Exists(mine.filter(key=OuterRef("source")))
        return seen.filter(Q(company__in=reach.companies) | own)


class Problem(models.Model):
    """A cause at a source (or everywhere, without a dimension) that is to be mended: findings, corrective action, owner, follow-up."""

    class State(models.TextChoices):
        OPEN = "open", "being looked into"
        ACTING = "acting", "being mended"
        MEASURING = "measuring", "mended, being measured"
        CLOSED = "closed", "closed"

    company = models.ForeignKey(Company, models.PROTECT, related_name="problems")
    number = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="problems")
    dimension = models.CharField(max_length=30, choices=Dimension.choices, blank=True)
    source = models.CharField(max_length=120, blank=True, help_text="Of the dimension: a customer's key, a SKU, a name.")
    source_label = models.CharField(max_length=200, blank=True, help_text="The source as people call it.")
    findings = models.TextField(blank=True)
    corrective_action = models.TextField(blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="problems")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="problems")
    due_date = models.DateField(null=True)
    raised_on = models.DateField()
    acted_on = models.DateField(null=True, help_text="From that day on the corrective action holds: before and after meet here.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=300, blank=True, help_text="What the last measurement said when it was closed.")
    closed_on = models.DateField(null=True)
    raised_by = models.CharField(max_length=80)
    version = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SourcedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="problem_number_once"),
            models.UniqueConstraint(
                fields=["company", "cause", "dimension", "source"], condition=~Q(state="closed"), name="problem_one_open"
            ),
            models.CheckConstraint(condition=Q(acted_on=None) | Q(state__in=["measuring", "closed", "acting"]), name="problem_acted"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class ProblemMeasure(models.Model):
    """A measurement of a problem's corrective action: as many days before it as after it, cases and invoices of its source, the test."""

    problem = models.ForeignKey(Problem, models.PROTECT, related_name="measures")
    measured_on = models.DateField()
    before_from = models.DateField()
    after_to = models.DateField()
    before_cases = models.IntegerField()
    before_invoices = models.IntegerField()
    before_amount = models.BigIntegerField(help_text="Minor units of the company's currency contested.")
    after_cases = models.IntegerField()
    after_invoices = models.IntegerField()
    after_amount = models.BigIntegerField()
    result = models.JSONField(help_text="Rates and intervals, p of the test, verdict and its words: all as shown.")
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["pk"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.problem_id} on {self.measured_on}"


class Repeat(models.Model):
    """A cause that came back at one source above the company's rate, as the last night found it; offered as a problem."""

    class State(models.TextChoices):
        OFFERED = "offered", "offered"
        RAISED = "raised", "raised as a problem"
        DISMISSED = "dismissed", "put aside"
        FADED = "faded", "no longer above the rate"

    company = models.ForeignKey(Company, models.PROTECT, related_name="repeats")
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="repeats")
    dimension = models.CharField(max_length=30, choices=Dimension.choices)
    source = models.CharField(max_length=120)
    source_label = models.CharField(max_length=200, blank=True)
    cases = models.IntegerField()
    invoices = models.IntegerField(help_text="Invoices of the source in the span.")
    amount = models.BigIntegerField(help_text="Minor units of the company's currency contested.")
    all_cases = models.IntegerField(help_text="Of the cause, in the whole company.")
    all_invoices = models.IntegerField()
    since = models.DateField()
    found_on = models.DateField()
    also = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="What else most of these cases have in common."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    problem = models.ForeignKey(Problem, models.PROTECT, null=True, related_name="repeats")
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decision_note = models.CharField(max_length=300, blank=True, default="")

    objects = SourcedQuerySet.as_manager()

    class Meta:
        ordering = ["-amount"]
        constraints = [models.UniqueConstraint(fields=["company", "cause", "dimension", "source"], name="repeat_once")]

    def __str__(self) -> str:
        return f"{self.cause_id} at {self.dimension} {self.source}"
