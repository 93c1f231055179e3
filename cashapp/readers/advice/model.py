"""What every remittance advice becomes: who paid, how much, when, and what each document of ours gets.

Minor units of the currency, signed as the payer means it: what is paid of an invoice > 0, a credit taken < 0. What an advice doesn't say
is None, never 0. Nothing is made to tie: `total` and the sum of the lines may disagree, and that is shown, not hidden.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["invoice", "credit", "adjustment", "other"]


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """One document of ours, or an adjustment (`code` is the payer's reason) that may name one."""

    reference: str = ""
    kind: Kind = "invoice"
    gross: int | None = None
    discount: int | None = None
    adjustment: int | None = None
    paid: int | None = None
    code: str = ""
    text: str = ""
    po_number: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """One payment as its payer explains it. `trace` is the cheque, trace or end-to-end number that the bank knows it by too."""

    currency: str
    total: int | None
    lines: tuple[AdviceLine, ...] = ()
    payment_date: date | None = None
    payer_name: str = ""
    payer_account: str = ""
    trace: str = ""
    reference: str = ""
    text: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sum_of_lines(self) -> int | None:
        """What the lines say was paid; None unless every one says it."""
        amounts = [line.paid if line.paid is not None else line.adjustment for line in self.lines]
        return None if not amounts or None in amounts else sum(a for a in amounts if a is not None)


@dataclass(frozen=True, slots=True)
class AdviceFile:
    """A file of advices. `format` as the screens name it, such as "X12 820"."""

    format: str
    advices: tuple[Advice, ...]
    notes: tuple[str, ...] = ()
