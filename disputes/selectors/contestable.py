"""What of a document can be contested, line by line."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from disputes.models import Dispute, DisputeLine
from disputes.policy.track import CLOSED
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


def contested_by_line(keys: Collection[int], *, beside: Dispute | None = None) -> dict[int, int]:
    """Line → minor units of it that open cases other than `beside` contest."""
    held = DisputeLine.objects.filter(line__in=keys).exclude(dispute__state__in=CLOSED).order_by().values_list("line_id")
    held = held.exclude(dispute=beside) if beside else held
    return dict(held.annotate(total=Sum("amount")))


def contestable_lines(item: OpenItem, *, beside: Dispute | None = None) -> list[Contestable]:
    """The lines of the item's document of which something can be contested; by the case `beside`, what it contests included."""
    rows = list(InvoiceLine.objects.filter(invoice__open_item=item).order_by("number"))
    own = dict(beside.lines.values_list("line_id", "amount")) if beside else {}
    contested = contested_by_line([line.pk for line in rows], beside=beside)
    made = [
        Contestable(
            line.pk, line.number, line.description or line.sku, line.quantity, line.unit, line.unit_price, line.amount + line.tax_amount,
            line.amount + line.tax_amount - contested.get(line.pk, 0), own.get(line.pk, 0),
        )
        for line in rows
    ]  # fmt: skip
    return [line for line in made if line.free > 0]
