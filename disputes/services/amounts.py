"""What can be contested of an item, and of the lines of its document."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from disputes.models import Dispute
from disputes.selectors import disputed_by_item
from disputes.selectors.contestable import contested_by_line
from disputes.services.errors import DisputeError, OverContested
from invoicing.models import InvoiceLine
from ledger.models import OpenItem

Lines = Sequence[tuple[int, int]]
"""Invoice lines by key, and how much of each is contested: minor units, with tax."""


def check_reason(reason: str) -> None:
    """Raise DisputeError unless it is a reason for a case."""
    if reason not in Dispute.Reason.values:
        raise DisputeError(f"{reason!r} is not a reason for a dispute; there are: {', '.join(Dispute.Reason.values)}", "reason")


def check_amount(item: OpenItem, amount: int, contested: int) -> None:
    """Raise DisputeError unless so much more of the item can be contested, `contested` being contested by other cases."""
    if item.amount < 0 or item.customer_id is None:
        raise DisputeError("only what a customer owes can be disputed")
    if item.kind == OpenItem.Kind.RETAINAGE:
        raise DisputeError(f"{item.number} is retainage, not due before it is billed: contest the invoice that it was held back of")
    if not 0 < amount <= item.balance - contested:
        raise OverContested(f"of {item.number} no more than what is open and not contested yet can be disputed", "amount")


def free_of(item: OpenItem, *, beside: Dispute | None = None) -> int:
    """What of the item is open and not contested, by cases other than `beside`: minor units, never negative."""
    own = beside.amount if beside and not beside.resolution else 0
    return max(0, item.balance - (disputed_by_item([item.pk]).get(item.pk, 0) - own))


class LineBook:
    """Lines of documents: what each is worth with tax, of which document it is, and how much of it other open cases contest."""

    def __init__(self, wanted: Iterable[Lines], *, beside: Dispute | None = None) -> None:
        keys = {pk for lines in wanted for pk, _ in lines}
        rows = InvoiceLine.objects.filter(pk__in=keys).values_list("pk", "number", "invoice_id", "amount", "tax_amount") if keys else ()
        self._about = {pk: (number, invoice, amount + tax) for pk, number, invoice, amount, tax in rows}
        self._contested = defaultdict[int, int](int, contested_by_line(keys, beside=beside) if keys else {})

    def check(self, lines: Lines, invoice_id: int | None, amount: int) -> None:
        """Raise DisputeError unless these are lines of the document, each contested for no more than it is worth, and they make up the
        amount. What they contest counts for what is checked after it."""
        if len({pk for pk, _ in lines}) != len(lines):
            raise DisputeError("each line can be contested once", "lines")
        for pk, part in lines:
            number, invoice, worth = self._about.get(pk, (0, None, 0))
            if invoice is None or invoice != invoice_id:
                raise DisputeError("choose lines of this document", "lines")
            if not 0 < part <= worth - self._contested[pk]:
                raise DisputeError(f"of line {number} no more than it is worth and is not contested yet can be disputed", "lines")
            self._contested[pk] += part
        if sum(part for _, part in lines) != amount:
            raise DisputeError("the lines don't add up to the amount in dispute", "lines")
