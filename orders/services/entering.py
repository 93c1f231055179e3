"""A new record by hand: made once however often its form is sent, and never instead of one that is there."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from arops.lib.rows import Problem
from customers.models import Customer
from orders.models import PurchaseOrder
from orders.services.single import RowRefused
from org.actors import Actor
from workflow.services.once import once


def enter_record(
    *, actor: Actor, model: Any, save: Callable[..., Any], customer: Customer, row: Mapping[str, Any], token: str
) -> tuple[int, bool]:
    """The key of the record, and whether it was made now. Raises NotAllowed, NotSaved: also where its number is taken, for a row from
    outside with a number that is there would change that record."""

    def make() -> int:
        _require_free(model, customer, str(row.get("number", "")))
        return int(save(actor=actor, row=row).pk)

    return once(actor=actor, token=token, make=make)


def _require_free(model: Any, customer: Customer, number: str) -> None:
    """Two who enter the same number wait for each other. Purchase orders have their customers' numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{model._meta.label}:{customer.company_id}:{number}"])
    taken = model.objects.filter(company=customer.company_id, number=number)
    if model is PurchaseOrder:
        taken = taken.filter(customer=customer)
    if taken.exists():
        raise RowRefused((Problem("/number", "conflict", f"another {model._meta.verbose_name} bears the number {number}"),))
