"""What one person asks for and another allows."""

from typing import ClassVar, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from org.actors import Actor
from org.models import Company, User
from org.querysets import ScopedQuerySet


class ApprovalQuerySet(ScopedQuerySet):
    """Requests for approval."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Those of companies that one sees as a whole, and one's own: whose customer a request is about, this floor doesn't know."""
        reach = actor.reach(permission)
        if reach.everything:
            return self
        return self.filter(Q(company__in=reach.companies) | Q(company__in=reach.portfolios, requested_by=actor.label))

    def waiting(self) -> Self:
        """Those that nobody decided yet."""
        return self.filter(state="waiting")

    def of(self, actor: Actor) -> Self:
        """Those that the actor asked for."""
        return self.filter(requested_by=actor.label)


class Approval(models.Model):
    """A request to do something that moves money, and what became of it.

    What is asked for is `payload`, and `payload_hash` is its SHA-256: neither can change, so an edit is another request. Whoever asked,
    and whoever `makers` names (the issuer of the invoice that a credit memo is about), can't be the one who decides: the database
    refuses it. What a person may do within their own limit is a row too (state `alone`), so that the sum of thirty days sees it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for approval"
        ALONE = "alone", "within own limit"
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"
        WITHDRAWN = "withdrawn", "withdrawn"
        VOID = "void", "void"

    company = models.ForeignKey(Company, models.PROTECT, related_name="approvals")
    kind = models.CharField(max_length=30, help_text="Such as credit_memo; its handler is registered by the app that does it.")
    customer_ref = models.BigIntegerField(null=True, help_text="Key of the customer whose thirty days are summed.")
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="Positive minor units.")
    summed = models.BigIntegerField(help_text="With what the customer had of the kind in thirty days: what limits are held against.")
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    makers = ArrayField(models.CharField(max_length=80), help_text="Whoever asked, and all who may not decide.")
    requested_by = models.CharField(max_length=80)
    requested_on = models.DateField()
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=80, blank=True, db_default="")
    on_behalf_of = models.CharField(max_length=80, blank=True, db_default="", help_text="The absent person whose authority was used.")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True, db_default="")
    result_type = models.CharField(max_length=40, blank=True, db_default="")
    result_id = models.BigIntegerField(null=True, help_text="What was made of it, such as the credit memo.")
    token = models.CharField(max_length=120, unique=True, help_text="What makes two sendings of one request the same.")

    objects = ApprovalQuerySet.as_manager()
    runtime_privileges: ClassVar = (
        "SELECT", "INSERT",
        "UPDATE (state, decided_by, on_behalf_of, decided_at, decision_note, result_type, result_id)",
    )  # fmt: skip

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, summed__gte=F("amount")), name="approval_amount_positive"),
            models.CheckConstraint(condition=~Q(makers__contains=[F("decided_by")]), name="approval_maker_is_not_checker"),
            models.CheckConstraint(condition=~Q(makers__contains=[F("on_behalf_of")]), name="approval_maker_has_no_deputy"),
            models.CheckConstraint(condition=Q(makers__contains=[F("requested_by")]), name="approval_requester_is_a_maker"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected"]) | (~Q(decided_by="") & Q(decided_at__isnull=False)),
                name="approval_decided_by_someone",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "id"], name="approval_waiting", condition=Q(state="waiting")),
            models.Index(fields=["customer_ref", "kind", "requested_on"], name="approval_of_customer"),
            models.Index(fields=["subject_type", "subject_id"], name="approval_subject"),
        ]
        triggers = [
            Guard(
                name="asked_is_asked", when=pgtrigger.Before,
                operation=pgtrigger.Delete | pgtrigger.UpdateOf(
                    "company_id", "kind", "customer_ref", "subject_type", "subject_id", "currency", "amount", "summed", "title", "reason",
                    "payload", "payload_hash", "makers", "requested_by", "requested_on", "requested_at", "token",
                ),
                func="RAISE insufficient_privilege USING MESSAGE = 'a request never changes: withdraw it and ask again';",
            ),
            Guard(
                name="decided_once", when=pgtrigger.Before, operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "(OLD.state <> 'waiting' AND (OLD.state, OLD.decided_by, OLD.on_behalf_of) "
                    "IS DISTINCT FROM (NEW.state, NEW.decided_by, NEW.on_behalf_of))"
                ),
                func="RAISE insufficient_privilege USING MESSAGE = 'this was decided before';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class AuthorityLimit(models.Model):
    """How much a role may do of a kind of thing in a company: `alone` without anybody, `approve` when others ask. Minor units, summed
    per customer over thirty days. No row: nothing alone, nothing to approve."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="authority_limits")
    role = models.CharField(max_length=30)
    kind = models.CharField(max_length=30)
    currency = models.CharField(max_length=3)
    alone = models.BigIntegerField(default=0)
    approve = models.BigIntegerField(default=0)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "kind", "currency", "approve"]
        constraints = [
            models.UniqueConstraint(fields=["company", "role", "kind", "currency"], name="authority_limit_once"),
            models.CheckConstraint(condition=Q(alone__gte=0, approve__gte=0), name="authority_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.kind} {self.currency}"


class Deputy(models.Model):
    """Who decides for someone who is away. The deputy acts with the absent person's limits, under both names."""

    person = models.ForeignKey(User, models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, models.PROTECT, related_name="deputises")
    first_day = models.DateField()
    last_day = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-first_day"]
        constraints = [
            models.CheckConstraint(condition=~Q(person=F("deputy")), name="deputy_is_another"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="deputy_span"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"
