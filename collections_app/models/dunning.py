"""Dunning: each night's run, each letter. What is written when is the strategy's."""

from django.db import models
from django.db.models.functions import Now

from arops.lib.triggers import stamped
from collections_app.models.strategy import StrategyStep
from collections_app.policy.dunning import REASONS
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from messaging.models import Message
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class DunningRun(models.Model):
    """One day's dunning of one company; there is one a day."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="dunning_runs")
    day = models.DateField()
    actor = models.CharField(max_length=80)
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["company", "day"], name="dunning_run_once_a_day")]

    def __str__(self) -> str:
        return f"dunning of {self.day}"


class DunningLetter(models.Model):
    """A customer in a run: written to at a level, or left out for a reason."""

    run = models.ForeignKey(DunningRun, models.CASCADE, related_name="letters")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="dunning_letters")
    currency = models.CharField(max_length=3)
    level = models.IntegerField(default=0)
    level_name = models.CharField(max_length=40, blank=True, default="")
    days_past_due = models.IntegerField(default=0, help_text="Of the oldest item asked for; of the oldest past due where left out.")
    amount = models.BigIntegerField(default=0, help_text="Minor units asked for, after all that is held out.")
    held_out = models.BigIntegerField(default=0, help_text="Minor units disputed, promised or covered by credits.")
    held = models.JSONField(default=dict, help_text="What is past due and not asked for, by why: grace, disputed, promised, credits.")
    items = models.JSONField(default=list)
    reason = models.CharField(max_length=20, blank=True, default="", help_text="Code of REASONS, to count by.")
    left_out_because = models.CharField(max_length=200, blank=True, help_text="The reason in words, with its day or amount.")
    step = models.ForeignKey(StrategyStep, models.PROTECT, null=True, related_name="letters")
    cycle = models.CharField(max_length=80, help_text="The oldest item the level counts from: each level once a cycle.")
    made_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    needs_approval = models.BooleanField(default=False, db_default=False, help_text="It waits until another person has allowed it.")
    decided_by = models.CharField(max_length=80, blank=True, default="", db_default="", help_text="Who allowed or declined it.")
    decided_at = models.DateTimeField(null=True)
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="dunning_letter")
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False, help_text="Set by the database at every change.")

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["run", "customer"]
        constraints = [
            models.UniqueConstraint(fields=["run", "customer", "currency"], name="dunning_letter_once_a_run"),
            models.UniqueConstraint(
                fields=["customer", "currency", "level", "cycle"],
                condition=models.Q(left_out_because=""),
                name="dunning_level_once_a_cycle",
            ),
        ]
        indexes = [models.Index(fields=["updated_at"], name="dunning_letter_updated")]
        triggers = [stamped("dunning_letter_stamped")]

    def __str__(self) -> str:
        return f"{self.customer} level {self.level}"

    @property
    def waits(self) -> bool:
        """Whether it waits to be allowed."""
        return self.needs_approval and not self.reason and not self.decided_by

    @property
    def reason_label(self) -> str:
        """The reason by its name; empty for those written to."""
        return REASONS[self.reason].label if self.reason in REASONS else self.reason


class DunningOutlook(models.Model):
    """What a company's dunning would come to on a day, as it was last looked through: how far the audit trail and the journal were read by
    then, and a print of what concerns everybody (strategies in force, experiments, rates, the day's run). Derived."""

    company = models.OneToOneField(Company, models.CASCADE, related_name="dunning_outlook")
    day = models.DateField()
    event_id = models.BigIntegerField(default=0)
    entry_id = models.BigIntegerField(default=0)
    common = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"dunning of {self.company} seen ahead for {self.day}"


class OutlookRow(models.Model):
    """What would be decided about a customer in a currency; the fields are those of the letter that the run would write down. Derived."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    level = models.IntegerField(default=0)
    level_name = models.CharField(max_length=40, blank=True)
    days_past_due = models.IntegerField(default=0)
    amount = models.BigIntegerField(default=0)
    held_out = models.BigIntegerField(default=0)
    held = models.JSONField(default=dict)
    asked = models.IntegerField(default=0, help_text="How many items are asked for.")
    reason = models.CharField(max_length=20, blank=True)
    left_out_because = models.CharField(max_length=200, blank=True)
    recipients = models.TextField(blank=True, help_text="Where it would go; empty: it would be printed.")
    no_address = models.BooleanField(default=False, help_text="It would be printed because nobody has an address.")

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "currency"], name="outlook_row_once")]

    def __str__(self) -> str:
        return f"{self.customer} level {self.level}"

    @property
    def reason_label(self) -> str:
        """The reason by its name; empty for those who would be written to."""
        return REASONS[self.reason].label if self.reason in REASONS else self.reason
