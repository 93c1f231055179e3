"""The few accounts an AR subledger posts to."""

from typing import ClassVar

from django.db import models

from org.models import Company
from org.querysets import ScopedQuerySet


class AccountQuerySet(ScopedQuerySet):
    """Accounts."""


class Account(models.Model):
    """A general-ledger account. On a control account every line names an open item: the subledger is its detail."""

    class Kind(models.TextChoices):
        RECEIVABLE = "receivable", "trade receivables"
        RETAINAGE = "retainage", "retainage receivable"
        UNIDENTIFIED = "unidentified", "unidentified cash"
        CASH = "cash", "cash at bank"
        REVENUE_CLEARING = "revenue_clearing", "revenue clearing"
        TAX = "tax", "sales tax"
        INTERCOMPANY = "intercompany", "intercompany clearing"
        WITHHELD = "withheld", "tax withheld by customers"
        DISCOUNT = "discount", "cash discount allowed"
        BANK_CHARGES = "bank_charges", "bank charges"
        LATE_FEES = "late_fees", "late-fee income"
        BAD_DEBT = "bad_debt", "bad debt"
        ALLOWANCE = "allowance", "allowance for doubtful accounts"
        FX = "fx", "exchange gain and loss"
        REFUNDS = "refunds", "refunds payable"
        ROUNDING = "rounding", "rounding and tolerance"

    CONTROL_KINDS = (Kind.RECEIVABLE, Kind.RETAINAGE, Kind.UNIDENTIFIED)

    company = models.ForeignKey(Company, models.PROTECT, related_name="accounts")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    is_control = models.BooleanField(default=False)

    objects = AccountQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (name)")

    class Meta:
        ordering = ["company", "code"]
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="account_code_once"),
            models.UniqueConstraint(fields=["company", "kind"], condition=~models.Q(kind="cash"), name="account_kind_once"),
            models.CheckConstraint(
                condition=models.Q(is_control=True, kind__in=["receivable", "retainage", "unidentified"])
                | (models.Q(is_control=False) & ~models.Q(kind__in=["receivable", "retainage", "unidentified"])),
                name="account_control_by_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
