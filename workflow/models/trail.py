"""What happened, what runs, what was sent in: the audit trail, jobs, files, answers already given."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from arops.lib.triggers import append_only
from org.models import Company
from org.querysets import ScopedQuerySet


class EventQuerySet(ScopedQuerySet):
    """The audit trail."""


class Event(models.Model):
    """One thing that happened, who did it, to what. Rows are only ever added; `AuditSeal` chains them."""

    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="+")
    type = models.CharField(max_length=60, help_text="Such as invoice.issued.")
    actor = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=40, blank=True, help_text="Such as invoicing.invoice.")
    subject_id = models.BigIntegerField(null=True)
    customer_ref = models.BigIntegerField(null=True, help_text="Key of the customer whose timeline shows it.")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    objects = EventQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="event_subject"),
            models.Index(fields=["customer_ref", "-id"], name="event_customer", condition=models.Q(customer_ref__isnull=False)),
            models.Index(fields=["type", "id"], name="event_type"),
            BrinIndex(fields=["at"], name="event_at", autosummarize=True),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.type} {self.subject_type}:{self.subject_id} by {self.actor}"


class AuditSeal(models.Model):
    """A link of the chain over the audit trail: the hash of all events up to one, and of the link before."""

    upto_event_id = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["upto_event_id"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"events to {self.upto_event_id}: {self.hash[:12]}"


class StoredFile(models.Model):
    """A file from or for outside, kept as it was, known by its content."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.IntegerField()
    content = models.BinaryField()
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    def __str__(self) -> str:
        return self.name


class JobQuerySet(ScopedQuerySet):
    """Runs of work in the background."""

    def visible_to(self, actor, permission=None):  # type: ignore[no-untyped-def, override]
        """Jobs of one's companies, and those of no company."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        return self.filter(models.Q(company_id__in=reach.companies | reach.portfolios) | models.Q(company=None, created_by=actor.label))


class Job(models.Model):
    """One run of work in the background: who asked, how far it is, what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    company = models.ForeignKey(Company, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=60, help_text="Such as nightly, bank_file, invoice_import.")
    slot = models.CharField(
        max_length=120, unique=True, help_text="What makes the run the only one of its kind, such as nightly:2026-11-23."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    params = models.JSONField(default=dict)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    results = models.JSONField(default=list, help_text="Outcome per row, where the work has rows.")
    error = models.TextField(blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="jobs")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="job_unfinished", condition=models.Q(state__in=["waiting", "running"]))]

    def __str__(self) -> str:
        return f"{self.kind} {self.slot}: {self.state}"

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 if self.state == self.State.DONE else 100 * self.done // self.total if self.total else 0


class IdempotencyKey(models.Model):
    """An answer already given: the same caller with the same key gets it again. Written in the effect's transaction, kept for ever."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.IntegerField()
    response = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
