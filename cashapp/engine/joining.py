"""Which advices speak of which receipts: advices and receipts in, joins and open questions out. Pure, and the same whatever the order.

An advice and a receipt are compared by what both bear: a trace number, the amount, the payer, the documents named, the days between.
A join is made alone only where nothing else competes for either side; what competes is a question for a person, with its candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

AUTO = 80
"""A pair of less than this is never joined without a person."""


@dataclass(frozen=True, slots=True)
class Advised:
    """An advice as it is joined. `total` is what of it has no receipt yet, in minor units; None where it says no amount at all."""

    id: int
    currency: str
    total: int | None
    traces: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    customer_id: int | None = None
    payer_account: str = ""
    payer_name: str = ""
    day: date | None = None
    is_begun: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A receipt as it is joined. `amount` is what of it no advice explains yet; `words` is everything the bank told, for traces."""

    id: int
    currency: str
    amount: int
    day: date
    words: str = ""
    numbers: frozenset[str] = frozenset()
    customer_id: int | None = None
    payer_account: str = ""
    payer_name: str = ""
    is_begun: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """That an advice speaks of a receipt: how that is known, how surely (0 to 100), and why, in words."""

    advice: int
    receipt: int
    how: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joins:
    """What is joined, and for each advice that is not the receipts it may speak of, best first."""

    made: tuple[Pair, ...]
    questions: dict[int, tuple[Pair, ...]]


def join_all(advices: Sequence[Advised], receipts: Sequence[Received]) -> Joins:
    """All joins that nothing competes with, and the candidates of every advice that is left."""
    return Joins((), {})
