"""Filters on open items that every reader shares."""

from datetime import date
from typing import Self

from django.db.models import Q

from org.querysets import ScopedQuerySet


class OpenItemQuerySet(ScopedQuerySet):
    """Open items; those without a customer (unidentified cash) are in sight of whoever sees the whole company."""

    collector_path = "customer__collector_id"

    def open(self) -> Self:
        """Items with a balance today."""
        return self.exclude(balance=0)

    def owed(self) -> Self:
        """What customers owe: invoices and debit memos. Retainage is owed once it is released (see `collectable`)."""
        return self.collectable().filter(amount__gt=0)

    def collectable(self) -> Self:
        """Items that may be asked for, paid and set off: all but retainage that nobody has released."""
        return self.exclude(kind="retainage")

    def credits(self) -> Self:
        """What we owe or hold for customers: credit memos, receipts not applied yet."""
        return self.filter(amount__lt=0)

    def past_due(self, day: date) -> Self:
        """Open items due before that day."""
        return self.open().owed().filter(due_date__lt=day)

    def holding(self, text: str) -> Self:
        """Items whose number, purchase order or customer holds the text."""
        return self.filter(
            Q(number__icontains=text) | Q(po_number__icontains=text) | Q(customer__name__icontains=text) | Q(customer__number=text)
        )


class EntryQuerySet(ScopedQuerySet):
    """Entries of the journal."""
