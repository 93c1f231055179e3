"""Which advices speak of which receipts: advices and receipts in, joins and open questions out. Pure, and the same whatever the order.

An advice and a receipt are compared by what both bear: a trace number, the amount, the payer, the documents named, the days between.
A join is made alone only where nothing else competes for either side; what competes is a question for a person, with its candidates.
Whole pairs come first, then several advices that make one receipt, then several receipts that make one advice.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from cashapp.engine.likeness import TRACED, Payer, Says, compare, same_payer, tokens, trace_keys
from cashapp.engine.subset import chance, subset_sums

AUTO = 80
"""A pair of less than this is never joined without a person."""

MARGIN = 10
"""How far the next best pair of either side must be behind: two that are as good are a question."""

SHOWN = 30
"""What scores less is no candidate worth a look."""

CANDIDATES = 5
MAX_SAME = 60
MAX_GROUP = 16
"""Advices (or receipts) among which a sum is looked for, and …"""
MAX_PARTS = 8
"""… how many may make it. More than that by one trace number is fine."""

LUCK = 0.01
"""How likely a sum may be a coincidence before it is a question."""


@dataclass(frozen=True, slots=True)
class Advised:
    """An advice as it is joined. `total` is what of it has no receipt yet, in minor units; None where it says no amount at all.

    `customer_id` is the head of the customer's group, so that relatives agree.
    """

    id: int
    currency: str
    total: int | None
    traces: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    customer_id: int | None = None
    payer_account: str = ""
    payer_name: str = ""
    day: date | None = None


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


class Pair(NamedTuple):
    """That an advice speaks of a receipt: how that is known, how surely (0 to 100), and why, in words."""

    advice: int
    receipt: int
    how: str
    score: int
    reasons: tuple[str, ...]


Side = tuple[str, int]
Group = tuple[tuple[int, ...], tuple[int, ...], str, str]
"""Advices, receipts, how it is known that they belong together, and why."""


@dataclass(frozen=True, slots=True)
class Joins:
    """What is joined, and for each advice that is not the receipts it may speak of, best first."""

    made: tuple[Pair, ...]
    questions: Mapping[int, tuple[Pair, ...]]


def join_all(advices: Sequence[Advised], receipts: Sequence[Received], apart: Collection[tuple[int, int]] = ()) -> Joins:
    """All joins that nothing competes with, and the candidates of every advice that is left. `apart` are pairs (advice, receipt) that a
    person took apart: they are never joined again.

    >>> from datetime import date
    >>> told = Advised(1, "EUR", 500_00, ("TRN-778812",), day=date(2026, 9, 14))
    >>> join_all([told], [Received(7, "EUR", 500_00, date(2026, 9, 15), "SEPA TRN 778812")]).made[0].how
    'trace number'
    """
    table = _Table(advices, receipts, frozenset(apart))
    made = table.whole_pairs()
    made += table.many_advices()
    made += table.many_receipts()
    return Joins(tuple(sorted(made)), table.questions())


def likely(advices: Sequence[Advised], receipts: Sequence[Received], apart: Collection[tuple[int, int]] = ()) -> list[Pair]:
    """Every pair that is worth a look, best first, whether or not something competes with it."""
    return _Table(advices, receipts, frozenset(apart)).pairs


class _Table:
    """Advices and receipts on one table; what is joined whole leaves it."""

    def __init__(self, advices: Sequence[Advised], receipts: Sequence[Received], apart: frozenset[tuple[int, int]]) -> None:
        self.advices = {a.id: a for a in sorted(advices, key=lambda a: a.id)}
        self.receipts = {r.id: r for r in sorted(receipts, key=lambda r: r.id)}
        self.said = {a.id: _said(a) for a in advices}
        self.index = _Index(self.receipts.values())
        pairs = (p for a in self.advices.values() for p in self._pairs_of(a) if (p.advice, p.receipt) not in apart)
        self.pairs = sorted(pairs, key=lambda p: (-p.score, p.advice, p.receipt))

    def _pairs_of(self, advice: Advised) -> list[Pair]:
        found = []
        said = self.said[advice.id]
        for receipt in self.index.near(said):
            likeness = compare(said, self.index.got[receipt.id])
            if likeness.score >= SHOWN:
                found.append(Pair(advice.id, receipt.id, likeness.how, likeness.score, likeness.reasons))
        return found

    def whole_pairs(self) -> list[Pair]:
        """Pairs that are sure and alone; each that is made may leave another alone."""
        made: list[Pair] = []
        while fresh := self._alone():
            made += fresh
            self._take(fresh)
        return made

    def _alone(self) -> list[Pair]:
        """Sure pairs without a rival on either side."""
        best: dict[Side, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            for side in _sides(pair):
                if len(best[side]) < 2:
                    best[side].append(pair)
        traced = Counter(side for p in self.pairs if p.how == TRACED for side in _sides(p))
        sure = (p for p in self.pairs if p.score >= AUTO and self._is_whole(p, traced))
        return [p for p in sure if all(_first(p, best[side]) for side in _sides(p))]

    def _is_whole(self, pair: Pair, traced: Mapping[Side, int]) -> bool:
        """Whether the amounts leave no room for others: a trace number that several bear is judged with all of them."""
        total, amount = self.advices[pair.advice].total, self.receipts[pair.receipt].amount
        return total in (None, amount) or all(traced[side] < 2 for side in _sides(pair))

    def many_advices(self) -> list[Pair]:
        """Several advices that make one receipt: by its trace number, or the payer's only sum that fits to the cent."""
        groups = [(r.id, g) for r in self.receipts.values() if (g := self._advices_for(r))]
        return self._groups([(tuple(a.id for a in ids), (receipt,), how, why) for receipt, (ids, how, why) in groups])

    def _advices_for(self, receipt: Received) -> tuple[list[Advised], str, str] | None:
        pool = [self.advices[p.advice] for p in self.pairs if p.receipt == receipt.id]
        by_trace = [a for a in pool if self._bears(receipt, a)]
        if len(by_trace) > 1 and sum(a.total or 0 for a in by_trace) == receipt.amount:
            return by_trace, TRACED, f"{len(by_trace)} advices bear its trace number and make its amount to the cent"
        same = [a for a in pool if a.total is not None and self._same_payer(a, receipt)]
        chosen = _only_sum([a.total or 0 for a in same], receipt.amount)
        why = f"{len(chosen)} advices of the payer make its amount to the cent, and no other choice of them does"
        return ([same[i] for i in chosen], "sum of advices", why) if chosen else None

    def many_receipts(self) -> list[Pair]:
        """Several receipts that one advice speaks of."""
        groups = [(a.id, g) for a in self.advices.values() if a.total is not None and (g := self._receipts_for(a))]
        return self._groups([((advice,), tuple(r.id for r in some), how, why) for advice, (some, how, why) in groups])

    def _receipts_for(self, advice: Advised) -> tuple[list[Received], str, str] | None:
        pool = [self.receipts[p.receipt] for p in self.pairs if p.advice == advice.id]
        by_trace = [r for r in pool if self._bears(r, advice)]
        if len(by_trace) > 1 and sum(r.amount for r in by_trace) == advice.total:
            return by_trace, TRACED, f"{len(by_trace)} receipts bear the advice's trace number and make its total to the cent"
        same = [r for r in pool if self._same_payer(advice, r)]
        chosen = _only_sum([r.amount for r in same], advice.total or 0)
        why = f"{len(chosen)} receipts of the payer make the advice's total to the cent, and no other choice of them does"
        return ([same[i] for i in chosen], "sum of receipts", why) if chosen else None

    def _bears(self, receipt: Received, advice: Advised) -> bool:
        return bool(self.index.got[receipt.id].traces & self.said[advice.id].traces)

    def _same_payer(self, advice: Advised, receipt: Received) -> bool:
        return same_payer(self.said[advice.id].payer, self.index.got[receipt.id].payer)

    def _groups(self, groups: Sequence[Group]) -> list[Pair]:
        """Pairs of groups that don't want the same advice or receipt."""
        wanted = Counter(side for advices, receipts, _, _ in groups for side in _members(advices, receipts))
        made = []
        for advices, receipts, how, why in groups:
            if all(wanted[side] == 1 for side in _members(advices, receipts)):
                made += [Pair(a, r, how, 95 if how == TRACED else 85, (why,)) for a in advices for r in receipts]
        self._take(made)
        return made

    def _take(self, made: Iterable[Pair]) -> None:
        for pair in made:
            self.advices.pop(pair.advice, None)
            self.receipts.pop(pair.receipt, None)
        self.pairs = [p for p in self.pairs if p.advice in self.advices and p.receipt in self.receipts]

    def questions(self) -> dict[int, tuple[Pair, ...]]:
        """The receipts that each advice left may speak of, best first."""
        found: dict[int, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            if len(found[pair.advice]) < CANDIDATES:
                found[pair.advice].append(pair)
        return {advice: tuple(pairs) for advice, pairs in sorted(found.items())}


def _sides(pair: Pair) -> tuple[Side, Side]:
    return ("advice", pair.advice), ("receipt", pair.receipt)


def _members(advices: Sequence[int], receipts: Sequence[int]) -> list[Side]:
    return [*(("advice", a) for a in advices), *(("receipt", r) for r in receipts)]


def _first(pair: Pair, best: Sequence[Pair]) -> bool:
    return best[0] == pair and (len(best) == 1 or pair.score - best[1].score >= MARGIN)


def _only_sum(values: Sequence[int], target: int) -> tuple[int, ...]:
    """The places of the only two or more values that make the target, unless that may well be chance; else none."""
    if not 2 <= len(values) <= MAX_GROUP:
        return ()
    found = subset_sums(values, target, max_items=MAX_GROUP, max_size=MAX_PARTS)
    alone = len(found.solutions) == 1 and len(found.solutions[0]) > 1
    every = alone and len(found.solutions[0]) == len(values)
    return found.solutions[0] if alone and (every or chance(values, found.solutions[0]) <= LUCK) else ()


def _said(a: Advised) -> Says:
    return Says(a.currency, a.total, trace_keys(a.traces), a.numbers, Payer(a.customer_id, a.payer_account, a.payer_name), a.day)


def _got(r: Received) -> Says:
    return Says(r.currency, r.amount, tokens(r.words), r.numbers, Payer(r.customer_id, r.payer_account, r.payer_name), r.day)


class _Index:
    """Receipts by what an advice may find them by."""

    def __init__(self, receipts: Iterable[Received]) -> None:
        self._by: dict[tuple[str, object], list[Received]] = defaultdict(list)
        self.got: dict[int, Says] = {}
        for receipt in receipts:
            self.got[receipt.id] = got = _got(receipt)
            for name in _names(got):
                self._by[name].append(receipt)

    def near(self, said: Says) -> list[Received]:
        """Receipts that share anything with an advice; where too many do, the nearest in time."""
        found: dict[int, Received] = {}
        for name in _names(said):
            shared = self._by.get(name, [])
            if len(shared) > MAX_SAME:
                shared = sorted(shared, key=lambda r: (abs((r.day - (said.day or r.day)).days), r.id))[:MAX_SAME]
            found |= {r.id: r for r in shared}
        return [found[pk] for pk in sorted(found) if found[pk].currency == said.currency]


def _names(said: Says) -> list[tuple[str, object]]:
    who = said.payer
    found: list[tuple[str, object]] = [*(("trace", t) for t in sorted(said.traces)), *(("document", n) for n in sorted(said.numbers))]
    found += [("amount", (said.currency, said.amount))] if said.amount is not None else []
    found += [("customer", who.customer_id)] if who.customer_id is not None else []
    found += [(kind, value) for kind, value in (("account", who.plain_account), ("name", who.plain_name)) if value]
    return found
