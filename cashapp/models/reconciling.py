"""The day at the bank against the day in the books, prepared by one person and signed off by another; credits that nobody claims."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from cashapp.models.bank import BankAccount, StatementLine
from cashapp.querysets import OfBankAccountQuerySet, OfOpenItemQuerySet, OfReconciliationQuerySet
from ledger.models import OpenItem
from org.models import Company
from org.querysets import ScopedQuerySet

FIGURES = (
    "bank_account_id day bank_opening bank_movements bank_closing ledger_opening ledger_movements ledger_closing explained prepared_by "
    "prepared_at signed_by signed_at signed_hash note ledger_mark"
).split()  # fmt: skip

ITEM_STAYS = """
    IF EXISTS (
        SELECT FROM cashapp_dayreconciliation r WHERE r.state = 'signed'
            AND r.id IN (CASE WHEN TG_OP = 'INSERT' THEN NEW.reconciliation_id ELSE OLD.reconciliation_id END,
                         CASE WHEN TG_OP = 'DELETE' THEN OLD.reconciliation_id ELSE NEW.reconciliation_id END)
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'items of a signed day stay as signed: re-open it with a reason';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;"""


REASON_KEPT = """
    IF NOT EXISTS (
        SELECT FROM cashapp_reopening o JOIN cashapp_dayreconciliation r ON r.id = o.reconciliation_id
        WHERE r.id = OLD.id AND o.was_hash = r.signed_hash AND age(o.xmin) <= age(r.xmin)
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a signed day is opened again with a reason that is kept';
    END IF;
    RETURN NEW;"""
"""A reason written before the day was last signed (its row is older) opens nothing again."""


class DayReconciliation(models.Model):
    """One bank account on one day, minor units of its currency. What the bank says, what the books say, and the items between them.

    `explained` is the sum of its items: bank_closing = ledger_closing + explained, or it can't be signed.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        PREPARED = "prepared", "prepared"
        SIGNED = "signed", "signed off"

    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="reconciliations")
    day = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    bank_opening = models.BigIntegerField(null=True)
    bank_movements = models.BigIntegerField(default=0)
    bank_closing = models.BigIntegerField(null=True)
    ledger_opening = models.BigIntegerField(default=0)
    ledger_movements = models.BigIntegerField(default=0)
    ledger_closing = models.BigIntegerField(default=0)
    explained = models.BigIntegerField(default=0)
    prepared_by = models.CharField(max_length=80, blank=True)
    prepared_at = models.DateTimeField(null=True)
    signed_by = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True)
    signed_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was signed.")
    note = models.CharField(max_length=500, blank=True)
    ledger_mark = models.BigIntegerField(null=True, help_text="The last journal line there was when it was signed: later ones came after.")
    carried = models.BigIntegerField(default=0, help_text="What was posted into the day after it was signed, and stands in later days.")
    carried_by = models.CharField(max_length=80, blank=True)
    carried_reason = models.CharField(max_length=300, blank=True)
    version = models.IntegerField(default=0)

    objects = OfBankAccountQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "bank_account"]
        constraints = [
            models.UniqueConstraint(fields=["bank_account", "day"], name="reconciled_day_once"),
            models.CheckConstraint(condition=Q(state="open") | ~Q(prepared_by=""), name="reconciliation_has_preparer"),
            models.CheckConstraint(
                condition=~Q(state="signed") | (~Q(signed_by="") & ~Q(signed_by=F("prepared_by"))), name="reconciliation_signed_by_another"
            ),
            models.CheckConstraint(
                condition=~Q(state="signed")
                | Q(
                    bank_opening__isnull=False,
                    bank_closing__isnull=False,
                    bank_closing=F("ledger_closing") + F("explained"),
                    ledger_closing=F("ledger_opening") + F("ledger_movements"),
                    ledger_mark__isnull=False,
                ),
                name="reconciliation_ties",
            ),
        ]
        triggers = [
            Guard(
                name="signed_stays", when=pgtrigger.Before, operation=pgtrigger.Delete, condition=pgtrigger.Q(old__state="signed"),
                func="RAISE insufficient_privilege USING MESSAGE = 'a signed reconciliation is kept: re-open it with a reason';",
            ),
            Guard(
                name="signed_as_signed", when=pgtrigger.Before, operation=pgtrigger.UpdateOf(*FIGURES),
                condition=pgtrigger.Q(old__state="signed", new__state="signed"),
                func="RAISE insufficient_privilege USING MESSAGE = 'what was signed stays as signed: re-open it with a reason';",
            ),
            Guard(
                name="signed_until_reopened", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(old__state="signed") & ~pgtrigger.Q(new__state="signed"), func=REASON_KEPT,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.bank_account} {self.day:%Y-%m-%d}"


class ReconcilingItem(models.Model):
    """What stands between bank and books: `amount` > 0 means that the bank has more. With an age, an owner and a word."""

    class Kind(models.TextChoices):
        NOT_RECEIVABLE = "not_receivable", "not of receivables"
        BANK_ONLY = "bank_only", "at the bank, not in the books"
        LEDGER_ONLY = "ledger_only", "in the books, not at the bank"
        TIMING = "timing", "other day"
        OPENING = "opening", "before the first statement"

    reconciliation = models.ForeignKey(DayReconciliation, models.CASCADE, related_name="items")
    key = models.CharField(max_length=80, help_text="The same thing has the same key on every day it stands there.")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount = models.BigIntegerField()
    since = models.DateField()
    statement_line = models.ForeignKey(StatementLine, models.PROTECT, null=True, related_name="+")
    ledger_line_ref = models.BigIntegerField(null=True, help_text="The journal line, where it is one.")
    label = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    explanation = models.CharField(max_length=300, blank=True)
    blocks = models.BooleanField(default=False, help_text="Nobody signs the day before it is explained.")

    objects = OfReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ["reconciliation", "kind", "since", "pk"]
        constraints = [models.UniqueConstraint(fields=["reconciliation", "key"], name="reconciling_item_once")]
        triggers = [
            Guard(
                name="item_as_signed", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=ITEM_STAYS,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.label


class DormancyRule(models.Model):
    """When credits that nobody claims must be reported, by jurisdiction: data that the company keeps, not advice of ours."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=10, blank=True, help_text="State or province; empty: the rest of the country.")
    months = models.SmallIntegerField(help_text="Without a movement or word of the owner.")
    notice_months = models.SmallIntegerField(default=3, help_text="How long before that the owner is to be written to.")
    basis = models.CharField(max_length=200, help_text="The law or rule it comes from.")
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "country", "region"]
        constraints = [
            models.UniqueConstraint(fields=["company", "country", "region"], name="dormancy_rule_once"),
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=600, notice_months__gte=0), name="dormancy_rule_months"),
        ]

    def __str__(self) -> str:
        return f"{self.country}{'-' * bool(self.region)}{self.region}: {self.months} months"


class Reopening(models.Model):
    """A signed day that was opened again: by whom, why, and the hash of what had been signed."""

    reconciliation = models.ForeignKey(DayReconciliation, models.PROTECT, related_name="reopenings")
    reason = models.CharField(max_length=300)
    was_signed_by = models.CharField(max_length=80)
    was_hash = models.CharField(max_length=64)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    objects = OfReconciliationQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reconciliation} re-opened by {self.by}"


class BankTie(models.Model):
    """Lines of the bank and of the books that a person laid together: both sides sum to the same. Taken apart again, the row stays."""

    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="ties")
    statement_lines = ArrayField(models.BigIntegerField())
    ledger_lines = ArrayField(models.BigIntegerField())
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = OfBankAccountQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (ended_by, ended_at)")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__gte=F("made_at")) & ~Q(ended_by="")), name="bank_tie_ended_whole"
            ),
            models.CheckConstraint(condition=Q(statement_lines__len__gte=1, ledger_lines__len__gte=1), name="bank_tie_has_both_sides"),
        ]
        indexes = [models.Index(fields=["bank_account"], name="bank_tie_standing", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{len(self.statement_lines)} with {len(self.ledger_lines)} of {self.bank_account}"


class CreditWord(models.Model):
    """A word of its owner on a credit that nobody had claimed: the time after which it must be reported begins anew."""

    open_item = models.ForeignKey(OpenItem, models.PROTECT, related_name="+")
    day = models.DateField()
    words = models.CharField(max_length=300)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    objects = OfOpenItemQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["open_item", "day"], name="credit_word_by_item")]

    def __str__(self) -> str:
        return f"{self.day}: {self.words}"
