"""Which customers there are, and which of them an actor sees."""

from datetime import date
from typing import Self

from django.db.models import Q

from org.querysets import ScopedQuerySet


class CustomerQuerySet(ScopedQuerySet):
    """Customers."""

    collector_path = "collector_id"

    def active(self) -> Self:
        """Customers that trade with us."""
        return self.filter(is_active=True)

    def on_hold(self, day: date) -> Self:
        """Customers who are not chased on that day."""
        return self.filter(Q(dunning_hold=True) & (Q(dunning_hold_until=None) | Q(dunning_hold_until__gte=day)))


class ContactQuerySet(ScopedQuerySet):
    """Contacts of customers."""

    company_path = "customer__company_id"
    collector_path = "customer__collector_id"


class OfCustomerQuerySet(ScopedQuerySet):
    """What belongs to a customer: requirements, documents."""

    collector_path = "customer__collector_id"
