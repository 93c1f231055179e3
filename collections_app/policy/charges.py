"""What late payment costs a customer for a period, item by item. Pure: amounts are minor units, rates per cent a year, days whole days.

- *By the day.* A day counts when an item was still open at its end; the day on which money came isn't charged. Interest is what was open
  that day × the rate of its tier ÷ 100 ÷ 365, added up exactly for an item and rounded once, half to even. It is never charged on late
  charges, so there is no interest on interest.
- *Grace.* What is paid within the days of grace costs nothing; what is open beyond them costs from the first day past due.
- *Left out by amount:* what was in dispute that day, what was in a plan that the customer had been offered and might sign, and what
  credits and cash not applied yet covered, the oldest item first. What was credited later was never owed: whoever loads the balances
  takes it out from the start.
- *Once.* A day of an item is judged once: `charged_to` says up to when. Days before the first policy aren't charged.
- *The legal maximum* caps the rate of a day and the fee, and the line says so with its source.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

ONE = timedelta(days=1)
YEAR = Decimal(36_500)
"""Per cent × days of a year."""
RATE, FEE, FEE_EACH = "rate", "fee", "fee_each"

REASONS = {
    "minimum_due": "Too little past due", "minimum": "Charge too small", "disputed": "In dispute", "offered": "In a plan offered",
    "covered": "Covered by credits", "no_rate": "No exchange rate",
}  # fmt: skip
"""Why an account that is past due beyond grace isn't charged: code → its name on the page."""

Steps = tuple[tuple[date, int], ...]
"""An amount as it changes: (from the end of this day on, so much), in the order of days; nothing before the first."""


@dataclass(frozen=True, slots=True)
class Tier:
    """From how many days past due which rate (per cent a year) or fee (minor units) applies."""

    from_days: int
    rate: Decimal = Decimal(0)
    fee: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Days within which a policy's tiers apply; `last` None: until further notice."""

    first: date
    last: date | None
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that may be charged where the customer is; None: no limit known. `source` is the law or contract."""

    max_rate: Decimal | None
    max_fee: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy in force at the end of the period, with the tiers of each of its days and those before; money is of the
    account's currency."""

    basis: str
    grace_days: int
    spans: tuple[Span, ...]
    charges_disputed: bool = False
    nets_credits: bool = True
    minimum_charge: int = 0
    minimum_due: int = 0
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Debit:
    """An invoice, debit memo or instalment: what of it was open, in dispute and in a plan offered by the day; up to when it was judged, and
    whether a fee was charged for it before."""

    item_id: int
    number: str
    due_date: date
    balances: Steps
    disputed: Steps = ()
    charged_to: date | None = None
    fee_charged: bool = False
    offered: Steps = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A customer in one currency; `credits` is what credit memos and cash not applied came to by the day (positive)."""

    customer_id: int
    currency: str
    debits: tuple[Debit, ...]
    credits: Steps = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Days of one item with the same base, rate and cap, both days included; `base` is what the rate was applied to."""

    first: date
    last: date
    base: int
    rate: Decimal = Decimal(0)
    capped: str = ""

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Line:
    """What one item costs: its amount, the days it was made of, or the fee and what capped that."""

    debit: Debit
    first: date
    amount: int
    parts: tuple[Part, ...]
    fee: int = 0
    capped: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """An account's charge: lines (also those of nothing, whose days are judged all the same), or why there is none."""

    account: Account
    lines: tuple[Line, ...]
    amount: int
    reason: str = ""
    figures: dict[str, int] = field(default_factory=dict)


def assess(account: Account, rules: Rules, first: date, last: date) -> Assessment | None:
    """What the account costs for the days up to `last`; `first` is where the period begins (a fee a period looks no further back).

    None when nothing was past due beyond the days of grace, and so there is nothing to say.
    """
    ripe = [d for d in account.debits if _starts(d, rules, first) <= last and _is_ripe(d, rules, last)]
    if not ripe:
        return None
    covered = _covered(account, rules, last) if rules.nets_credits and any(amount for _, amount in account.credits) else {}
    lines = [line for d in ripe if (line := _line(d, rules, covered.get(d.item_id, ()), first, last))]
    if rules.basis == FEE:
        lines = _one_fee(lines, rules)
    return _judged(account, rules, lines, bool(covered)) if lines else None


def _starts(debit: Debit, rules: Rules, first: date) -> date:
    """The first day of the item that is looked at now."""
    start = debit.due_date + ONE
    if debit.charged_to:
        start = max(start, debit.charged_to + ONE)
    if rules.basis == FEE:
        start = max(start, first)
    return max(start, rules.spans[0].first) if rules.spans else date.max


def _is_ripe(debit: Debit, rules: Rules, last: date) -> bool:
    """Whether anything of it was open beyond its days of grace: when they were over, or again later (a payment was returned, a payment
    plan failed)."""
    over = debit.due_date + timedelta(days=rules.grace_days)
    return _after_grace(debit, rules, last) > 0 or any(over < day <= last and amount > 0 for day, amount in debit.balances)


def _after_grace(debit: Debit, rules: Rules, last: date) -> int:
    """What of the item was still open when its days of grace were over; 0 while they run."""
    over = debit.due_date + timedelta(days=rules.grace_days)
    return at(debit.balances, over) if over <= last else 0


def at(steps: Steps, day: date) -> int:
    """The amount at the end of a day."""
    index = bisect_right(steps, day, key=lambda step: step[0])
    return steps[index - 1][1] if index else 0


def _line(debit: Debit, rules: Rules, covered: Steps, first: date, last: date) -> Line | None:
    start = _starts(debit, rules, first)
    parts = _merged(_parts(debit, rules, covered, start, last))
    if not parts:
        return None
    if rules.basis == RATE:
        owed = sum((p.base * p.days * p.rate for p in parts), Decimal(0))
        return Line(debit, start, round(owed / YEAR), parts)
    bearing = [p for p in parts if p.base > 0]
    if rules.basis == FEE or debit.fee_charged or not bearing:
        return Line(debit, start, 0, parts)
    fee, capped = _fee(rules, debit, bearing[-1].last)
    return Line(debit, start, fee, parts, fee, capped)


def _parts(debit: Debit, rules: Rules, covered: Steps, start: date, last: date) -> Iterable[Part]:
    """The item's days from `start` on, by base and rate, as long as something of it was open."""
    kept = _after_grace(debit, rules, last)
    grace_over = debit.due_date + timedelta(days=rules.grace_days + 1)
    for begin, end in pairwise(_breaks(debit, rules, covered, start, last, grace_over)):
        tiers = _tiers(rules.spans, begin)
        balance = at(debit.balances, begin)
        if not tiers or balance <= 0:
            continue
        base = balance if begin >= grace_over else min(balance, kept)  # what was paid within grace costs nothing
        base -= _held(debit, rules, begin)
        base = max(0, base - at(covered, begin))
        rate, capped = _rate(rules, tiers, (begin - debit.due_date).days)
        yield Part(begin, end - ONE, base, rate, capped)


def _held(debit: Debit, rules: Rules, day: date) -> int:
    """What isn't charged for on a day, whatever credits there are."""
    return at(debit.offered, day) + (0 if rules.charges_disputed else at(debit.disputed, day))


def _merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Days that follow each other and are alike, together."""
    found: list[Part] = []
    for part in parts:
        before = found[-1] if found else None
        if before and (before.base, before.rate, before.capped, before.last + ONE) == (part.base, part.rate, part.capped, part.first):
            found[-1] = Part(before.first, part.last, part.base, part.rate, part.capped)
        else:
            found.append(part)
    return tuple(found)


def _breaks(debit: Debit, rules: Rules, covered: Steps, start: date, last: date, grace_over: date) -> list[date]:
    """Days on which anything of the item changes, from `start` to the day after `last`."""
    days = {start, last + ONE, grace_over}
    for steps in (debit.balances, debit.disputed, debit.offered, covered):
        days.update(day for day, _ in steps)
    for span in rules.spans:
        days.add(span.first)
        if span.last:
            days.add(span.last + ONE)
        days.update(debit.due_date + timedelta(days=tier.from_days) for tier in span.tiers)
    return sorted(day for day in days if start <= day <= last + ONE)


def _tiers(spans: Sequence[Span], day: date) -> tuple[Tier, ...]:
    """The tiers of a day; none where no policy of this basis is in force."""
    for span in reversed(spans):
        if span.first <= day and (span.last is None or day <= span.last):
            return span.tiers
    return ()


def _tier(tiers: Sequence[Tier], days: int) -> Tier | None:
    """The last tier that has begun."""
    begun = [tier for tier in tiers if tier.from_days <= days]
    return begun[-1] if begun else None


def _rate(rules: Rules, tiers: Sequence[Tier], days: int) -> tuple[Decimal, str]:
    tier = _tier(tiers, days)
    if tier is None or rules.basis != RATE:
        return Decimal(0), ""
    limit = rules.limit
    if limit and limit.max_rate is not None and tier.rate > limit.max_rate:
        return limit.max_rate, limit.source
    return tier.rate, ""


def _fee(rules: Rules, debit: Debit, day: date) -> tuple[int, str]:
    tier = _tier(_tiers(rules.spans, day), (day - debit.due_date).days)
    fee, limit = tier.fee if tier else 0, rules.limit
    if limit and limit.max_fee is not None and fee > limit.max_fee:
        return limit.max_fee, limit.source
    return fee, ""


def _one_fee(lines: list[Line], rules: Rules) -> list[Line]:
    """A fee a period: on the oldest item that bears it, by its days past due at its last such day."""
    bearing = sorted((ln for ln in lines if any(p.base > 0 for p in ln.parts)), key=lambda ln: (ln.debit.due_date, ln.debit.item_id))
    if not bearing:
        return lines
    oldest = bearing[0]
    fee, capped = _fee(rules, oldest.debit, max(p.last for p in oldest.parts if p.base > 0))
    charged = Line(oldest.debit, oldest.first, fee, oldest.parts, fee, capped)
    return [charged, *(ln for ln in lines if ln is not oldest)]


def _covered(account: Account, rules: Rules, last: date) -> dict[int, Steps]:
    """Item → what credits covered of it by the day, the oldest past due first, as they would be applied."""
    ordered = sorted(account.debits, key=lambda d: (d.due_date, d.item_id))
    days = {day for day, _ in account.credits} | {d.due_date + ONE for d in ordered}
    for debit in ordered:
        days.update(day for steps in (debit.balances, debit.disputed, debit.offered) for day, _ in steps)
    found: dict[int, list[tuple[date, int]]] = {d.item_id: [] for d in ordered}
    for day in sorted(day for day in days if day <= last):
        left = at(account.credits, day)
        for debit in ordered:
            free = max(0, at(debit.balances, day) - _held(debit, rules, day))
            share = min(left, free) if debit.due_date < day else 0
            left -= share
            steps = found[debit.item_id]
            if share != (steps[-1][1] if steps else 0):
                steps.append((day, share))
    return {item: tuple(steps) for item, steps in found.items() if steps}


def _judged(account: Account, rules: Rules, lines: list[Line], netted: bool) -> Assessment:
    amount, highest = sum(line.amount for line in lines), most_at_once(lines)
    figures = {"base": highest, "charge": amount, "items": len(lines)}
    if not highest:
        code = _why_nothing(lines, netted)
    elif highest < rules.minimum_due:
        code = "minimum_due"
    elif amount < max(1, rules.minimum_charge):
        code = "minimum"
    else:
        return Assessment(account, tuple(lines), amount, figures=figures)
    nothing = tuple(Line(line.debit, line.first, 0, line.parts) for line in lines)
    return Assessment(account, nothing, 0, code, figures)


def _why_nothing(lines: Sequence[Line], netted: bool) -> str:
    """Why nothing was to be charged for on any day."""
    if any(debit_disputed(line) for line in lines):
        return "disputed"
    if any(at(line.debit.offered, part.first) for line in lines for part in line.parts):
        return "offered"
    return "covered" if netted else "disputed"


def debit_disputed(line: Line) -> bool:
    """Whether anything of the item was in dispute in the days looked at."""
    return any(at(line.debit.disputed, part.last) > 0 for part in line.parts)


def most_at_once(lines: Iterable[Line]) -> int:
    """The most that was to be charged for on any one day."""
    changes: dict[date, int] = {}
    for part in (part for line in lines for part in line.parts):
        changes[part.first] = changes.get(part.first, 0) + part.base
        changes[part.last + ONE] = changes.get(part.last + ONE, 0) - part.base
    highest = running = 0
    for day in sorted(changes):
        running += changes[day]
        highest = max(highest, running)
    return highest
