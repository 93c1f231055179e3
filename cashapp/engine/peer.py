"""The plain matcher that the engine is measured beside: a document number that stands in the remittance, and the amount to the cent.

No payer, no noise, no sums of what isn't named. It is what a lookup in a spreadsheet does.
"""

import re
from collections.abc import Iterable, Sequence

from cashapp.engine.model import Allocation, Candidate, Proposal, Receipt

_BETWEEN = re.compile(r"[\s,;+:]+")


def match_plainly(receipts: Iterable[Receipt], candidates: Sequence[Candidate]) -> list[Proposal]:
    """Posts where the open items named add up to the receipt; asks everywhere else."""
    by_number = {c.number: c for c in candidates if c.balance}
    return [_proposal(r, by_number) for r in receipts]


def _proposal(receipt: Receipt, by_number: dict[str, Candidate]) -> Proposal:
    words = [*(line.number for line in receipt.structured), *_BETWEEN.split(receipt.text)]
    named = {c.id: c for word in words if (c := by_number.get(word))}
    fits = bool(named) and sum(c.balance for c in named.values()) == receipt.amount
    allocations = tuple(Allocation(c.id, c.balance) for c in named.values()) if fits else ()
    customer = next(iter(named.values())).customer_id if fits else None
    residual = 0 if fits else receipt.amount
    return Proposal(
        receipt.id, customer, allocations, residual, "none" if fits else "ask", "number and amount", 100 if fits else 0,
        ("the number stands in the text and the amount agrees",) if fits else ("nothing agrees",), (), "post" if fits else "ask",
    )  # fmt: skip
