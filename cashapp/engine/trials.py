"""Proposals held against what finally stood: what a policy would have posted of past receipts, proposed, asked; how much of it rightly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from cashapp.engine.model import Proposal
from cashapp.engine.own import OwnRule

Way = Literal["post", "propose", "ask"]
WAYS: tuple[Way, ...] = ("post", "propose", "ask")
_WAY: Mapping[str, Way] = {"post": "post", "suggest": "propose", "ask": "ask"}


class Stood(NamedTuple):
    """What became of a receipt in the end: whose it is, what left each item (signed minor units), whether a rest stayed on account."""

    customer_id: int | None
    settled: Mapping[int, int]
    on_account: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a policy would have done with one receipt. `right`: just what finally stood; None where it would have asked.
    `held_back`: good enough to post by its score, but another receipt of the day claims the same item."""

    receipt_id: int
    way: Way
    rule: str
    score: int
    right: bool | None
    held_back: bool = False

    def __str__(self) -> str:
        return f"{self.way}, {self.rule} {self.score}" if self.way != "ask" else "ask"


def answer_of(proposal: Proposal, stood: Stood, post_from: int) -> Answer:
    """A proposal judged by what stood. A proposal without allocations counts as an answer only where it leaves the money on account."""
    way = _WAY[proposal.outcome]
    keeps = proposal.residual_treatment == "on_account" and not proposal.allocations
    if way == "ask" or not (proposal.allocations or keeps):
        return Answer(proposal.receipt_id, "ask", proposal.rule, proposal.score, None)
    given: dict[int, int] = {}
    for a in proposal.allocations:
        given[a.item_id] = given.get(a.item_id, 0) + a.settled
    right = {i: amount for i, amount in given.items() if amount} == dict(stood.settled)
    if keeps:
        right = right and stood.on_account and proposal.customer_id == stood.customer_id
    held = way == "propose" and proposal.score >= post_from
    return Answer(proposal.receipt_id, way, proposal.rule, proposal.score, right, held)


@dataclass(slots=True)
class Tally:
    """How many, of them how many rightly, and their money by currency (minor units)."""

    count: int = 0
    right: int = 0
    value: dict[str, int] = field(default_factory=dict)

    def add(self, answer: Answer, amount: int, currency: str) -> None:
        """Count one answer."""
        self.count += 1
        self.right += bool(answer.right)
        self.value[currency] = self.value.get(currency, 0) + amount

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {"count": self.count, "right": self.right, "value": dict(sorted(self.value.items()))}


@dataclass(slots=True)
class Side:
    """All answers of one policy: by way, by rule and way, and by score what was right (in all, and by the customer whose money it was)."""

    ways: dict[str, Tally] = field(default_factory=lambda: {way: Tally() for way in WAYS})
    rules: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    scores: dict[int, list[int]] = field(default_factory=dict)
    customers: dict[int, dict[int, list[int]]] = field(default_factory=dict)

    def add(self, answer: Answer, stood: Stood, amount: int, currency: str) -> None:
        """Count an answer of a receipt of that amount."""
        self.ways[answer.way].add(answer, amount, currency)
        if answer.way == "ask":
            return
        _count(self.rules.setdefault(answer.rule, {}).setdefault(answer.way, [0, 0]), answer)
        if not answer.held_back:
            _count(self.scores.setdefault(answer.score, [0, 0]), answer)
            if stood.customer_id is not None:
                _count(self.customers.setdefault(stood.customer_id, {}).setdefault(answer.score, [0, 0]), answer)

    def plain(self) -> dict[str, Any]:
        """As it is kept: keys are text."""
        return {
            **{way: tally.plain() for way, tally in self.ways.items()},
            "rules": {rule: dict(ways) for rule, ways in sorted(self.rules.items())},
            "scores": {str(score): pair for score, pair in sorted(self.scores.items())},
            "customers": {str(c): {str(s): pair for s, pair in sorted(found.items())} for c, found in sorted(self.customers.items())},
        }


def _count(pair: list[int], answer: Answer) -> None:
    pair[0] += 1
    pair[1] += bool(answer.right)


def spoke(proposal: Proposal, rule: OwnRule) -> bool:
    """Whether an own rule had a part in the proposal."""
    if rule.effect == "charges":
        return any(a.charges for a in proposal.allocations)
    if rule.effect == "withholding":
        return any(a.withheld for a in proposal.allocations)
    return any(words.startswith((named(rule.name), f"own rule {rule.name}:")) for words in proposal.reasons)


def named(rule: str) -> str:
    """How an own rule stands among the reasons of what it had a part in."""
    return f"own rule: {rule}"


def differ(before: Answer, after: Answer) -> bool:
    """Whether somebody would notice: another way, or another answer. A score alone is no difference."""
    return before.way != after.way or before.right != after.right or (before.rule != after.rule and before.way != "ask")


def weight(before: Answer, after: Answer) -> int:
    """Order of differences, the gravest first: newly posted wrongly, no longer posted wrongly, no longer posted, newly posted, others."""
    if after.way == "post" and not after.right and not (before.way == "post" and not before.right):
        return 0
    if before.way == "post" and not before.right:
        return 1
    if before.way == "post" and after.way != "post":
        return 2
    return 3 if after.way == "post" and before.way != "post" else 4


def samples(side: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """Score → (answers, of them right), from a side as it was kept."""
    return {int(score): (pair[0], pair[1]) for score, pair in (side.get("scores") or {}).items()}


def samples_of_customers(side: Mapping[str, Any]) -> dict[int, dict[int, tuple[int, int]]]:
    """The same by customer."""
    return {int(c): {int(s): (p[0], p[1]) for s, p in found.items()} for c, found in (side.get("customers") or {}).items()}


def total(pairs: Iterable[Sequence[int]]) -> tuple[int, int]:
    """The sum of (answers, right) pairs."""
    count = right = 0
    for n, r in pairs:
        count, right = count + n, right + r
    return count, right
