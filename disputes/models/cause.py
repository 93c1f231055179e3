"""Why things go wrong: the company's own taxonomy of causes."""

from django.db import models
from django.db.models import Q

from org.models import Company, Department
from org.querysets import ScopedQuerySet


class Stage(models.TextChoices):
    """Where in the order's life it began: the points of origin of the check, and two that it can't see."""

    ORDER_ENTRY = "order_entry", "order entry"
    PRICING_SETUP = "pricing_setup", "pricing set-up"
    CONTRACT_SETUP = "contract_setup", "contract set-up"
    SERVICE_EXECUTION = "service_execution", "service execution"
    LOGISTICS = "logistics", "logistics"
    BILLING_OUTPUT = "billing_output", "billing output"
    CUSTOMER_MASTER = "customer_master", "customer master"
    TAX_SETUP = "tax_setup", "tax set-up"
    CASH_APPLICATION = "cash_application", "cash application"
    CUSTOMER = "customer", "the customer"


class Cause(models.Model):
    """A cause of disputes: at which stage it arises, whose it is to mend, and what the check's findings call it."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="causes")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    stage = models.CharField(max_length=30, choices=Stage.choices)
    owner = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="causes", help_text="Whose it is to mend.")
    rules = models.JSONField(default=list, blank=True, help_text="Rules of the check that point to it.")
    is_ours = models.BooleanField(default=True, help_text="Whether the mistake was ours: then what is allowed is no goodwill.")
    is_active = models.BooleanField(default=True)
    sort = models.IntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["stage", "sort", "name"]
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="cause_code_once"),
            models.CheckConstraint(condition=~Q(name=""), name="cause_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
