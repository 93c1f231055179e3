"""A batch of one company's documents on its way through the check."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from invoicing.checks import Policy
from invoicing.selectors.chain import Chain, Placed
from invoicing.selectors.rows import gather


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents of one company with what they are checked against. `kept` says where they are kept already ("draft", "invoice" or
    nowhere yet), which keeps them out of what was billed before; `until` leaves out invoices from that key on."""

    placed: Sequence[Placed]
    chain: Chain
    policy: Policy = field(default_factory=Policy)
    kept: str = ""
    until: int | None = None

    @property
    def company_id(self) -> int:
        """The company of all of them."""
        return self.placed[0].company_id

    @property
    def customers(self) -> set[int]:
        """Whose documents they are."""
        return {p.customer_id for p in self.placed}

    @property
    def left_out(self) -> list[int]:
        """Invoices that don't count as billed before: those that are checked, and those they bill again."""
        return sorted(self.billed_again() | ({p.key for p in self.placed} if self.kept == "invoice" else set()))

    def billed_again(self) -> set[int]:
        """Invoices that documents of the batch take the place of. Only what was credited in full is billed again: to name an invoice that
        still stands makes nothing of it unbilled."""
        keys = sorted({p.replaces for p in self.placed if p.replaces})
        if not keys:
            return set()
        sql = (
            "SELECT i.id FROM invoicing_invoice i JOIN invoicing_invoice m ON m.refers_to_id = i.id AND m.kind = 'credit_memo'"
            " WHERE i.id = ANY(%s) GROUP BY i.id HAVING sum(m.total) >= i.total"
        )
        return {pk for (pk,) in gather(sql, keys)}

    @property
    def skus(self) -> set[str]:
        """Articles that are billed."""
        return {line.sku for p in self.placed for line in p.document.lines if line.sku}
