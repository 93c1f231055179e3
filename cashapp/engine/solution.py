"""A way to apply one receipt, with the evidence for it and the doubts against it; and the words for both."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from arops.lib import money
from cashapp.engine.case import Case
from cashapp.engine.fit import Amount, Fit
from cashapp.engine.hits import Group
from cashapp.engine.model import Alternative, Candidate, Evidence
from cashapp.engine.payers import PayerLevel
from cashapp.engine.references import Level
from cashapp.engine.scoring import DOUBT_CAP


class Solution(NamedTuple):
    """A fit found by a rule. A solution with any doubt never posts."""

    rule: str
    score: int
    customer_id: int | None
    fit: Fit
    reasons: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def effect(self) -> tuple[object, ...]:
        """What it would do, for comparing two solutions."""
        return tuple(sorted((a.item_id, a.amount, a.discount, a.write_off) for a in self.fit.allocations))

    def doubted(self, *doubts: str) -> "Solution":
        """The same with more doubts, and the lower score that goes with them."""
        if not doubts:
            return self
        return self._replace(doubts=self.doubts + doubts, score=min(self.score, DOUBT_CAP))

    def as_alternative(self) -> Alternative:
        return Alternative(
            self.customer_id, self.fit.allocations, self.fit.residual, self.fit.treatment, self.rule, self.score, self.reasons + self.doubts
        )


def payer_of(case: Case, items: Sequence[Candidate]) -> int | None:
    """On whose account the receipt belongs: the payer when he is certain, else the customer whose items are paid."""
    if len(case.identity.customers) == 1 and case.identity.level > PayerLevel.SIMILAR and case.identity.customers[0] > 0:
        return case.identity.customers[0]
    owners = {i.customer_id for i in items}
    return owners.pop() if len(owners) == 1 else None


def by_matrix(case: Case, rule: str, items: Sequence[Candidate], found: Fit, groups: Sequence[Group]) -> Solution:
    """A solution scored by the weakest reference used, the payer's relation and the amount."""
    level = min((g.level for g in groups), default=Level.FUZZY)
    relation = case.relation(_owners(items))
    score = case.scores.matrix[level][relation][found.level.column]
    reasons = (*_reference_words(groups, items), *_payer_words(case, items), *amount_words(case, items, found))
    return Solution(rule, score, payer_of(case, items), _with_reasons(found, groups), reasons, tuple(groups))


def _with_reasons(found: Fit, groups: Sequence[Group]) -> Fit:
    """Short parts bear the reasons that the payer gave for them."""
    said = {i.id: g.reason for g in groups if g.reason for i in g.items}
    if not said:
        return found
    told = (replace(a, reason=said.get(a.item_id, "")) if a.short and not a.reason else a for a in found.allocations)
    return found._replace(allocations=tuple(told))


def _owners(items: Sequence[Candidate]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(i.customer_id for i in items))


def _reference_words(groups: Sequence[Group], items: Sequence[Candidate]) -> tuple[str, ...]:
    ids = {i.id: i.number for i in items}
    words = []
    for group in groups[:6]:
        number = next((ids[i.id] for i in group.items if i.id in ids), group.items[0].number)
        where = "in the remittance text" if group.start >= 0 else "in the structured remittance"
        how = "" if group.how in ("number", "structured remittance") else f" ({group.how})"
        words.append(f"reference {number} found {where}{how}")
    if len(groups) > 6:
        words.append(f"and {len(groups) - 6} more references")
    return tuple(words)


def _payer_words(case: Case, items: Sequence[Candidate]) -> tuple[str, ...]:
    book, identity = case.book.payers, case.identity
    owners = _owners(items)
    known = identity.customers
    if not known or set(owners) <= set(known):
        return (identity.reason,)
    others = ", ".join(book.name(o) for o in owners if o not in known)
    if all(any(o in book.for_others.get(k, ()) for k in known) for o in owners if o not in known):
        return (identity.reason, f"it was agreed that the payer pays for {others}")
    if all(any(book.related(o, k) for k in known) for o in owners):
        return (identity.reason, f"{others} belongs to the payer's group")
    return (identity.reason, f"the items are of {others}, not of the payer")


def amount_words(case: Case, items: Sequence[Candidate], found: Fit) -> tuple[str, ...]:
    """How the amount agrees, and what becomes of the difference."""
    cur = case.receipt.currency
    what = "the open balance" if len(items) == 1 else f"the open balances of {len(items)} items"
    discount = sum(a.discount for a in found.allocations)
    left = money.format(abs(found.residual), cur)
    return {
        Amount.EXACT: (f"amount equals {what} to the cent", *_days_words(case, items)),
        Amount.DISCOUNT: (f"amount equals {what} less {money.format(discount, cur)} discount taken in time",),
        Amount.UNDISPUTED: (f"amount equals {what} without the disputed part",),
        Amount.TOLERANCE: (f"amount differs from {what} by {left}, within tolerance",),
        Amount.CHARGES: (f"amount equals {what} less {left} bank charges, which are ours",),
        Amount.WITHHELD: (f"amount equals {what} less {left} tax withheld",),
        Amount.UNEARNED: (f"{left} discount was taken after its time and stays due",),
        Amount.SHORT: (f"{left} less than {what} was paid", *_swap_words(case, items)),
        Amount.OVER: (f"{left} more than {what} was paid; the rest stays on account", *_swap_words(case, items)),
        Amount.SPREAD: (f"{left} less than {what} was paid, and it isn't said on which",),
    }[found.level]


def _days_words(case: Case, items: Sequence[Candidate]) -> tuple[str, ...]:
    if len(items) != 1:
        return ()
    days = (case.receipt.value_date - items[0].due_date).days
    if days == 0:
        return ("paid on the day it was due",)
    unit = "day" if abs(days) == 1 else "days"
    return (f"paid {abs(days)} {unit} {'after' if days > 0 else 'before'} due",)


def _swap_words(case: Case, items: Sequence[Candidate]) -> tuple[str, ...]:
    owed = sum(i.balance for i in items)
    if owed != case.amount and sorted(str(owed)) == sorted(str(case.amount)):
        return ("the same digits in another order: probably typed wrongly",)
    return ()


def evidence(solution: Solution) -> tuple[Evidence, ...]:
    """Where in the text the references stand."""
    ids = {a.item_id for a in solution.fit.allocations}
    found = []
    for group in solution.groups:
        if group.start >= 0:
            number = next((i.number for i in group.items if i.id in ids), group.items[0].number)
            found.append(Evidence(group.start, group.end, group.how, number))
    return tuple(sorted(found, key=lambda e: (e.start, e.end)))
