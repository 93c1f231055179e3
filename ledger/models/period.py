"""Accounting periods. Posting into a closed or missing one is refused by the database (see `Entry`)."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F

from arops.lib.triggers import Guard
from org.models import Company
from org.querysets import ScopedQuerySet


class PeriodQuerySet(ScopedQuerySet):
    """Periods."""


class Period(models.Model):
    """A span of days of one company, open or closed; spans never overlap."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    company = models.ForeignKey(Company, models.PROTECT, related_name="periods")
    name = models.CharField(max_length=20, help_text="Such as 2026-11.")
    span = DateRangeField(help_text="First day to the day after the last.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    closed_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = PeriodQuerySet.as_manager()
    runtime_privileges: ClassVar = ("SELECT", "INSERT", "UPDATE (state, closed_by, closed_at)")

    class Meta:
        ordering = ["company", "span"]
        constraints = [
            ExclusionConstraint(
                name="periods_never_overlap",
                expressions=[(F("company"), RangeOperators.EQUAL), ("span", RangeOperators.OVERLAPS)],
            ),
            models.UniqueConstraint(fields=["company", "name"], name="period_name_once"),
        ]
        triggers = [
            Guard(
                name="span_stays", when=pgtrigger.Before, operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                IF TG_OP = 'DELETE' OR NEW.span <> OLD.span OR NEW.company_id <> OLD.company_id THEN
                    RAISE insufficient_privilege USING MESSAGE = 'a period keeps its days, and stays';
                END IF;
                RETURN NEW;""",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.company.code} {self.name} ({self.state})"
