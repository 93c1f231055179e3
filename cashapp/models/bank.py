"""Our accounts at banks, the files banks send, and what stands in them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cashapp.querysets import BankAccountQuerySet, BankFileQuerySet, BankStatementQuerySet, StatementLineQuerySet
from ledger.models import Account
from org.models import Company
from workflow.models import StoredFile


class BankAccount(models.Model):
    """An account of a company at a bank, and the cash account of its books that it stands for."""

    class Source(models.TextChoices):
        STATEMENT = "statement", "booked statements (BAI2, MT940, camt.053, lists)"
        NOTIFICATION = "notification", "credit notifications (camt.054)"

    company = models.ForeignKey(Company, models.PROTECT, related_name="bank_accounts")
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    identifiers = ArrayField(models.CharField(max_length=60), help_text="IBAN or account numbers as they stand in files.")
    ledger_account = models.OneToOneField(Account, models.PROTECT, related_name="bank_account")
    receipts_from = models.CharField(
        max_length=20, choices=Source.choices, default=Source.STATEMENT,
        help_text="Which files bring receipts. The others are kept for information, so that no money counts twice.",
    )  # fmt: skip
    csv_mapping = models.JSONField(default=dict, blank=True, help_text="How this bank's lists are read (cashapp.readers.mapping).")
    lockboxes = ArrayField(
        models.CharField(max_length=20), default=list, blank=True,
        help_text="Lockboxes banked here. Their files bring the cheques; deposits in the statement are kept for information.",
    )  # fmt: skip
    lockbox_profile = models.JSONField(
        default=dict, blank=True, help_text="Where the bank's lockbox files write what (cashapp.readers.lockbox)."
    )
    card_payers = ArrayField(
        models.CharField(max_length=60), default=list, blank=True,
        help_text="Card processors as the statement names them. Their lists bring the sales; payouts are kept for information.",
    )  # fmt: skip
    is_active = models.BooleanField(default=True)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        ordering = ["company", "name"]
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="bank_account_name_once"),
            models.CheckConstraint(condition=Q(identifiers__len__gte=1), name="bank_account_has_identifier"),
        ]
        indexes = [GinIndex(fields=["identifiers"], name="bank_account_identifiers")]

    def __str__(self) -> str:
        return self.name


class BankFile(models.Model):
    """A file as a bank sent it, imported once. `fingerprint` is of its content, not of its bytes or name."""

    stored_file = models.ForeignKey(StoredFile, models.PROTECT, related_name="bank_files")
    fingerprint = models.CharField(max_length=64, unique=True)
    format = models.CharField(max_length=40)
    counts = models.JSONField(default=dict, help_text="Statements, lines, receipts, returns, repeated lines.")
    notes = models.JSONField(default=list, help_text="Sentences for whoever imported it.")
    imported_by = models.CharField(max_length=80)
    imported_at = models.DateTimeField(db_default=Now())

    objects = BankFileQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.stored_file.name


class BankStatement(models.Model):
    """A bank's word on one account for some days. Balances are minor units of the account's currency; null where none were given."""

    class Kind(models.TextChoices):
        BOOKED = "booked", "statement"
        INTERIM = "interim", "interim report"
        NOTIFICATION = "notification", "notification"

    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements")
    bank_file = models.ForeignKey(BankFile, models.PROTECT, related_name="statements")
    key = models.CharField(max_length=64, unique=True)
    statement_id = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    opening_date = models.DateField(null=True)
    opening_balance = models.BigIntegerField(null=True)
    closing_date = models.DateField(null=True)
    closing_balance = models.BigIntegerField(null=True)
    movements = models.BigIntegerField(help_text="Sum of its booked entries, those known before among them.")
    repeated = models.IntegerField(default=0, help_text="Entries that had been imported before.")
    gap_reason = models.CharField(max_length=300, blank=True, help_text="Why it was accepted though it doesn't foot or chain.")

    objects = BankStatementQuerySet.as_manager()

    class Meta:
        ordering = ["-closing_date", "-id"]
        constraints = [
            models.CheckConstraint(
                name="statement_foots",
                condition=~Q(kind="booked") | ~Q(gap_reason="") | Q(opening_balance=None) | Q(closing_balance=None)
                | Q(closing_balance=models.F("opening_balance") + models.F("movements")),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["bank_account", "closing_date"], name="statement_by_day")]

    def __str__(self) -> str:
        return f"{self.bank_account} {self.statement_id}".strip()


class StatementLine(models.Model):
    """One movement: credit to us > 0, in minor units."""

    class Treatment(models.TextChoices):
        RECEIPT = "receipt", "receipt"
        RETURN = "return", "returned item"
        CHARGE = "charge", "bank charge"
        NOT_RECEIVABLE = "not_receivable", "not receivable"
        ANNOUNCED = "announced", "for information"

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    ordinal = models.IntegerField()
    key = models.CharField(max_length=80, unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    value_date = models.DateField()
    booking_date = models.DateField()
    bank_reference = models.CharField(max_length=140, blank=True)
    customer_reference = models.CharField(max_length=140, blank=True)
    end_to_end_id = models.CharField(max_length=140, blank=True)
    type_code = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=20, default="other")
    payer_name = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=80, blank=True)
    payer_bank = models.CharField(max_length=80, blank=True)
    text = models.TextField(blank=True)
    structured = models.JSONField(default=list)
    is_reversal = models.BooleanField(default=False)
    treatment = models.CharField(max_length=20, choices=Treatment.choices)
    returns = models.ForeignKey(
        "cashapp.Receipt", models.SET_NULL, null=True, related_name="return_lines", help_text="The receipt it takes back, or seems to."
    )
    handled = models.BooleanField(default=False, help_text="For returned items: dealt with.")

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        ordering = ["statement", "ordinal", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(treatment="receipt") | Q(amount__gt=0), name="line_of_receipt_is_credit"),
            models.CheckConstraint(condition=~Q(treatment="return") | Q(amount__lt=0), name="line_of_return_is_debit"),
        ]
        indexes = [models.Index(fields=["treatment"], name="line_returns_open", condition=Q(treatment="return", handled=False))]

    def __str__(self) -> str:
        return f"{self.statement} {self.ordinal}"
