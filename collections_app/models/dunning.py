"""Dunning: the policy, each night's run, each letter."""

from django.db import models
from django.db.models.functions import Now

from collections_app.models.strategy import StrategyStep
from collections_app.policy.dunning import REASONS
from collections_app.querysets import ByCustomerQuerySet
from customers.models import Customer
from messaging.models import Message
from org.models import Company
from org.querysets import ScopedQuerySet
from workflow.models import StoredFile


class DunningPolicy(models.Model):
    """When and how a company's customers are reminded. Levels follow by days past the due date of the oldest item."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="dunning_policies")
    name = models.CharField(max_length=60)
    segment = models.CharField(
        max_length=40, blank=True, help_text="Only customers of this segment; empty: all without a policy of their own."
    )
    is_active = models.BooleanField(default=True)
    grace_days = models.IntegerField(default=3)
    quiet_days = models.IntegerField(default=7, help_text="Days between two contacts of any channel.")
    minimum = models.BigIntegerField(default=0, help_text="Minor units: below it nobody is written to.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "segment"], condition=models.Q(is_active=True), name="dunning_policy_once")
        ]

    def __str__(self) -> str:
        return self.name


class DunningLevel(models.Model):
    """A step of the policy: from how many days past due, in which words."""

    policy = models.ForeignKey(DunningPolicy, models.CASCADE, related_name="levels")
    level = models.IntegerField()
    name = models.CharField(max_length=40, blank=True, default="", help_text="Such as friendly reminder.")
    days_past_due = models.IntegerField()
    subject = models.CharField(max_length=200, help_text="In English, the language of those for whom there is no other.")
    body = models.TextField(help_text="Plain text with merge fields such as {customer}, {total}, {items}.")

    class Meta:
        ordering = ["policy", "level"]
        constraints = [models.UniqueConstraint(fields=["policy", "level"], name="dunning_level_once")]

    def __str__(self) -> str:
        return f"level {self.level} from {self.days_past_due} days"

    @property
    def title(self) -> str:
        """`1 Friendly reminder`, or `Level 1` where it has no name."""
        return f"{self.level} {self.name}" if self.name else f"Level {self.level}"


class DunningText(models.Model):
    """A level's words in another language than English."""

    level = models.ForeignKey(DunningLevel, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10, help_text="ISO 639 code, such as de.")
    subject = models.CharField(max_length=200)
    body = models.TextField()

    class Meta:
        ordering = ["level", "language"]
        constraints = [models.UniqueConstraint(fields=["level", "language"], name="dunning_text_once")]

    def __str__(self) -> str:
        return f"{self.level} in {self.language}"


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
    items = models.JSONField(default=list)
    reason = models.CharField(max_length=20, blank=True, default="", help_text="Code of REASONS, to count by.")
    left_out_because = models.CharField(max_length=200, blank=True, help_text="The reason in words, with its day or amount.")
    step = models.ForeignKey(StrategyStep, models.PROTECT, null=True, related_name="letters")
    cycle = models.CharField(max_length=80, help_text="The oldest item the level counts from: each level once a cycle.")
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="dunning_letter")
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

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

    def __str__(self) -> str:
        return f"{self.customer} level {self.level}"

    @property
    def reason_label(self) -> str:
        """The reason by its name; empty for those written to."""
        return REASONS[self.reason].label if self.reason in REASONS else self.reason
