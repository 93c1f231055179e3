"""What the check before issue found, and what the company wants done about it."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from invoicing.models.document import Invoice
from invoicing.models.draft import Draft
from invoicing.querysets import FindingQuerySet
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import Task


class CheckPolicy(models.Model):
    """What becomes of a document with findings: held, issued with a warning, or issued and only recorded."""

    class Mode(models.TextChoices):
        HOLD = "hold", "hold it until fixed or overridden"
        WARN = "warn", "issue it, and show what was found"
        RECORD = "record", "issue it, and only record what was found"

    company = models.OneToOneField(Company, models.PROTECT, related_name="check_policy")
    pushed = models.CharField(
        max_length=6, choices=Mode.choices, default=Mode.RECORD, help_text="For invoices that an ERP pushes or a list brings."
    )
    drafted = models.CharField(max_length=6, choices=Mode.choices, default=Mode.HOLD, help_text="For drafts made here.")
    rules = models.JSONField(default=dict, blank=True, help_text="Rules with a mode of their own: {rule: hold, warn or record}.")
    freight_skus = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="Articles that are freight; empty: the usual ones."
    )
    fee_skus = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="Articles that are surcharges or fees; empty: the usual ones."
    )
    recorded_until = models.DateTimeField(null=True, editable=False, help_text="Documents issued up to then were looked at by the night.")
    changed_by = models.CharField(max_length=80, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.company.code}: {self.pushed}"


class Finding(models.Model):
    """One thing that the customer would not pay: expected, billed, what says so, and where it went wrong first."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        FIXED = "fixed", "fixed"
        OVERRIDDEN = "overridden", "overridden"
        NOTED = "noted", "noted"

    company = models.ForeignKey(Company, models.PROTECT, related_name="findings")
    draft = models.ForeignKey(Draft, models.PROTECT, null=True, related_name="findings")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="findings")
    rule = models.CharField(max_length=40)
    severity = models.CharField(max_length=10, help_text="block, warn or note.")
    lines = ArrayField(models.IntegerField(), default=list, help_text="Numbers of the lines it is about; empty: the document.")
    expected = models.CharField(max_length=200, blank=True)
    billed = models.CharField(max_length=200, blank=True)
    effect = models.BigIntegerField(default=0, help_text="Minor units billed too much (> 0) or too little (< 0).")
    currency = models.CharField(max_length=3)
    origin = models.CharField(max_length=30, help_text="Point of origin in the order's life, such as pricing_setup.")
    words = models.TextField(help_text="What is wrong, in a sentence.")
    reasoning = models.TextField(blank=True, help_text="How the origin was found, link by link.")
    remedy = models.CharField(max_length=300, blank=True)
    sources = models.JSONField(default=list, help_text="What says so: document, number, line, revision, day, value.")
    key = models.CharField(max_length=120, help_text="Rule and lines: the same finding of the next run.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="findings")
    found_at = models.DateTimeField(db_default=Now())

    objects = FindingQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(draft__isnull=False) | Q(invoice__isnull=False), name="finding_of_something"),
            models.CheckConstraint(
                condition=~Q(state="overridden") | (~Q(decided_by="") & ~Q(reason="")), name="finding_overridden_with_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "rule"], name="finding_open", condition=Q(state="open")),
        ]
        triggers = [
            Guard(
                name="maker_is_not_checker", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("(NEW.state = 'overridden')"),
                func="IF EXISTS (SELECT FROM invoicing_draft d WHERE d.id = NEW.draft_id"
                " AND NEW.decided_by = ANY(d.created_by || d.makers)) THEN RAISE insufficient_privilege"
                " USING MESSAGE = 'whoever made or changed a document does not override what the check found in it'; END IF; RETURN NEW;",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.words[:80]
