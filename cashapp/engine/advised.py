"""Lines of advices as the references that the engine matches by: what each document gets, what was held back from it, and why.

An adjustment that names the document of another line belongs to it. One that stands alone under a reason we know is a deduction, never a
document of ours: where the advice pays a single document it is held back from that, else it is left to the amounts (or a person).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cashapp.engine.model import Reference
from cashapp.engine.references import key
from cashapp.engine.subset import subset_sums

MAX_SPLIT = 22
"""Lines among which those of one of several receipts are looked for."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line of an advice. Minor units as the payer signs them (a credit or a deduction < 0), None where it doesn't say.

    `reason` is what the payer's own `code` is to us; empty where nobody said.
    """

    number: str = ""
    po_number: str = ""
    is_adjustment: bool = False
    gross: int | None = None
    discount: int | None = None
    adjustment: int | None = None
    paid: int | None = None
    reason: str = ""

    @property
    def amount(self) -> int | None:
        """What it adds to the payment."""
        if self.paid is not None:
            return self.paid
        if self.is_adjustment or self.gross is None:
            return self.adjustment
        return self.gross - (self.discount or 0) + (self.adjustment or 0)

    @property
    def named(self) -> str:
        """The document as the payer names it."""
        return self.number or self.po_number


def references_of(lines: Iterable[Told]) -> tuple[Reference, ...]:
    """The lines as references, one a document, in the order of the advice.

    >>> references_of([Told("INV-1", paid=100_00), Told("INV-1", is_adjustment=True, adjustment=-5_00, reason="damaged")])
    (Reference(number='INV-1', amount=9500, discount=None, reason='damaged'),)
    """
    told = list(lines)
    documents: dict[str, Reference] = {}
    for line in told:
        if not line.is_adjustment and line.named:
            _put(documents, line)
    loose = []
    for line in told:
        if line.is_adjustment:
            if key(line.named) in documents or (line.named and not line.reason):
                _put(documents, line)
            elif line.reason:
                loose.append(line)
    if len(documents) == 1 and len(loose) == 1:
        ((name, only),) = documents.items()
        documents[name] = replace(only, amount=_sum(only.amount, loose[0].amount), reason=only.reason or loose[0].reason)
    return tuple(documents.values())


def _put(documents: dict[str, Reference], line: Told) -> None:
    name = key(line.named) or line.named
    known = documents.get(name)
    if known is None:
        documents[name] = Reference(line.named, line.amount, line.discount, line.reason)
    else:
        discount = known.discount if line.discount is None else (known.discount or 0) + line.discount
        documents[name] = Reference(known.number, _sum(known.amount, line.amount), discount, known.reason or line.reason)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def share_of(references: Sequence[Reference], amount: int) -> tuple[Reference, ...]:
    """Of an advice for several receipts, the lines that one of `amount` pays: the only choice of them that makes it to the cent; else all,
    without their amounts, which are said of more money than this."""
    values = [r.amount for r in references if r.amount is not None]
    if len(values) == len(references) <= MAX_SPLIT:
        found = subset_sums(values, amount, max_items=MAX_SPLIT, max_size=MAX_SPLIT)
        if found.complete and len(found.solutions) == 1:
            return tuple(references[n] for n in found.solutions[0])
    return tuple(replace(r, amount=None) for r in references)
