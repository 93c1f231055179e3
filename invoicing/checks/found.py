"""What the check before issue says: frozen records, ready to be kept and shown."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Source:
    """What says so: the kind of document (contract, purchase_order, order, delivery, work_order, customer, tax_rate, invoice, …), its
    number and pk (0: the document that is checked), line, revision or version, day, and the value that stands there, for people."""

    document: str
    number: str
    key: int
    line: int | None
    revision: int | None
    day: date | None
    value: str


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that the customer would not pay. Goes into invoicing.Finding field by field.

    `effect` is in minor units of the document's currency: > 0 billed too much, < 0 too little, 0 where no sum can be named; for what
    holds up the whole document (a missing number) it is 0 too: at stake is then its total. `key` is the same for the same finding of the
    next run: rule, lines, and what else tells it apart.
    """

    rule: str
    severity: str
    lines: tuple[int, ...]
    expected: str
    billed: str
    effect: int
    origin: str
    words: str
    reasoning: str
    remedy: str
    sources: tuple[Source, ...]
    key: str
