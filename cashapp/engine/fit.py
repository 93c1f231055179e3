"""How an amount fits a chosen set of items: exactly, with discount, within tolerance, short or over, and what each item then gets."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from typing import NamedTuple

from cashapp.engine.model import Allocation, Candidate, Policy, Treatment
from cashapp.engine.subset import subset_sums

MAX_REDUCTIONS = 12


class Amount(IntEnum):
    """How well the amount agrees, best first; also the column of the score matrix."""

    EXACT = 0
    DISCOUNT = 1
    UNDISPUTED = 2
    TOLERANCE = 3
    UNEARNED = 4
    SHORT = 5
    OVER = 6
    SPREAD = 7
    CHARGES = 8
    WITHHELD = 9

    @property
    def column(self) -> int:
        """The column of the score matrix: charges and tax that a rule of the company expects count as tolerance does."""
        return Amount.TOLERANCE if self > Amount.SPREAD else self.value


LATE_DISCOUNT = "terms"
"""A dispute's reason for a discount that was taken and isn't to be had."""

FULL = (Amount.EXACT, Amount.DISCOUNT, Amount.UNDISPUTED, Amount.WITHHELD)
"""Levels at which the amount confirms the items to the cent."""


class Fit(NamedTuple):
    """Allocations in the order of the items, the residual, its treatment and the level."""

    level: Amount
    allocations: tuple[Allocation, ...]
    residual: int
    treatment: Treatment


def earned_discount(item: Candidate, day: date, policy: Policy) -> int:
    """The discount the payer may take on this day, grace included; 0 when it is late or there is none."""
    if not item.discount_amount or item.discount_until is None or item.balance <= item.discount_amount:
        return 0
    return item.discount_amount if day <= item.discount_until + timedelta(days=policy.discount_grace_days) else 0


def late_discount(item: Candidate, day: date, policy: Policy) -> int:
    """The discount the item had, once it can no longer be taken."""
    if not item.discount_amount or item.balance <= item.discount_amount:
        return 0
    return 0 if earned_discount(item, day, policy) else item.discount_amount


def undisputed(item: Candidate) -> int:
    """What is owed without dispute."""
    return item.balance - min(item.disputed, item.balance) if item.balance > 0 else item.balance


def payable_values(item: Candidate, day: date, policy: Policy) -> set[int]:
    """Every amount that settles the item exactly: its balance, less earned discount, less the disputed part."""
    found = {item.balance, undisputed(item)}
    if cut := earned_discount(item, day, policy):
        found.add(item.balance - cut)
    if policy.withheld:
        found.add(item.balance - tax_withheld(item, policy))
    return found - {0}


def tax_withheld(item: Candidate, policy: Policy) -> int:
    """The tax the payer keeps of an invoice by law, rounded half up to the minor unit; nothing of a credit."""
    if not policy.withheld or item.balance <= 0:
        return 0
    return int((Decimal(item.balance) * policy.withheld / 100).to_integral_value(ROUND_HALF_UP))


def tolerance(owed: int, currency: str, policy: Policy) -> int:
    """The lower of the fixed and the percentage limit, in minor units."""
    fixed = policy.tolerance_fixed.get(currency, 0)
    if policy.tolerance_percent is None:
        return fixed
    return min(fixed, int(Decimal(abs(owed)) * policy.tolerance_percent / 100))


def _paid(items: Sequence[Candidate], cut: Callable[[Candidate], int] = lambda _: 0) -> tuple[Allocation, ...]:
    return tuple(Allocation(i.id, i.balance - (c := cut(i)), c) for i in items)


def _left_open(items: Sequence[Candidate], chosen: dict[int, int]) -> tuple[Allocation, ...]:
    return tuple(Allocation(i.id, i.balance - chosen.get(i.id, 0)) for i in items)


def _exact(amount: int, items: Sequence[Candidate], day: date, policy: Policy) -> Fit | None:
    missing = sum(i.balance for i in items) - amount
    if missing == 0:
        return Fit(Amount.EXACT, _paid(items), 0, "none")
    if missing < 0:
        return None
    discounts = {i.id: d for i in items if (d := earned_discount(i, day, policy))}
    if discounts and sum(discounts.values()) == missing:
        return Fit(Amount.DISCOUNT, _paid(items, lambda i: discounts.get(i.id, 0)), 0, "none")
    disputes = {i.id: d for i in items if (d := i.balance - undisputed(i))}
    if disputes and sum(disputes.values()) == missing and all(disputes.get(i.id, 0) < i.balance for i in items if i.balance > 0):
        return Fit(Amount.UNDISPUTED, _left_open(items, disputes), 0, "none")
    return _withheld(missing, items, policy) or _partly_reduced(missing, items, discounts, disputes)


def _withheld(missing: int, items: Sequence[Candidate], policy: Policy) -> Fit | None:
    """Tax kept by the payer: to the cent by invoice, or off by a cent an invoice where he rounds the sum."""
    taxes = {i.id: t for i in items if (t := tax_withheld(i, policy))}
    if not taxes or abs(missing - sum(taxes.values())) >= len(taxes) + (len(taxes) == 1):
        return None
    largest = max(taxes, key=lambda item_id: (taxes[item_id], -item_id))
    taxes[largest] += missing - sum(taxes.values())
    paid = tuple(Allocation(i.id, i.balance - taxes.get(i.id, 0), withheld=taxes.get(i.id, 0)) for i in items)
    return Fit(Amount.WITHHELD, paid, -missing, "tax_withheld")


def _charged(amount: int, items: Sequence[Candidate], currency: str, policy: Policy) -> Fit | None:
    """A shortage that is bank charges which we bear, on the largest item."""
    missing = sum(i.balance for i in items) - amount
    largest = _largest(items)
    if not 0 < missing <= policy.charges.get(currency, 0) or missing >= largest.balance:
        return None
    off = {largest.id: missing}
    paid = tuple(Allocation(i.id, i.balance - off.get(i.id, 0), charges=off.get(i.id, 0)) for i in items)
    return Fit(Amount.CHARGES, paid, -missing, "bank_charges")


def _partly_reduced(missing: int, items: Sequence[Candidate], discounts: dict[int, int], disputes: dict[int, int]) -> Fit | None:
    """Some discounts taken and some disputed parts left out, when only one choice of them explains the difference."""
    cuts = [(i, d, True) for i, d in discounts.items()] + [(i, d, False) for i, d in disputes.items()]
    if not 2 <= len(cuts) <= MAX_REDUCTIONS:
        return None
    found = subset_sums([size for _, size, _ in cuts], missing).solutions
    if len(found) != 1:
        return None
    taken = {cuts[n][0]: cuts[n][1] for n in found[0] if cuts[n][2]}
    held = {cuts[n][0]: cuts[n][1] for n in found[0] if not cuts[n][2]}
    if any(taken.get(i.id, 0) + held.get(i.id, 0) >= i.balance for i in items if i.balance > 0):
        return None
    paid = tuple(Allocation(i.id, i.balance - (t := taken.get(i.id, 0)) - held.get(i.id, 0), t) for i in items)
    return Fit(Amount.DISCOUNT if taken else Amount.UNDISPUTED, paid, 0, "none")


def _largest(items: Sequence[Candidate]) -> Candidate:
    return max(items, key=lambda i: (i.balance, -i.id))


def _tolerated(amount: int, items: Sequence[Candidate], day: date, currency: str, policy: Policy) -> Fit | None:
    """A small shortage (after earned discount, if need be) is written off on the largest item; a small excess stays on account."""
    for cut in (lambda _: 0, lambda i: earned_discount(i, day, policy)):
        owed = sum(i.balance - cut(i) for i in items)
        missing, limit = owed - amount, tolerance(owed, currency, policy)
        largest = _largest(items)
        if 0 < missing <= limit and missing < largest.balance - cut(largest):
            off = {largest.id: missing}
            paid = tuple(Allocation(i.id, i.balance - cut(i) - off.get(i.id, 0), cut(i), off.get(i.id, 0)) for i in items)
            return Fit(Amount.TOLERANCE, paid, -missing, "tolerance_write_off")
        if 0 < -missing <= limit:
            paid = tuple(Allocation(i.id, i.balance - cut(i), cut(i)) for i in items)
            return Fit(Amount.TOLERANCE, paid, -missing, "on_account")
    return None


def _unearned(amount: int, items: Sequence[Candidate], day: date, policy: Policy) -> Fit | None:
    """Discount taken after its time: the payer owes it still, so it stays open as a short payment."""
    missing = sum(i.balance for i in items) - amount
    earned = sum(earned_discount(i, day, policy) for i in items)
    late = sum(late_discount(i, day, policy) for i in items)
    if not late or missing not in (late, late + earned):
        return None
    take = missing != late
    paid = []
    for i in items:
        cut, short = earned_discount(i, day, policy) if take else 0, late_discount(i, day, policy)
        paid.append(Allocation(i.id, i.balance - cut - short, cut, 0, short))
    return Fit(Amount.UNEARNED, tuple(paid), -late, "short_pay_dispute")


def _short(amount: int, items: Sequence[Candidate]) -> Fit | None:
    """Too little: on one item a short payment; over several, earliest due first, which is no more than a suggestion."""
    debits = [i for i in items if i.balance > 0]
    credit = sum(i.balance for i in items if i.balance < 0)
    left, missing = amount - credit, sum(i.balance for i in items) - amount
    if missing <= 0 or not debits:
        return None
    paid = {i.id: Allocation(i.id, i.balance) for i in items if i.balance < 0}
    for item in debits:
        part = min(left, item.balance)
        left -= part
        if part > 0:
            paid[item.id] = Allocation(item.id, part, short=item.balance - part)
    level = Amount.SHORT if len(debits) == 1 else Amount.SPREAD
    kept = tuple(paid[i.id] for i in items if i.id in paid)
    missing = sum(a.short for a in kept)
    return Fit(level, kept, -missing, "short_pay_dispute" if missing else "none")


def exact_fit(amount: int, items: Sequence[Candidate], day: date, policy: Policy) -> Fit | None:
    """The fit to the cent (in full, with earned discount, without disputed parts), or None."""
    return _exact(amount, items, day, policy) if items else None


def tolerance_fit(amount: int, items: Sequence[Candidate], day: date, currency: str, policy: Policy) -> Fit | None:
    """The fit within tolerance, or None."""
    return _tolerated(amount, items, day, currency, policy) if items else None


def fit(amount: int, items: Sequence[Candidate], day: date, currency: str, policy: Policy) -> Fit | None:
    """The best way the amount settles exactly these items, or None where it can't (a receipt can't pay a net credit)."""
    if not items or sum(i.balance for i in items) <= 0:
        return None
    found = (
        _exact(amount, items, day, policy)
        or _charged(amount, items, currency, policy)
        or _tolerated(amount, items, day, currency, policy)
        or _unearned(amount, items, day, policy)
        or _short(amount, items)
    )
    if found is not None:
        return found
    return Fit(Amount.OVER, _paid(items), amount - sum(i.balance for i in items), "on_account")


def stated(amount: int, lines: Sequence[tuple[Candidate, int, int]], day: date, policy: Policy) -> Fit | None:
    """The payer said what he pays on each item (item, paid, discount he took): his word is kept, if it adds up to the receipt.

    A discount he may still take is granted as far as it was offered; the rest of his shortage stays open as a short payment, for
    its terms where it is just the discount that he took and may no longer take.
    """
    if sum(paid for _, paid, _ in lines) != amount:
        return None
    allocations, taken = [], False
    for item, paid, discount in lines:
        if abs(paid) > abs(item.balance) or paid * item.balance < 0:
            return None
        granted = min(discount, earned_discount(item, day, policy), item.balance - paid) if item.balance > 0 else 0
        short = item.balance - paid - max(granted, 0) - _disputed_gap(item, paid, granted)
        if item.balance < 0:
            short = 0
        taken = taken or granted > 0
        late = short and short == discount - max(granted, 0)
        allocations.append(Allocation(item.id, paid, max(granted, 0), 0, short, reason=LATE_DISCOUNT if late else ""))
    kept = tuple(a for a in allocations if a.amount or a.discount)
    missing = sum(a.short for a in kept)
    level = Amount.EXACT if not missing and not taken else Amount.DISCOUNT if not missing else Amount.SHORT
    return Fit(level, kept, -missing, "short_pay_dispute" if missing else "none")


def _disputed_gap(item: Candidate, paid: int, granted: int) -> int:
    """The part of a shortage that is the disputed part left out."""
    gap = item.balance - paid - max(granted, 0)
    return gap if gap == min(item.disputed, item.balance) else 0
