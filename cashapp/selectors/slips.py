"""Payments as they came, for whoever looks into a case."""

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from arops.lib.http import address
from cashapp.models import Receipt
from disputes.selectors.payments import Slip

MOST = 50
"""Payments that are looked at for a number in their text; the latest."""


class Slips:
    """Receipts, read for cases."""

    def of_items(self, items: Collection[int]) -> dict[int, Slip]:
        """The receipts that these open items stand for, by item."""
        return {slip.item: slip for slip in _slips(Receipt.objects.filter(open_item__in=items))}

    def naming(self, customer_id: int, number: str, since: date) -> list[Slip]:
        """The customer's receipts since a day whose text has the number; those that were sent back don't count."""
        found = Receipt.objects.filter(customer=customer_id, value_date__gte=since, text__icontains=number, returned_on=None)
        return _slips(found.order_by("-value_date", "-pk")[:MOST])


def _slips(found: "QuerySet[Receipt]") -> list[Slip]:
    return [
        Slip(
            r.pk, r.open_item_id, r.number, r.value_date, r.amount, r.unapplied, r.payer_name, r.text, address("cashapp:receipt", r.pk)
        )
        for r in found.select_related("open_item")
    ]  # fmt: skip
