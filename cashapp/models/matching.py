"""What the engine proposes, what was matched, what payers are known by, and what the engine may do alone."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from cashapp.models.receipt import Receipt
from cashapp.querysets import MatchPolicyQuerySet, OfReceiptQuerySet, PayerAliasQuerySet
from customers.models import Customer
from ledger.models import Entry
from org.models import Company


class MatchProposal(models.Model):
    """One way to apply a receipt, as the engine saw it at its last run; rank 1 is the best. Replaced at each run."""

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="proposals")
    rank = models.SmallIntegerField()
    rule = models.CharField(max_length=60)
    score = models.SmallIntegerField()
    outcome = models.CharField(max_length=10, choices=[("post", "post"), ("suggest", "suggest"), ("ask", "ask")])
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    allocations = models.JSONField(default=list, help_text="[{item, amount, discount, write_off, short}], minor units.")
    residual = models.BigIntegerField(default=0)
    treatment = models.CharField(max_length=30, default="none")
    reasons = models.JSONField(default=list)
    evidence = models.JSONField(default=list, help_text="[[start, end, how, number]] in the receipt's text.")
    created_at = models.DateTimeField(db_default=Now())

    objects = OfReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["receipt", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["receipt", "rank"], name="proposal_rank_once"),
            models.CheckConstraint(condition=Q(rank__gte=1, score__gte=0, score__lte=100), name="proposal_rank_and_score"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt} {self.rank}: {self.rule} {self.score}"


class Match(models.Model):
    """An application of a receipt that was posted, by whom and why. Undone by a reversing entry; the row stays."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="matches")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="match")
    identification = models.OneToOneField(
        Entry, models.PROTECT, null=True, related_name="+", help_text="The entry that named the payer in the same act."
    )
    rule = models.CharField(max_length=60, help_text="The engine's rule, or manual.")
    score = models.SmallIntegerField(default=0)
    reasons = models.JSONField(default=list)
    amount = models.BigIntegerField(help_text="Cash applied, minor units.")
    items = models.IntegerField(default=0, db_default=0, help_text="How many open items it was applied to.")
    alone = models.BooleanField(default=False, db_default=False, help_text="Posted by the engine without anybody's look.")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())
    reversed_by = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")

    objects = OfReceiptQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (reversed_by_id)")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "matches"
        indexes = [models.Index(fields=["at"], name="match_by_time")]
        triggers = [
            Guard(
                name="match_kept", when=pgtrigger.Before, operation=pgtrigger.Delete,
                func="RAISE insufficient_privilege USING MESSAGE = 'a match is never deleted: reverse it';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.receipt} by {self.rule}"


class PayerAlias(models.Model):
    """An account or a name that a customer pays under, learnt from people's matches. A name counts once someone confirmed it."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", "account"
        NAME = "name", "name"

    class Scope(models.TextChoices):
        CUSTOMER = "customer", "this customer"
        GROUP = "group", "its group"

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="payer_aliases")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=200, help_text="Normalised: without blanks, legal forms, accents.")
    learned_from = models.ForeignKey(Receipt, models.SET_NULL, null=True, related_name="aliases")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    is_active = models.BooleanField(default=True)
    scope = models.CharField(
        max_length=10,
        choices=Scope.choices,
        default=Scope.CUSTOMER,
        help_text="Whose invoices it may pay: the customer's own, or its whole group's.",
    )
    confidence = models.SmallIntegerField(
        default=100, help_text="0 to 100: how often it was right; below what the policy asks for it only suggests."
    )
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True)
    expires_on = models.DateField(null=True)
    last_used_on = models.DateField(null=True)
    uses = models.IntegerField(default=0, db_default=0)

    objects = PayerAliasQuerySet.as_manager()

    class Meta:
        ordering = ["customer", "kind", "value"]
        verbose_name_plural = "payer aliases"
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "value", "customer"], name="payer_alias_once"),
            models.CheckConstraint(condition=~Q(value=""), name="payer_alias_has_value"),
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=100), name="payer_alias_confidence"),
            models.CheckConstraint(condition=~Q(approved_by=models.F("created_by")), name="payer_alias_maker_is_not_checker"),
        ]

    def __str__(self) -> str:
        return f"{self.value} is {self.customer}"


class MatchPolicy(models.Model):
    """What a company lets the engine do alone. `tolerances` are minor units by currency; a currency not named has none."""

    company = models.OneToOneField(Company, models.CASCADE, related_name="match_policy")
    posts_alone = models.BooleanField(default=True, help_text="Post what reaches the threshold; otherwise show it as ready to post.")
    auto_threshold = models.SmallIntegerField(default=90)
    suggest_threshold = models.SmallIntegerField(default=50)
    tolerances = models.JSONField(default=dict, blank=True)
    approver_limits = models.JSONField(
        default=dict,
        blank=True,
        help_text="What someone who approves write-offs may write off on a receipt alone; minor units by currency.",
    )
    tolerance_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, default=Decimal("0.5"))
    discount_grace_days = models.SmallIntegerField(default=3)
    tolerance_budgets = models.JSONField(
        default=dict,
        blank=True,
        help_text="What may be written off as tolerance in a calendar month; minor units by currency; not named: no limit.",
    )
    customer_budgets = models.JSONField(default=dict, blank=True, help_text="The same for one customer.")
    returned_fees = models.JSONField(
        default=dict, blank=True, help_text="Fee booked to the customer for a returned item; minor units by currency."
    )
    alias_approval = models.BooleanField(default=False, help_text="An alias counts only once a second person approved it.")
    new_account_limits = models.JSONField(
        default=dict,
        blank=True,
        help_text="Up to what money from an account of a known payer that was never seen before is posted alone; minor units by currency.",
    )
    alias_months = models.SmallIntegerField(default=24, help_text="Months without use after which an alias expires; 0: never.")
    sample_percent = models.SmallIntegerField(default=10, help_text="Share of a confident band that must be looked at before it is posted.")
    alert_days = models.JSONField(
        default=dict, blank=True, help_text="Days after which unapplied and unidentified cash is called up: {unapplied, unidentified}."
    )
    exception_cost = models.JSONField(
        default=dict, blank=True, help_text="What an hour of work on exceptions costs; minor units by currency."
    )
    payout_wait_days = models.SmallIntegerField(default=5, help_text="Days that new bank details rest before money goes there.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = MatchPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "match policies"
        constraints = [
            models.CheckConstraint(
                name="match_policy_thresholds",
                condition=Q(
                    auto_threshold__gte=80,
                    auto_threshold__lte=101,
                    suggest_threshold__gte=0,
                    suggest_threshold__lte=models.F("auto_threshold"),
                ),
            ),
            models.CheckConstraint(
                condition=Q(tolerance_percent=None) | Q(tolerance_percent__gte=0, tolerance_percent__lte=10), name="match_policy_percent"
            ),
            models.CheckConstraint(condition=Q(discount_grace_days__gte=0, discount_grace_days__lte=30), name="match_policy_grace"),
        ]

    def __str__(self) -> str:
        return f"policy of {self.company.code}"
