"""What short payments are called by those who make them, and what it is to us."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet


class DeductionCode(models.Model):
    """A customer's (or everybody's) code or word for a deduction, and the reason that it is to us. Without one it waits for a person."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+", help_text="Empty: whoever uses it.")
    code = models.CharField(max_length=60, help_text="As the payer writes it, in capitals.")
    reason = models.CharField(max_length=30, blank=True, help_text="A dispute's reason; empty: not mapped yet.")
    note = models.CharField(max_length=200, blank=True)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "code", "customer"]
        constraints = [
            models.UniqueConstraint(fields=["company", "customer", "code"], name="deduction_code_once", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(code=""), name="deduction_code_has_code"),
        ]

    def __str__(self) -> str:
        return self.code
