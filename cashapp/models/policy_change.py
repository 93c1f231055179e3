"""A change of a match policy that somebody asks for and somebody else allows."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from arops.lib.triggers import Guard
from cashapp.querysets import MatchPolicyQuerySet
from org.models import Company


class PolicyChange(models.Model):
    """What is to be changed, before and after. Whoever asked doesn't decide, what was asked for never changes, and one waits at a time."""

    class State(models.TextChoices):
        WAITING = "waiting", "waits"
        APPROVED = "approved", "in force"
        REFUSED = "refused", "refused"
        WITHDRAWN = "withdrawn", "withdrawn"

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    wanted = models.JSONField(help_text="{field of the policy: value}; decimals as text.")
    before = models.JSONField(help_text="What stood in these fields when it was asked for.")
    why = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_words = models.CharField(max_length=500, blank=True)

    objects = MatchPolicyQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (state, decided_by, decided_at, decided_words)")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["company"], condition=Q(state="waiting"), name="policy_change_one_waits"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "refused"]) | (Q(decided_by__startswith="user:") & ~Q(decided_by=F("asked_by"))),
                name="policy_change_maker_is_not_checker",
            ),
            models.CheckConstraint(condition=~Q(state="withdrawn") | Q(decided_by=F("asked_by")), name="policy_change_withdrawn_by_maker"),
            models.CheckConstraint(condition=Q(state="waiting") ^ Q(decided_at__isnull=False), name="policy_change_decided_at"),
        ]
        triggers = [
            Guard(
                name="policy_change_stays", when=pgtrigger.Before, operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state <> 'waiting' OR (OLD.wanted, OLD.before, OLD.why, OLD.company_id, OLD.asked_by, OLD.asked_at)"
                    " IS DISTINCT FROM (NEW.wanted, NEW.before, NEW.why, NEW.company_id, NEW.asked_by, NEW.asked_at)"
                ),
                func="RAISE insufficient_privilege USING MESSAGE = 'it was decided, or says something else: ask anew';",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"change of the policy of {self.company.code}"
