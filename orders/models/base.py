"""What every document of the order's life has."""

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Now, Upper

from customers.models import Customer
from org.models import Company


def tracked() -> tuple[pghistory.Tracker, ...]:
    """Every change of a row is kept by the database, statement by statement."""
    level = pghistory.Statement
    return pghistory.InsertEvent(level=level), pghistory.UpdateEvent(level=level), pghistory.DeleteEvent(level=level)


def by_number(name: str) -> models.Index:
    """Numbers by their beginning, in any case: what searches look for."""
    return models.Index(OpClass(Upper("number"), name="text_pattern_ops"), name=f"{name}_by_number")


def by_day(name: str, day: str) -> tuple[models.Index, ...]:
    """What lists and searches walk: the latest first, and numbers by their beginning."""
    return models.Index(fields=[f"-{day}", "-id"], name=f"{name}_by_day"), by_number(name)


class Record(models.Model):
    """A document of a customer with a number of its own, known to whoever sent it by (source_system, external_id).

    `revision` counts the changes that people or ERPs made: findings name the revision they saw.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="%(class)ss")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="%(class)ss")
    number = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    source_system = models.CharField(max_length=40, default="arops")
    external_id = models.CharField(max_length=80, null=True, blank=True)
    source_version = models.BigIntegerField(null=True, blank=True)
    revision = models.IntegerField(default=1, db_default=1)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "source_system", "external_id"], name="%(class)s_external_id_once"),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="%(class)s_updated"),
            models.Index(fields=["company", "number"], name="%(class)s_number"),
        ]

    def __str__(self) -> str:
        return self.number
