"""What the engine trusts: the company's own rule matrix in versions, rules kept from what people do by hand, trials on the past, alarms."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet

CONTENT = {
    "matrix": "{row}cells::text || {row}bands::text",
    "rule": (
        "{row}effect || {row}condition::text || {row}values::text || {row}position || ':' || coalesce({row}customer_id, 0) || ':'"
        " || {row}name"
    ),
}  # fmt: skip
"""What a trial was of, as SQL over a row of `RuleMatrix` or `CashRule`: the database alone says whether it is still the same."""


def content_sql(of: str, row: str = "") -> str:
    """SQL of the hash of what is tried (`BackTest.state_of`); `of` is matrix or rule, `row` a prefix such as `NEW.`."""
    return f"encode(sha256(convert_to({CONTENT[of].format(row=row)}, 'UTF8')), 'hex')"


def _only_tried(of: str, decided: str, content: str) -> str:
    """Plpgsql: switched on by a person, with a trial of just this content; once switched on it stays as it is; kept for ever then."""
    return f"""
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('draft', 'refused') THEN
            RAISE check_violation USING CONSTRAINT = '{of}_begins_as_draft', MESSAGE = 'a version begins as a draft';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state NOT IN ('draft', 'refused') AND (NEW.made_by <> OLD.made_by OR NEW.company_id <> OLD.company_id OR {content}) THEN
        RAISE check_violation USING CONSTRAINT = '{of}_stays_as_tried', MESSAGE = 'what was switched on stays as it is: make a new one';
    END IF;
    IF NEW.state = 'active' AND OLD.state <> 'active' THEN
        IF NEW.{decided} NOT LIKE 'user:%' THEN
            RAISE check_violation USING CONSTRAINT = '{of}_by_a_person', MESSAGE = 'a person switches it on';
        END IF;
        IF NOT EXISTS (SELECT FROM cashapp_backtest t WHERE t.{of}_id = NEW.id AND t.state_of = {content_sql(of, "NEW.")}) THEN
            RAISE check_violation USING CONSTRAINT = '{of}_is_tried', MESSAGE = 'it has not been tried on the past as it stands';
        END IF;
    END IF;
    RETURN NEW;"""


def _guards(of: str, decided: str, content: str) -> list[Guard]:
    return [
        Guard(
            name=f"{of}_only_tried", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
            func=_only_tried(of, decided, content),
        ),
        Guard(
            name=f"{of}_kept", when=pgtrigger.Before, operation=pgtrigger.Delete,
            condition=pgtrigger.Condition("OLD.state NOT IN ('draft', 'refused')"),
            func="RAISE insufficient_privilege USING MESSAGE = 'what was in force is kept: retire it';",
        ),
    ]  # fmt: skip


class RuleMatrix(models.Model):
    """One version of a company's matrix (`cashapp.engine.scoring`): only cells that differ from the published one are kept.

    Tried on past receipts before it may be switched on; switched on by somebody else than its maker.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        RETIRED = "retired", "retired"

    company = models.ForeignKey(Company, models.CASCADE, related_name="rule_matrices")
    version = models.IntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    name = models.CharField(max_length=100, blank=True)
    why = models.CharField(max_length=500, blank=True)
    cells = models.JSONField(default=dict, help_text="{reference: {payer: {amount: score}}} and {rule: {payer: score}} that differ.")
    bands = models.JSONField(default=dict, help_text="{post, propose} in all, and by customer where measured precision says so.")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(auto_now=True)
    activated_by = models.CharField(max_length=80, blank=True)
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "-version"]
        verbose_name_plural = "rule matrices"
        constraints = [
            models.UniqueConstraint(fields=["company", "version"], name="rule_matrix_version_once"),
            models.UniqueConstraint(fields=["company"], condition=Q(state="active"), name="rule_matrix_one_active"),
            models.CheckConstraint(condition=~Q(activated_by=F("made_by")), name="rule_matrix_maker_is_not_checker"),
        ]
        triggers = _guards("matrix", "activated_by", "NEW.cells <> OLD.cells OR NEW.bands <> OLD.bands OR NEW.version <> OLD.version")

    def __str__(self) -> str:
        return f"matrix {self.version} of {self.company.code}"


class CashRule(models.Model):
    """A company's own rule for receipts of a kind, such as "payer X pays Y's invoices oldest first"; drafted by a person or from what
    people keep doing by hand, tried on the past, switched on by somebody else."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        REFUSED = "refused", "refused"
        RETIRED = "retired", "retired"

    class Effect(models.TextChoices):
        PAYER = "payer", "is this customer's"
        ORDER = "order", "pays oldest first"
        ON_ACCOUNT = "on_account", "stays on account"
        CHARGES = "charges", "bank charges up to an amount are ours"
        WITHHOLDING = "withholding", "tax of a percent is withheld"
        DEDUCTION = "deduction", "short part is a deduction for a reason"
        NOT_RECEIVABLE = "not_receivable", "is no receivable"
        ASK = "ask", "always asks a person"

    company = models.ForeignKey(Company, models.CASCADE, related_name="cash_rules")
    name = models.CharField(max_length=120)
    position = models.IntegerField(default=100)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    condition = models.JSONField(
        default=dict, help_text="{payer_account, payer_name, text, channel, currency, from, to}: all that are named must hold."
    )
    effect = models.CharField(max_length=20, choices=Effect.choices)
    values = models.JSONField(default=dict, help_text="What the effect needs: percent, amount by currency, reason.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_from = models.JSONField(default=dict, help_text="{cases, agreeing, examples: [receipt ids]} where the system drafted it.")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(decided_by=F("made_by")), name="cash_rule_maker_is_not_checker"),
        ]
        triggers = _guards(
            "rule", "decided_by",
            "NEW.effect <> OLD.effect OR NEW.condition <> OLD.condition OR NEW.values <> OLD.values OR NEW.position <> OLD.position"
            " OR NEW.customer_id IS DISTINCT FROM OLD.customer_id OR NEW.name <> OLD.name",
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class BackTest(models.Model):
    """A matrix or a rule tried on receipts that people and the engine have settled: what it would have posted, how much wrongly."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    matrix = models.ForeignKey(RuleMatrix, models.CASCADE, null=True, related_name="tests")
    rule = models.ForeignKey(CashRule, models.CASCADE, null=True, related_name="tests")
    from_date = models.DateField()
    to_date = models.DateField()
    state_of = models.CharField(max_length=64, help_text="Hash of what was tried: an edit afterwards asks for a new trial.")
    figures = models.JSONField(default=dict, help_text="Counts and minor units: before, after, by rule, by band.")
    differences = models.JSONField(default=list, help_text="Receipts that would go another way: [{receipt, before, after, right}].")
    run_by = models.CharField(max_length=80)
    run_at = models.DateTimeField(db_default=Now())

    objects = ScopedQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "DELETE")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(matrix__isnull=False, rule=None) | Q(matrix=None, rule__isnull=False), name="back_test_of_one"
            ),
        ]

    def __str__(self) -> str:
        return f"trial of {self.matrix or self.rule} on {self.from_date} to {self.to_date}"

    @property
    def wrong(self) -> int:
        """How many would have been posted otherwise than they finally stood."""
        post = self.figures["after"]["post"]
        return int(post["count"] - post["right"])


class DriftAlarm(models.Model):
    """A rule that is taken back more often than when it was switched on: the figures, and what was done about it."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    rule = models.CharField(max_length=60)
    from_date = models.DateField()
    to_date = models.DateField()
    posted = models.IntegerField()
    reversed = models.IntegerField()
    expected = models.DecimalField(max_digits=7, decimal_places=6, help_text="Share taken back that was normal.")
    words = models.CharField(max_length=300)
    raised_at = models.DateTimeField(db_default=Now())
    closed_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_words = models.CharField(max_length=300, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["company", "rule"], condition=Q(closed_at=None), name="drift_alarm_open_once")]

    def __str__(self) -> str:
        return self.words
