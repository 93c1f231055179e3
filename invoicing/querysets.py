"""Invoices and memos in sight, and lists of them on their way in."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from org.actors import Actor
from org.querysets import ScopedQuerySet


class InvoiceQuerySet(ScopedQuerySet):
    """Invoices, credit memos and debit memos."""

    collector_path = "customer__collector_id"

    def open(self) -> Self:
        """Documents of which something is open."""
        return self.exclude(open_item__balance=0)

    def paid(self) -> Self:
        """Documents of which nothing is open any more: paid, credited, set off or written off."""
        return self.filter(open_item__balance=0)

    def overdue(self, day: date) -> Self:
        """Invoices and debit memos that are open and were due before that day."""
        return self.filter(open_item__balance__gt=0, open_item__due_date__lt=day)

    def amounting(self, least: int | None, most: int | None) -> Self:
        """Documents of a total (minor units) between the two, both included."""
        found = self.filter(total__gte=least) if least is not None else self
        return found.filter(total__lte=most) if most is not None else found

    def named(self, text: str, customers: list[int], items: list[int]) -> Self:
        """Documents of these customers, or with these open items, or whose purchase order begins with the text."""
        return self.filter(Q(customer__in=customers) | Q(open_item__in=items) | (~Q(po_number="") & Q(po_number__istartswith=text)))


class InvoiceImportQuerySet(models.QuerySet[Any]):
    """Lists on their way in: everyone sees their own."""

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """What the actor brought."""
        return self.filter(created_by=actor.label)


class DraftQuerySet(ScopedQuerySet):
    """Documents on their way."""

    collector_path = "customer__collector_id"

    def live(self) -> Self:
        """Those neither issued nor discarded."""
        return self.filter(state__in=["draft", "held", "clear"])

    def held(self) -> Self:
        """Those that the check holds."""
        return self.filter(state="held")


class FindingQuerySet(ScopedQuerySet):
    """What checks found."""

    def open(self) -> Self:
        """Findings that nobody fixed, overrode or noted."""
        return self.filter(state="open")


class OfInvoiceQuerySet(ScopedQuerySet):
    """What belongs to an issued document."""

    collector_path = "invoice__customer__collector_id"


class PrintBatchQuerySet(ScopedQuerySet):
    """Print batches: of a portfolio's customers those that hold a document of theirs."""

    collector_path = "dispatches__invoice__customer__collector_id"

    def visible_to(self, actor: Actor, permission: str | None = None) -> Self:
        """Each batch once, however many of its documents are in sight."""
        return super().visible_to(actor, permission).distinct()
