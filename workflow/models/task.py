"""Questions and work for other departments."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from org.actors import Actor
from org.models import Company, Department
from workflow.actors import LinkActor
from workflow.querysets import CustomerRefQuerySet


class TaskQuerySet(CustomerRefQuerySet):
    """Tasks."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Tasks of companies where one holds `tasks.view`; else those of one's own departments, and those assigned to oneself, in
        companies where one answers tasks. Whoever came by a link sees its one."""
        if isinstance(actor, LinkActor):
            return self.filter(pk=actor.task_id) if permission == "tasks.answer" else self.none()
        if permission not in (None, "tasks.answer"):
            return super().visible_to(actor, permission)
        reach = actor.reach("tasks.answer")
        everywhere = super().visible_to(actor, "tasks.view")
        if reach.everything or reach.person_id is None:
            return everywhere
        own = Department.objects.filter(memberships__user_id=reach.person_id, memberships__company=F("company"))
        mine = Q(department__in=own.values("pk")) | Q(assignee_id=reach.person_id)
        here = self.model.objects.filter(mine, company_id__in=reach.companies | reach.portfolios)
        return self.filter(Q(pk__in=everywhere.values("pk")) | Q(pk__in=here.values("pk")))

    def open(self) -> Self:
        """Those that wait for an answer, or for whoever asked to read it."""
        return self.exclude(state__in=["closed", "cancelled"])


class Task(models.Model):
    """A question to a department about a record: asked, answered or handed back, closed by whoever asked."""

    class State(models.TextChoices):
        OPEN = "open", "waiting for an answer"
        ANSWERED = "answered", "answered"
        HANDED_BACK = "handed_back", "handed back"
        CLOSED = "closed", "closed"
        CANCELLED = "cancelled", "cancelled"

    company = models.ForeignKey(Company, models.PROTECT, related_name="tasks")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="tasks")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="tasks")
    kind = models.CharField(max_length=30, help_text="Such as finding, document, bounced, silence.")
    title = models.CharField(max_length=200)
    question = models.TextField(blank=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    customer_ref = models.BigIntegerField(null=True)
    amount = models.BigIntegerField(null=True, help_text="Minor units at stake.")
    currency = models.CharField(max_length=3, blank=True)
    due_date = models.DateField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    dedupe_key = models.CharField(max_length=160, unique=True, help_text="What it is about, so that the same event asks once.")
    version = models.IntegerField(default=0)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    closed_at = models.DateTimeField(null=True)

    objects = TaskQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE")

    class Meta:
        ordering = ["due_date", "pk"]
        indexes = [
            models.Index(fields=["department", "due_date"], name="task_open", condition=~Q(state__in=["closed", "cancelled"])),
            models.Index(fields=["subject_type", "subject_id"], name="task_subject"),
            models.Index(fields=["kind", "subject_id"], name="task_asked_by_kind", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.title


class TaskLink(models.Model):
    """A way to one task for somebody without an account. The token is signed from `nonce` and kept nowhere; the way ends by itself, and can
    be ended."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="links")
    email = models.EmailField(help_text="Whom it was given to.")
    name = models.CharField(max_length=100, blank=True)
    nonce = models.CharField(max_length=32, unique=True, help_text="What the token signs: another link, another token.")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    last_used_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (revoked_at, revoked_by, last_used_at)")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.email}: task {self.task_id}"


class LinkTry(models.Model):
    """How many codes that open nothing came from one place in a quarter of an hour."""

    origin = models.CharField(max_length=64, help_text="A keyed hash of the address that they came from.")
    since = models.DateTimeField(help_text="When the quarter began.")
    tries = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "since"], name="link_try_once")]

    def __str__(self) -> str:
        return f"{self.origin[:8]}: {self.tries}"


class TaskNote(models.Model):
    """A word on a task: the question refined, the answer, why it is handed back."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=12, default="note", help_text="note, answer, hand_back, reopened, closed.")
    body = models.TextField()
    author = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    runtime_privileges: ClassVar = ("SELECT", "INSERT")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.body[:60]
