"""Proposals against the truth: how much posted without a person, how much of that was wrong, class by class."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from cashapp.engine.model import Candidate, Proposal, Receipt
from cashapp.engine.synthetic import Truth, World

ONE_UNNAMED = frozenset({"one item, nothing named", "twins, nothing named"})


@dataclass(slots=True)
class Tally:
    """Counts of one class, or of all. Amounts in minor units. A line is an item the payer meant to pay."""

    name: str
    receipts: int = 0
    value: int = 0
    posted: int = 0
    posted_value: int = 0
    wrong: int = 0
    wrong_value: int = 0
    lines: int = 0
    lines_posted: int = 0
    first_right: int = 0
    right_at: Counter[int] = field(default_factory=Counter)
    wrong_at: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Straight-through rate by count (the envelope rate): receipts posted without a person, over all."""
        return self.posted / self.receipts if self.receipts else 0.0

    @property
    def value_rate(self) -> float:
        """Straight-through rate by value."""
        return self.posted_value / self.value if self.value else 0.0

    @property
    def line_rate(self) -> float:
        """Items posted rightly without a person, over the items that were meant."""
        return self.lines_posted / self.lines if self.lines else 0.0

    @property
    def wrong_per_thousand(self) -> float:
        """Receipts posted wrongly, per thousand posted."""
        return 1000 * self.wrong / self.posted if self.posted else 0.0

    def recall_from(self, score: int) -> float:
        """Share of the receipts whose first answer is right and scores so much or more."""
        right = sum(n for at, n in self.right_at.items() if at >= score)
        return right / self.receipts if self.receipts else 0.0

    def score_at(self, precision: float) -> int:
        """The lowest score from which on at least that share of the first answers is right; 101 where there is none."""
        right = wrong = 0
        found = 101
        for score in sorted(self.right_at.keys() | self.wrong_at.keys(), reverse=True):
            right, wrong = right + self.right_at[score], wrong + self.wrong_at[score]
            if right >= precision * (right + wrong):
                found = score
        return found


@dataclass(frozen=True, slots=True)
class Measure:
    """The whole batch and each class of receipts."""

    total: Tally
    classes: tuple[Tally, ...]
    mistakes: tuple[tuple[Truth, Proposal], ...]


def applied(proposal: Proposal) -> dict[int, tuple[int, int, int]]:
    """By item: cash, discount, write-off."""
    return {a.item_id: (a.amount, a.discount, a.write_off) for a in proposal.allocations}


def measure(proposals: Iterable[Proposal], receipts: Iterable[Receipt], truths: Iterable[Truth]) -> Measure:
    """Compares by receipt id. Wrong is a posted receipt whose allocation differs from the truth on any item."""
    truth_of = {t.receipt_id: t for t in truths}
    amount_of = {r.id: r.amount for r in receipts}
    total = Tally("all")
    classes: dict[str, Tally] = {}
    mistakes: list[tuple[Truth, Proposal]] = []
    for proposal in proposals:
        truth = truth_of[proposal.receipt_id]
        right = applied(proposal) == dict(truth.paid)
        for tally in (total, classes.setdefault(truth.kind, Tally(truth.kind))):
            _count(tally, proposal, truth, amount_of[proposal.receipt_id], right)
        if proposal.outcome == "post" and not right:
            mistakes.append((truth, proposal))
    return Measure(total, tuple(sorted(classes.values(), key=lambda t: -t.receipts)), tuple(mistakes))


def _count(tally: Tally, proposal: Proposal, truth: Truth, amount: int, right: bool) -> None:
    tally.receipts += 1
    tally.value += amount
    tally.lines += len(truth.paid)
    tally.first_right += right
    if proposal.outcome != "ask":
        (tally.right_at if right else tally.wrong_at)[proposal.score] += 1
    if proposal.outcome != "post":
        return
    tally.posted += 1
    tally.posted_value += amount
    given = applied(proposal)
    tally.lines_posted += sum(given.get(item) == paid for item, paid in truth.paid.items())
    if not right:
        tally.wrong += 1
        tally.wrong_value += amount


def pooled(measures: Sequence[Measure]) -> Measure:
    """Several batches as one: the counts added up, class by class."""
    total = _sum("all", [m.total for m in measures])
    names = dict.fromkeys(t.name for m in measures for t in m.classes)
    classes = [_sum(name, [t for m in measures for t in m.classes if t.name == name]) for name in names]
    return Measure(total, tuple(sorted(classes, key=lambda t: -t.receipts)), tuple(x for m in measures for x in m.mistakes))


def _sum(name: str, tallies: Sequence[Tally]) -> Tally:
    made = Tally(name)
    for one in tallies:
        for count in [f.name for f in fields(Tally) if f.name != "name"]:
            setattr(made, count, getattr(made, count) + getattr(one, count))
    return made


def undecidable(world: World, truths: Iterable[Truth]) -> set[int]:
    """Receipts that nobody can place without asking: they name nothing, and the payer owes their amount twice over.

    An item that another receipt of the batch pays is no second answer. What is in this set must never be posted.
    """
    given = list(truths)
    claimed = {item for t in given for item in t.paid}
    silent = [t for t in given if t.kind in ONE_UNNAMED and t.customer_id]
    return {t.receipt_id for t in silent if _open_question(world.by_customer[t.customer_id or 0], t, claimed)}


def _open_question(items: Sequence[Candidate], truth: Truth, claimed: set[int]) -> bool:
    (amount,) = (i.balance for i in items if i.id in truth.paid)
    return any(i.balance == amount and i.id not in claimed for i in items)


PRECISION = 0.9995
"""At this share of right answers, the goal for what posts alone, recall is compared class by class."""


def table(result: Measure) -> list[str]:
    """The measure as lines of text, weakest classes visible at a glance; the last column is recall at the score that keeps `PRECISION`."""
    head = f"{'class':<40}{'receipts':>9}{'share':>7}{'posted':>8}{'by value':>9}{'lines':>8}{'wrong':>6}{'per 1000':>9}{'recall':>8}"
    score = result.total.score_at(PRECISION)
    return [head, *(_line(t, result.total.receipts, score) for t in (*result.classes, result.total))]


def _line(tally: Tally, everything: int, score: int) -> str:
    return (
        f"{tally.name:<40}{tally.receipts:>9}{tally.receipts / max(everything, 1):>7.1%}{tally.rate:>8.1%}"
        f"{tally.value_rate:>9.1%}{tally.line_rate:>8.1%}{tally.wrong:>6}{tally.wrong_per_thousand:>9.2f}"
        f"{tally.recall_from(score):>8.1%}"
    )


def rows(result: Measure) -> Sequence[Tally]:
    """Every class, then the total: what the bench command prints or stores."""
    return (*result.classes, result.total)
