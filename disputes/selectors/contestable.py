"""What of a document can be contested, line by line."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from disputes.models import Dispute, DisputeLine
from invoicing.models import InvoiceLine
from ledger.models import OpenItem


@dataclass(frozen=True, slots=True)
class Contestable:
    """A line of a document: what it is worth with tax, and what of that no open case contests (minor units)."""

    pk: int
    number: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    worth: int
    free: int
    contested: int = 0
    """By the case that is amended."""

    @property
    def offered(self) -> int:
        """What its field begins with."""
        return self.contested or self.free


def contestable_lines(item: OpenItem, *, beside: Dispute | None = None) -> list[Contestable]:
    """The lines of the item's document of which something can be contested; by the case `beside`, what it contests included."""
    rows = InvoiceLine.objects.filter(invoice__open_item=item).order_by("number")
    closed = [Dispute.State.RESOLVED, Dispute.State.REJECTED]
    held = DisputeLine.objects.filter(line__in=rows).exclude(dispute__state__in=closed).order_by().values_list("line_id")
    held = held.exclude(dispute=beside) if beside else held
    own = dict(beside.lines.values_list("line_id", "amount")) if beside else {}
    contested = dict(held.annotate(total=Sum("amount")))
    made = [
        Contestable(
            line.pk, line.number, line.description or line.sku, line.quantity, line.unit, line.unit_price, line.amount + line.tax_amount,
            line.amount + line.tax_amount - contested.get(line.pk, 0), own.get(line.pk, 0),
        )
        for line in rows
    ]  # fmt: skip
    return [line for line in made if line.free > 0]
