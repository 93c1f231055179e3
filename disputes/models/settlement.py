"""How a case is settled: what was chosen, who signed it off, what the approval says."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from disputes.models.case import Dispute
from messaging.models import Message
from org.actors import Actor
from org.models import Company, Department
from org.querysets import ScopedQuerySet
from workflow.models import Approval


class SignOffRule(models.Model):
    """Whose sign-off a settlement needs: a department's, from an amount on, for some or all ways to settle."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="sign_off_rules")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    resolution = models.CharField(max_length=20, blank=True, help_text="Empty: all that cost money.")
    stage = models.CharField(max_length=30, blank=True, help_text="Only where the cause is of this stage; empty: any.")
    from_amount = models.BigIntegerField(default=0, help_text="Minor units of `currency`, inclusive.")
    currency = models.CharField(max_length=3)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "department", "currency", "from_amount"]
        constraints = [
            models.UniqueConstraint(fields=["company", "department", "resolution", "stage", "currency"], name="sign_off_rule_once"),
            models.CheckConstraint(condition=Q(from_amount__gte=0), name="sign_off_rule_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.department_id} from {self.from_amount} {self.currency}"


class SettlementQuerySet(ScopedQuerySet):
    """Settlements."""

    company_path = "dispute__company_id"
    collector_path = "dispute__customer__collector_id"


class Settlement(models.Model):
    """A way to settle a case, asked for by one person. One at a time is under way; what was refused stays on the case."""

    class State(models.TextChoices):
        SIGNING = "signing", "waiting for sign-off"
        WAITING = "waiting", "waiting for approval"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        WITHDRAWN = "withdrawn", "withdrawn"

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="settlements")
    resolution = models.CharField(max_length=20, choices=Dispute.Resolution.choices)
    amount = models.BigIntegerField(help_text="Minor units allowed to the customer (debit memo: billed in addition); 0 where none is.")
    currency = models.CharField(max_length=3)
    reason_code = models.CharField(max_length=30, blank=True)
    words = models.TextField(blank=True, help_text="Why, for whoever decides.")
    to_customer = models.TextField(blank=True, help_text="What the customer is told.")
    payload = models.JSONField(default=dict, help_text="What is done when it is allowed: lines of the memo, channel of the document.")
    approval = models.OneToOneField(Approval, models.PROTECT, null=True, related_name="settlement")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices)
    requested_by = models.CharField(max_length=80)
    requested_on = models.DateField()
    requested_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True, db_default="", default="")
    token = models.CharField(max_length=120, unique=True, help_text="What makes two sendings of one form the same.")

    objects = SettlementQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (approval_id, message_id, state, decided_at, decision_note)")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["dispute"], condition=Q(state__in=["signing", "waiting"]), name="settlement_one_under_way"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="settlement_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id}: {self.resolution}"


class SignOffQuerySet(ScopedQuerySet):
    """Sign-offs."""

    company_path = "settlement__dispute__company_id"
    collector_path = "settlement__dispute__customer__collector_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Those of one's own departments, in companies where one answers for them, like tasks; by another permission, those of the cases
        that one sees by it."""
        if permission not in (None, "tasks.answer"):
            return super().visible_to(actor, permission)
        reach = actor.reach("tasks.answer")
        if reach.everything:
            return self
        if reach.person_id is None:
            return self.none()
        own = Department.objects.filter(memberships__user_id=reach.person_id, company_id__in=reach.companies | reach.portfolios)
        return self.filter(department__in=own.values("pk"))


class SignOff(models.Model):
    """A department's word on a settlement. Whoever asked for the settlement can't give it: the database refuses."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        GIVEN = "given", "signed off"
        REFUSED = "refused", "refused"
        VOID = "void", "no longer needed"

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="sign_offs")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_by = models.CharField(max_length=80)
    signed_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    signed_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="", db_default="")

    objects = SignOffQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (state, signed_by, signed_at, note)")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "department"], name="sign_off_once"),
            models.CheckConstraint(condition=~Q(signed_by=F("asked_by")), name="sign_off_maker_is_not_checker"),
        ]
        indexes = [models.Index(fields=["department"], name="sign_off_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.department_id}: {self.state}"
