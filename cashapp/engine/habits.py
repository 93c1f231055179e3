"""What people keep doing by hand with receipts of a kind: rules that could be, each with how often it would have been right.

A habit is offered from three cases on of which nine in ten agree; the share that agrees is shown with its Wilson interval, so that three of
three reads as the little it is.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

LEAST, AGREEING = 3, Fraction(9, 10)
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Short:
    """What one item was short by hand: minor units, what was owed, and the reason that somebody gave (empty: none)."""

    amount: int
    owed: int
    reason: str = ""

    @property
    def percent(self) -> Decimal:
        """Of what was owed, two decimals."""
        return (Decimal(100 * self.amount) / Decimal(self.owed)).quantize(Decimal("0.01")) if self.owed else Decimal(0)


@dataclass(frozen=True, slots=True)
class Work:
    """What a person did with one receipt. `payer`: the key under which the payer shows himself, where a person had to name him."""

    receipt_id: int
    customer_id: int
    currency: str
    payer: tuple[str, str] = ("", "")
    on_account: bool = False
    charges: int = 0
    withheld: int = 0
    owed: int = 0
    shorts: tuple[Short, ...] = ()

    @property
    def short(self) -> bool:
        """Whether less than was owed came in."""
        return bool(self.charges or self.withheld or self.shorts)


@dataclass(frozen=True, slots=True)
class Habit:
    """A rule that could be, in the words of `CashRule`: `cases` in which it would have spoken, of them `agreeing`."""

    effect: str
    customer_id: int
    condition: dict[str, Any]
    values: dict[str, Any]
    cases: int
    agreeing: int
    examples: tuple[int, ...] = field(default=())


def habits(works: Sequence[Work]) -> list[Habit]:
    """Habits in the work of people, most cases first."""
    found = [*_payers(works), *_on_account(works), *_charges(works), *_withholding(works), *_deductions(works)]
    return sorted(found, key=lambda h: (-h.cases, h.effect, h.customer_id))


def _groups(works: Iterable[Work], key: Callable[[Work], Hashable]) -> dict[Any, list[Work]]:
    found: dict[Any, list[Work]] = defaultdict(list)
    for work in works:
        found[key(work)].append(work)
    return {k: rows for k, rows in found.items() if len(rows) >= LEAST}


def _habit(effect: str, customer: int, rows: Sequence[Work], agreeing: Sequence[Work], **more: dict[str, Any]) -> list[Habit]:
    if len(agreeing) < LEAST or Fraction(len(agreeing), len(rows)) < AGREEING:
        return []
    examples = tuple(w.receipt_id for w in sorted(agreeing, key=lambda w: -w.receipt_id)[:EXAMPLES])
    return [Habit(effect, customer, more.get("condition", {}), more.get("values", {}), len(rows), len(agreeing), examples)]


def _payers(works: Sequence[Work]) -> Iterable[Habit]:
    """The same payer is the same customer each time."""
    for (kind, value), rows in _groups([w for w in works if w.payer[1]], lambda w: w.payer).items():
        customer, _ = Counter(w.customer_id for w in rows).most_common(1)[0]
        yield from _habit("payer", customer, rows, [w for w in rows if w.customer_id == customer], condition={kind: value})


def _on_account(works: Sequence[Work]) -> Iterable[Habit]:
    """All that a customer pays is left on account."""
    for customer, rows in _groups(works, lambda w: w.customer_id).items():
        yield from _habit("on_account", customer, rows, [w for w in rows if w.on_account])


def _charges(works: Sequence[Work]) -> Iterable[Habit]:
    """What a customer's payments are short is bank charges, up to the most that was ever taken for it."""
    short = [w for w in works if w.short]
    for (customer, currency), rows in _groups(short, lambda w: (w.customer_id, w.currency)).items():
        same = [w for w in rows if w.charges and not w.withheld and not w.shorts]
        most = max((w.charges for w in same), default=0)
        yield from _habit("charges", customer, rows, same, condition={"currency": currency}, values={"amounts": {currency: most}})


def _withholding(works: Sequence[Work]) -> Iterable[Habit]:
    """A customer holds back the same percentage each time, and it is tax."""
    for customer, rows in _groups([w for w in works if w.short], lambda w: w.customer_id).items():
        percents = {w.receipt_id: _percent_of(w) for w in rows}
        known = Counter(p for p in percents.values() if p)
        if known:
            percent = known.most_common(1)[0][0]
            same = [w for w in rows if percents[w.receipt_id] == percent]
            yield from _habit("withholding", customer, rows, same, values={"percent": str(percent)})


def _percent_of(work: Work) -> Decimal | None:
    """The one percentage of tax held back of a receipt; None where there are several, or it is not tax."""
    found = {s.percent for s in work.shorts if s.reason == "tax"}
    if work.withheld:
        found.add(Short(work.withheld, work.owed).percent)
    other = any(s.reason != "tax" for s in work.shorts)
    return found.pop() if len(found) == 1 and not other else None


def _deductions(works: Sequence[Work]) -> Iterable[Habit]:
    """A customer's short parts have the same reason each time (tax is withholding)."""
    for customer, rows in _groups([w for w in works if w.shorts], lambda w: w.customer_id).items():
        reasons = {w.receipt_id: {s.reason for s in w.shorts} for w in rows}
        said = Counter(next(iter(r)) for r in reasons.values() if len(r) == 1)
        reason = next((r for r, _ in said.most_common(2) if r and r != "tax"), "")
        if reason:
            same = [w for w in rows if reasons[w.receipt_id] == {reason}]
            yield from _habit("deduction", customer, rows, same, values={"reason": reason})
