"""Which of some amounts come to a sum exactly. Pure, bounded, and the same answer every time.

Asked of a case: which findings together are what the customer left out. Amounts stand in the order of preference; of the choices that come
to the sum, one without strangers counts before one with them (a stranger is an amount that doesn't fit what the customer says), then fewer
amounts before more, then those that stand first.
"""

from collections.abc import Collection, Sequence

MOST = 24
"""Amounts that are looked at; those after them are left out."""
SUMS = 8_192
"""Sums that are kept in mind; a document with more of them is explained by hand."""
Choice = tuple[int, int, tuple[int, ...]]
"""Strangers, amounts, and which: the smaller, the better."""


class Sums:
    """Every sum that some of the amounts come to, with the best choice for it; reckoned once."""

    def __init__(self, amounts: Sequence[int], strangers: Collection[int] = ()) -> None:
        self._best: dict[int, Choice] = {}
        for place, amount in enumerate(amounts[:MOST]):
            if amount:
                _add(self._best, amount, place, place in strangers)

    def exact(self, target: int) -> tuple[int, ...] | None:
        """The places of the amounts that come to `target`, or None where none do (or too many sums would have to be looked at)."""
        chosen = self._best.get(target)
        return chosen[2] if chosen else None

    def within(self, limit: int) -> tuple[int, ...]:
        """The places of the amounts that come nearest to `limit` without passing it; none where each is more."""
        best = max((total for total in self._best if 0 < total <= limit), default=0)
        return self._best[best][2] if best else ()


def _add(best: dict[int, Choice], amount: int, place: int, strange: bool) -> None:
    """Every sum so far, with this amount too."""
    alone: Choice = (int(strange), 1, (place,))
    wider = [(amount, alone)] + [(total + amount, (s + strange, n + 1, (*which, place))) for total, (s, n, which) in best.items()]
    for total, choice in wider:
        known = best.get(total)
        if (known is None and len(best) < SUMS) or (known is not None and choice < known):
            best[total] = choice
