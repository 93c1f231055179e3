"""Money given back: where to, asked for by one person, approved by another, handed to payables once."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from cashapp.models.bank import StatementLine
from cashapp.querysets import OfCustomerQuerySet
from customers.models import Customer
from ledger.models import Entry, OpenItem
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import Approval, StoredFile


class PayoutAccount(models.Model):
    """A customer's account to pay back to. Its details never change: another account is another row.

    Proposed by one person, approved by another; the contact known before is told; not paid to before `usable_from`.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "waiting for approval"
        ACTIVE = "active", "active"
        REFUSED = "refused", "refused"
        RETIRED = "retired", "retired"

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payout_accounts")
    holder = models.CharField(max_length=140)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    account = models.CharField(max_length=40, help_text="IBAN, or account number.")
    bank = models.CharField(max_length=40, blank=True, help_text="BIC, or routing number.")
    scheme = models.CharField(max_length=10, choices=[("iban", "IBAN"), ("us", "ABA and account")])
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    evidence = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=500, blank=True, help_text="Where the details come from, and how they were checked.")
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_words = models.CharField(max_length=300, blank=True)
    usable_from = models.DateField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["customer", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="payout_account_maker_is_not_checker"),
            models.CheckConstraint(
                condition=~Q(state="active") | (~Q(decided_by="") & Q(usable_from__isnull=False)), name="payout_account_active_was_decided"
            ),
            models.UniqueConstraint(fields=["customer", "currency"], condition=Q(state="active"), name="payout_account_one_active"),
        ]
        triggers = [
            Guard(
                name="payout_details_stay", when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(
                    "customer_id", "holder", "country", "currency", "account", "bank", "scheme", "proposed_by"
                ) | pgtrigger.Delete,
                func="RAISE insufficient_privilege USING MESSAGE = 'bank details never change: propose another account';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.holder} …{self.account[-4:]}"


class RefundExport(models.Model):
    """A batch of refunds handed to payables as a file, once."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        PAIN = "pain.001", "ISO 20022 pain.001"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    format = models.CharField(max_length=10, choices=Format.choices)
    currency = models.CharField(max_length=3)
    count = models.IntegerField()
    total = models.BigIntegerField()
    execution_date = models.DateField()
    stored_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "number"], name="refund_export_number_once")]

    def __str__(self) -> str:
        return self.number


class Refund(models.Model):
    """A credit of a customer that is paid back: `amount` > 0 in minor units, out of `open_item` (a credit or an unapplied receipt)."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for approval"
        REFUSED = "refused", "refused"
        APPROVED = "approved", "approved, to be paid"
        EXPORTED = "exported", "handed to payables"
        PAID = "paid", "paid"
        RETURNED = "returned", "came back"
        CANCELLED = "cancelled", "cancelled"

    company = models.ForeignKey(Company, models.PROTECT, related_name="refunds")
    number = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="refunds")
    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payout_account = models.ForeignKey(PayoutAccount, models.PROTECT, related_name="refunds")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    approval = models.OneToOneField(Approval, models.PROTECT, null=True, related_name="+")
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+", help_text="The credit against refunds payable.")
    reversal = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    export = models.ForeignKey(RefundExport, models.PROTECT, null=True, related_name="refunds")
    paid_on = models.DateField(null=True)
    payout = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+", help_text="Refunds payable against cash.")
    paid_line = models.OneToOneField(StatementLine, models.PROTECT, null=True, related_name="refund")
    ended_reason = models.CharField(max_length=300, blank=True, help_text="Why it was cancelled or came back.")
    bank_reference = models.CharField(max_length=140, blank=True)
    version = models.IntegerField(default=0)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="refund_number_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "exported", "paid", "returned"]) | Q(entry__isnull=False),
                name="refund_approved_is_booked",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["exported", "paid", "returned"]) | Q(export__isnull=False), name="refund_exported_in_batch"
            ),
            models.CheckConstraint(condition=~Q(state="paid") | Q(payout__isnull=False), name="refund_paid_is_booked"),
        ]
        triggers = [
            Guard(
                name="refund_as_asked", when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(
                    "company_id", "customer_id", "open_item_id", "amount", "currency", "payout_account_id", "number", "created_by"
                ) | pgtrigger.Delete,
                func="RAISE insufficient_privilege USING MESSAGE = 'a refund stays as it was asked for: cancel it';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number
