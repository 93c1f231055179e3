"""What the documents of a batch draw, counted for those after them: without it, two halves of a batch could each use up one order."""

from decimal import Decimal
from typing import TYPE_CHECKING

from invoicing.checks.facts import Claim, Earlier, EarlierLine

if TYPE_CHECKING:
    from invoicing.checks.case import Case, Strand

Pairs = tuple[tuple[str, Decimal], ...]


class Tally:
    """Sums of a batch so far. Empty for a document by itself. Its claims bear the document's key negated, as no issued invoice does."""

    __slots__ = ("contracts", "earlier", "order_claims", "po_amounts", "po_lines", "po_quantities", "step_claims", "work_claims")

    def __init__(self) -> None:
        self.po_amounts: dict[int, int] = {}
        self.po_lines: dict[tuple[int, int], int] = {}
        self.po_quantities: dict[tuple[int, int], Pairs] = {}
        self.contracts: dict[int, int] = {}
        self.order_claims: dict[tuple[int, int], tuple[Claim, ...]] = {}
        self.work_claims: dict[int, tuple[Claim, ...]] = {}
        self.step_claims: dict[tuple[int, str], tuple[Claim, ...]] = {}
        self.earlier: dict[int, tuple[Earlier, ...]] = {}

    def quantity(self, po: int, line: int) -> Pairs:
        """What the batch drew on a line of a purchase order so far, by unit."""
        return self.po_quantities.get((po, line), ())

    def record(self, case: "Case") -> None:
        """Count what a document draws."""
        document = case.document
        for strand in case.strands:
            self._line(strand, case)
        lines = tuple(
            EarlierLine(
                x.line.sku, x.line.quantity, x.line.unit_price, x.line.amount, x.po.key if x.po else None, x.line.po_line,
                x.order.key if x.order else None, x.line.work_order,
            )
            for x in case.strands
        )  # fmt: skip
        one = Earlier(
            -document.key, document.number, document.document_date, document.total, document.currency, document.po_number, document.order,
            lines, is_draft=True,
        )  # fmt: skip
        self.earlier[document.customer] = (*self.earlier.get(document.customer, ()), one)

    def _line(self, strand: "Strand", case: "Case") -> None:
        line, d = strand.line, case.document
        claim = Claim(-d.key, d.number, d.document_date, line.sku, line.quantity, line.unit, line.amount, line.number, line.period)
        if strand.po:
            po = strand.po.key
            self.po_amounts[po] = self.po_amounts.get(po, 0) + line.amount
            if strand.po_line:
                key = po, strand.po_line.number
                self.po_lines[key] = self.po_lines.get(key, 0) + line.amount
                self.po_quantities[key] = (*self.po_quantities.get(key, ()), (line.unit, line.quantity))
        if strand.contract:
            self.contracts[strand.contract.key] = self.contracts.get(strand.contract.key, 0) + line.amount
            if strand.step:
                step = strand.contract.key, strand.step.code
                self.step_claims[step] = (*self.step_claims.get(step, ()), claim)
        if strand.order and strand.order_line:
            order = strand.order.key, strand.order_line.number
            self.order_claims[order] = (*self.order_claims.get(order, ()), claim)
        if strand.work:
            self.work_claims[strand.work.key] = (*self.work_claims.get(strand.work.key, ()), claim)
