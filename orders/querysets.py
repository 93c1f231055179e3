"""Contracts, purchase orders, sales orders and work orders in sight."""

from datetime import date
from typing import Self

from django.db.models import Q

from org.querysets import ScopedQuerySet


class RecordQuerySet(ScopedQuerySet):
    """Documents of the order's life: seen by company, and by the customer's collector where portfolios apply."""

    collector_path = "customer__collector_id"

    def named(self, text: str) -> Self:
        """Those whose number begins with the text, in any case."""
        return self.filter(number__istartswith=text)


class PurchaseOrderQuerySet(RecordQuerySet):
    """Customers' purchase orders."""

    def usable(self, day: date) -> Self:
        """Open ones that haven't expired by that day."""
        return self.filter(Q(expires_on=None) | Q(expires_on__gte=day), state="open")


class WorkOrderQuerySet(RecordQuerySet):
    """Work orders."""

    def finished(self) -> Self:
        """Those that are done."""
        return self.filter(state="done")
