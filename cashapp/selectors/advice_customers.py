"""Choices while advices and cheques are keyed: customers by what is typed, receipts that an advice may speak of."""

from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Abs

from cashapp.models import Receipt, Remittance
from customers.models import Customer
from org.actors import Actor

OFFERED = 12
MARK = " · "
"""Between number and name of an offered customer."""


def customers_like(actor: Actor, company_id: int | None, text: str, permission: str = "cash.import") -> list[str]:
    """Customers in sight whose number or name begins so, or holds it, as they are typed in: number and name."""
    found: Any = Customer.objects.visible_to(actor, permission)
    if company_id:
        found = found.filter(company=company_id)
    found = found.filter(Q(number__istartswith=text) | Q(name__icontains=text)) if text else found.none()
    return [f"{number}{MARK}{name}" for number, name in found.order_by("name", "pk").values_list("number", "name")[:OFFERED]]


def customer_typed(actor: Actor, company_id: int, text: str, permission: str = "cash.import") -> Customer | None:
    """The customer that was typed: by number, by number and name as offered, or by its name where only one bears it."""
    number = text.partition(MARK)[0].strip()
    found = list(
        Customer.objects.visible_to(actor, permission)
        .filter(company=company_id)
        .filter(Q(number=number) | Q(number__iexact=text) | Q(name__iexact=text))
        .order_by("pk")[:5]
    )
    exact = [c for c in found if c.number in (number, text)]
    chosen = exact or found
    return chosen[0] if len(chosen) == 1 else None


def receipts_like(actor: Actor, remittance: Remittance, text: str = "") -> list[Receipt]:
    """Receipts in sight as typed, or of the advice's customer: of its company and currency, not applied in full, nearest amount first."""
    found: Any = Receipt.objects.visible_to(actor, "cash.apply").unapplied()
    found = found.filter(company=remittance.company_id, currency=remittance.currency, split_from=None)
    found = found.exclude(joins__in=remittance.joins.filter(ended_at=None))  # type: ignore[attr-defined]
    if text:
        found = found.filter(Q(number__iexact=text) | Q(payer_name__icontains=text) | Q(customer__name__icontains=text))
    elif remittance.customer_id:
        found = found.filter(Q(customer=remittance.customer_id) | Q(customer=None))
    near = Abs(F("amount") - (remittance.total or 0))
    found = found.select_related("customer", "bank_account").with_open().annotate(off=near)
    return list(found.order_by("off", "-value_date", "pk")[:OFFERED])
