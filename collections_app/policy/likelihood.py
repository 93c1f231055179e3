"""By how much acting today raises the probability that a debt is paid within two weeks. Pure.

Measured from the books where there are enough cases: of items of an age, the share paid within two weeks where the account was contacted
in the first of them, less the share paid where it was not. People don't choose at random whom to call, so that this is what went with a
contact, not proof of what it did: it is kept within bounds, and where cases are few the product's own starting values stand, and say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

BANDS = (0, 1, 16, 31, 61, 91, 121)
"""Days past due from which a band holds."""
WINDOW, FIRST = 14, 7
"""Days within which what was paid counts, and those of them in which a contact counts as acting."""
ENOUGH = 100
"""Cases of each kind from which what was measured stands. The field's prediction tools ask for about as many settled items."""
LEAST, MOST = 10, 400
"""Permille: bounds of what was measured."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Items of one age: those of accounts that were contacted, those of accounts that weren't, and how many of each were paid."""

    acted: int
    acted_paid: int
    left: int
    left_paid: int

    @property
    def is_enough(self) -> bool:
        """Whether there are enough of both kinds to stand on."""
        return self.acted >= ENOUGH and self.left >= ENOUGH

    @property
    def change(self) -> int:
        """Permille by which those contacted were paid more often, within bounds."""
        if not self.acted or not self.left:
            return LEAST
        return max(LEAST, min(MOST, self.acted_paid * 1000 // self.acted - self.left_paid * 1000 // self.left))


def band_of(days: int) -> int:
    """The first day of the band that days past due fall into."""
    return max((first for first in BANDS if first <= days), default=0)


def standard(days: int) -> int:
    """The product's own starting value, permille: it rises until about two months and falls after four, for older debt answers less."""
    if days <= 0:
        return 80
    return 120 + 4 * min(days, 60) if days <= 120 else max(60, 360 - (days - 120))


@dataclass(frozen=True, slots=True)
class Odds:
    """What a company's books say, band by band."""

    bands: Mapping[int, Cases] = field(default_factory=dict)

    def change(self, days: int) -> int:
        """Permille by which acting on a debt of that age raises its probability of payment."""
        cases = self.cases(days)
        return cases.change if cases else standard(days)

    def cases(self, days: int) -> Cases | None:
        """The cases that stand behind `change`; None where they are too few."""
        found = self.bands.get(band_of(days))
        return found if found and found.is_enough else None


STANDARD = Odds()
