"""Strategies: what is done about accounts that run late, kept in versions; trials on the real book; champion against challenger."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from collections_app.querysets import ByCustomerQuerySet, OfStrategyQuerySet
from customers.models import Customer
from org.models import Company
from org.querysets import ScopedQuerySet


class DateRange(Func):
    """Days from the first, to the day before the second (a third argument `[]`: to the second itself); None is without end."""

    function = "daterange"
    output_field = DateRangeField()


def _only_drafts(name: str, version: str) -> pgtrigger.Trigger:
    """A guard that keeps what hangs on a version as it is, once it was in force. `version` is SQL that finds its key from `r`."""
    return Guard(
        name=name, when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("r", "record")],
        func=f"""
        IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;
        IF EXISTS (SELECT FROM collections_app_strategyversion v WHERE v.id = ({version}) AND v.state <> 'draft') THEN
            RAISE insufficient_privilege USING MESSAGE = 'a version that was in force stays as it is: draft a new one';
        END IF;
        RETURN r;""",
    )  # fmt: skip


class Strategy(models.Model):
    """A way of collecting, for one customer, a segment, or all of a company that have no other. What it does stands in its versions."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="strategies")
    name = models.CharField(max_length=60)
    segment = models.CharField(max_length=40, blank=True, help_text="Only customers of this segment; empty: all without one of their own.")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="strategies", help_text="Only this customer, before any segment's."
    )
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "name"]
        verbose_name_plural = "strategies"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "segment"], condition=Q(is_active=True, customer=None), name="strategy_once_a_segment"
            ),
            models.UniqueConstraint(fields=["customer"], condition=Q(is_active=True), name="strategy_once_a_customer"),
        ]

    def __str__(self) -> str:
        return self.name


class StrategyVersion(models.Model):
    """A strategy as it is from a day on. A draft may be changed; what was once in force stays as it was, for letters refer to it."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "in force"
        CHALLENGER = "challenger", "challenger"
        RETIRED = "retired", "retired"

    class Stop(models.TextChoices):
        DISPUTE = "dispute", "anything is in dispute"
        PROMISE = "promise", "a promise is open"
        PLAN = "plan", "a payment plan is kept"
        ESCALATED = "escalated", "it is with the agency or a lawyer"
        INQUIRY = "inquiry", "a question of the customer waits for our answer"

    strategy = models.ForeignKey(Strategy, models.CASCADE, related_name="versions")
    number = models.IntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateField(null=True, help_text="First day in force; empty: since ever.")
    valid_to = models.DateField(null=True, help_text="First day no longer in force; empty: until further notice.")
    grace_days = models.IntegerField(default=3)
    quiet_days = models.IntegerField(default=7, help_text="Days between two contacts of any channel.")
    minimum = models.BigIntegerField(default=0, help_text="Minor units of the company's currency: below it nobody is written to.")
    stops = ArrayField(
        models.CharField(max_length=12, choices=Stop.choices), default=list, blank=True, help_text="While one holds, no step is taken."
    )
    why = models.CharField(max_length=500, blank=True)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())
    activated_by = models.CharField(max_length=80, blank=True)
    activated_at = models.DateTimeField(null=True)
    revision = models.IntegerField(default=0, help_text="Counts the changes of a draft.")
    content_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of rules, steps and words: a trial is of just these.")

    objects = OfStrategyQuerySet.as_manager()

    class Meta:
        ordering = ["strategy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_version_once"),
            ExclusionConstraint(
                name="strategy_one_a_day",
                expressions=[(F("strategy"), RangeOperators.EQUAL), (DateRange("valid_from", "valid_to"), RangeOperators.OVERLAPS)],
                condition=Q(state__in=["active", "retired"]),
            ),
            models.CheckConstraint(condition=Q(grace_days__gte=0, quiet_days__gte=0, minimum__gte=0), name="strategy_not_negative"),
            models.CheckConstraint(condition=~Q(activated_by=F("made_by")), name="strategy_maker_is_not_checker"),
        ]
        triggers = [
            Guard(
                name="as_it_was_in_force", when=pgtrigger.Before, operation=pgtrigger.Update,
                func="""
                IF OLD.state <> 'draft' AND (NEW.state = 'draft' OR
                   (NEW.grace_days, NEW.quiet_days, NEW.minimum, NEW.stops, NEW.content_hash) IS DISTINCT FROM
                   (OLD.grace_days, OLD.quiet_days, OLD.minimum, OLD.stops, OLD.content_hash)) THEN
                    RAISE insufficient_privilege USING MESSAGE = 'a version that was in force stays as it is: draft a new one';
                END IF;
                IF OLD.state = 'draft' AND NEW.state <> 'draft' AND (NEW.activated_by <> '' OR NEW.number > 1) AND NOT EXISTS (
                    SELECT FROM collections_app_strategytrial t WHERE t.version_id = NEW.id AND t.content_hash = NEW.content_hash) THEN
                    RAISE insufficient_privilege USING MESSAGE = 'a version is tried as it stands before it is put in force';
                END IF;
                RETURN NEW;""",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.strategy} v{self.number}"


class StrategyStep(models.Model):
    """One step: when, by which channel, in which tone. Days count from the due date of the oldest item; below zero before it."""

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        LETTER = "letter", "letter"
        CALL = "call", "call"
        TASK = "task", "task"
        ESCALATE = "escalate", "escalation"

    class Tone(models.TextChoices):
        FRIENDLY = "friendly", "friendly"
        NEUTRAL = "neutral", "neutral"
        FIRM = "firm", "firm"
        FINAL = "final", "final"

    class Signer(models.TextChoices):
        COLLECTOR = "collector", "the customer's collector"
        COMPANY = "company", "the company"
        NAMED = "named", "a person by name"

    WRITTEN: ClassVar = (Channel.EMAIL, Channel.LETTER)

    version = models.ForeignKey(StrategyVersion, models.CASCADE, related_name="steps")
    ordinal = models.IntegerField()
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    days = models.IntegerField(help_text="After the due date of the oldest item; below zero: before it.")
    name = models.CharField(max_length=40, blank=True, default="", help_text="Such as friendly reminder.")
    tone = models.CharField(max_length=10, choices=Tone.choices, default=Tone.NEUTRAL)
    signer = models.CharField(max_length=10, choices=Signer.choices, default=Signer.COMPANY)
    signed_by = models.CharField(max_length=120, blank=True, help_text="Name and title, where a person signs by name.")
    subject = models.CharField(max_length=200, blank=True, help_text="In English, the language of those for whom there is no other.")
    body = models.TextField(blank=True, help_text="Words of the letter with merge fields; of a call its script; of a task what to do.")
    with_statement = models.BooleanField(default=False)
    with_copies = models.BooleanField(default=False, help_text="Copies of the invoices asked for go with it.")
    needs_approval = models.BooleanField(default=False, help_text="A person allows each before it goes out.")
    escalate_to = models.CharField(max_length=30, blank=True, help_text="Code of a rung of the ladder.")
    minutes = models.IntegerField(default=5, help_text="What a person is expected to need for it.")

    class Meta:
        ordering = ["version", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["version", "ordinal"], name="strategy_step_once"),
            models.CheckConstraint(condition=Q(days__gte=-60, days__lte=720), name="strategy_step_days"),
            models.CheckConstraint(condition=~Q(channel="escalate", escalate_to=""), name="strategy_step_escalates_somewhere"),
            models.CheckConstraint(condition=~Q(signer="named", signed_by=""), name="strategy_step_signed_by_somebody"),
        ]
        triggers = [_only_drafts("step_of_a_draft", "r.version_id")]

    def __str__(self) -> str:
        return f"step {self.ordinal}: {self.get_channel_display()} at {self.days} days"

    @property
    def is_written(self) -> bool:
        """Whether the step is something sent to the customer."""
        return self.channel in self.WRITTEN

    @property
    def is_early(self) -> bool:
        """Whether it comes before anything is past due: a reminder of what will be."""
        return self.days <= 0

    @property
    def title(self) -> str:
        """`2 Friendly reminder`, or `Step 2` where it has no name."""
        return f"{self.ordinal} {self.name}" if self.name else f"Step {self.ordinal}"


class StrategyText(models.Model):
    """A step's words in another language than English."""

    step = models.ForeignKey(StrategyStep, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10, help_text="ISO 639 code, such as de.")
    subject = models.CharField(max_length=200)
    body = models.TextField()

    class Meta:
        ordering = ["step", "language"]
        constraints = [models.UniqueConstraint(fields=["step", "language"], name="strategy_text_once")]
        triggers = [
            _only_drafts("text_of_a_draft", "SELECT s.version_id FROM collections_app_strategystep s WHERE s.id = r.step_id"),
        ]

    def __str__(self) -> str:
        return f"{self.step} in {self.language}"


class StrategyTrial(models.Model):
    """A version tried on the real book as of a day: who would be written to, called, left out, against what is in force."""

    version = models.ForeignKey(StrategyVersion, models.CASCADE, related_name="trials")
    day = models.DateField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of what was tried: a later change wants a new trial.")
    result = models.JSONField(default=dict)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"trial of {self.version} on {self.day}"


class Experiment(models.Model):
    """A challenger tried on a random share of a strategy's customers, the others staying with what is in force."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        ENDED = "ended", "ended"

    company = models.ForeignKey(Company, models.PROTECT, related_name="experiments")
    champion = models.ForeignKey(StrategyVersion, models.PROTECT, related_name="defended")
    challenger = models.ForeignKey(StrategyVersion, models.PROTECT, related_name="challenges")
    share = models.IntegerField(help_text="Per cent of customers that get the challenger.")
    seed = models.CharField(max_length=32, help_text="Drawn once: with it the draw of each customer can be repeated.")
    horizon_days = models.IntegerField(default=30, help_text="Days after entering within which what was paid counts.")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    outcome = models.CharField(max_length=300, blank=True)
    made_by = models.CharField(max_length=80)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["champion"], condition=Q(state="running"), name="experiment_one_at_a_time"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lt=100), name="experiment_share"),
            models.CheckConstraint(
                condition=Q(state="running", ends_on=None) | Q(state="ended", ends_on__gte=F("starts_on")), name="experiment_ends_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenger} against {self.champion}"


class ExperimentMember(models.Model):
    """A customer in an experiment, in one currency: its arm, and what was past due when it entered. Never changed afterwards."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="members")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    is_challenger = models.BooleanField()
    entered_on = models.DateField()
    past_due = models.BigIntegerField(help_text="Minor units past due on that day.")
    items = models.JSONField(default=list, help_text="Keys of the items past due on that day and what was open of each.")

    objects = ByCustomerQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["experiment", "customer"]
        constraints = [models.UniqueConstraint(fields=["experiment", "customer", "currency"], name="experiment_member_once")]

    def __str__(self) -> str:
        return f"{self.customer} in {self.experiment}"


class PlannedStep(models.Model):
    """A call, task or escalation that a strategy asked for: once a step and cycle. The work list shows it until it is done."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        DONE = "done", "done"
        DROPPED = "dropped", "no longer needed"

    SUPERSEDED = "the strategy was changed and no longer has this step"
    """The note of a step that was dropped so: it counts as never planned, so that what holds now is planned from its own beginning."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="planned_steps")
    currency = models.CharField(max_length=3)
    step = models.ForeignKey(StrategyStep, models.PROTECT, related_name="planned")
    cycle = models.CharField(max_length=80, help_text="The oldest item the step counts from, as in DunningLetter.")
    due_on = models.DateField()
    amount = models.BigIntegerField(default=0, help_text="Minor units it was about when it was planned.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    closed_on = models.DateField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = ByCustomerQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "currency", "step", "cycle"], name="planned_step_once"),
            models.CheckConstraint(
                condition=Q(state="open", closed_on=None) | Q(~Q(state="open"), closed_on__isnull=False),
                name="planned_step_closed_on_a_day",
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="planned_step_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.step} for {self.customer}"
