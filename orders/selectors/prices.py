"""Prices in force on a day, of all contracts in sight."""

from datetime import date
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from orders.models import Contract, ContractPrice, ContractVersion
from org.actors import Actor


def prices_in_force(actor: Actor, day: date) -> QuerySet[Any]:
    """Lines of the price lists that hold on the day: of each contract's version in force (see `orders.terms.in_force`)."""
    holds = Q(valid_to=None) | Q(valid_to__gte=day)
    latest = ContractVersion.objects.filter(holds, contract=OuterRef("version__contract"), valid_from__lte=day).order_by("-number")
    contracts = Contract.objects.visible_to(actor, "orders.view").filter(Q(ended_on=None) | Q(ended_on__gt=day))
    return (
        ContractPrice.objects.filter(version__contract__in=contracts)
        .filter(Q(valid_from=None) | Q(valid_from__lte=day), holds)
        .filter(version__valid_from__lte=day, version__number=Subquery(latest.values("number")[:1]))
        .annotate(currency=F("version__contract__currency"))
        .select_related("version__contract")
    )
