"""Customers and orders for a choice."""

from typing import Any

from django.db.models import Q

from customers.models import Customer
from orders.models import SalesOrder
from org.actors import Actor


def customers_like(actor: Actor, text: str, limit: int = 20) -> list[Any]:
    """Customers in sight by name or number."""
    found: Any = Customer.objects.visible_to(actor, "orders.edit").active().select_related("company")
    if text:
        found = found.filter(Q(name__icontains=text) | Q(number__istartswith=text))
    return list(found.order_by("name", "pk")[:limit])


def orders_like(actor: Actor, text: str, limit: int = 20) -> list[Any]:
    """Orders that are still open, by number or customer, the latest first."""
    found: Any = SalesOrder.objects.visible_to(actor, "orders.edit").filter(state="open").select_related("company", "customer")
    if text:
        found = found.filter(Q(number__istartswith=text) | Q(customer__name__icontains=text) | Q(po_number__istartswith=text))
    return list(found.order_by("-ordered_on", "-pk")[:limit])
