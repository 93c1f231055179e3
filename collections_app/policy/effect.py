"""By how much acting today raises the chance that a debt is paid within two weeks. Pure, whole numbers.

    change = chance if we act less chance as it is
    odds if we act = odds as they are × what acting does to the odds of a usual debt of that age

What acting does to a usual debt is measured from the books (see policy/likelihood); how likely this one is to be paid as it is follows from
its age, what is known of it and how its customer pays (see policy/chances). Odds are multiplied, so that the change can't be more than what
is left to gain, and is small at both ends: whoever pays anyway needs no call, and a call hardly moves what is all but lost. A chance is of
debts as they were treated, calls included.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from collections_app.policy.chances import AGES, ONE, WHOLE, Chances, raised
from collections_app.policy.likelihood import STANDARD, Odds

MOST_FACTOR = 8 * ONE
"""The odds that acting is reckoned to multiply by at most: from an even chance to eight in nine, as far as the most that is measured."""
SOON = -3
"""Days past due that stand for what falls due within a week."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of an account's debts is of one age (days past due from which it holds) and standing: minor units."""

    age: int
    standing: str
    amount: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Ten-thousandths: the chance to be paid within two weeks as it is (None: not known), and by how much acting raises it."""

    chance: int | None
    change: int


@dataclass(frozen=True, slots=True)
class Touch:
    """What else counts for the effect of acting: promises broken in 90 days, days since the last contact (None: never), the risk class."""

    broken: int = 0
    contacted_days_ago: int | None = None
    risk: str = "B"


def uplift(days: int, touch: Touch, odds: Odds = STANDARD) -> int:
    """Permille by which acting today raises the chance of a usual debt so many days past due."""
    change = odds.change(days) + min(touch.broken, 3) * 40 + {"A": -30, "C": 40, "D": 20}.get(touch.risk, 0)
    if touch.contacted_days_ago is not None and touch.contacted_days_ago < 7:
        change = change * (1 + touch.contacted_days_ago) // 8
    return max(10, change)


def gained(chance: int, usual: int, change: int) -> int:
    """Ten-thousandths by which acting raises a chance, where it would raise the usual one of that age by `change` permille; never below
    nothing, never above what is left to gain. Chances are from 1 to 9,999."""
    target = min(usual + 10 * change, WHOLE - 1)
    factor = target * (WHOLE - usual) * ONE // ((WHOLE - target) * usual)
    return max(0, raised(chance, max(ONE, min(MOST_FACTOR, factor))) - chance)


def of_debt(days: int, chance: int, touch: Touch, odds: Odds, chances: Chances) -> int:
    """Ten-thousandths by which acting raises the chance of one debt; where chances aren't known yet, what it is of a usual one."""
    change = uplift(days, touch, odds)
    return gained(chance, usual_of(days, odds, chances), change) if chances.is_enough else 10 * change


def usual_of(days: int, odds: Odds, chances: Chances) -> int:
    """The chance of a usual debt of that age that nobody acts on; where too few were left alone, of all of that age."""
    cases = odds.cases(days)
    return max(1, min(WHOLE - 1, cases.left_paid * WHOLE // cases.left)) if cases else chances.of_age(days)


def of_account(parts: Iterable[Part], days: int, own: int, touch: Touch, odds: Odds, chances: Chances) -> Effect:
    """The effect on all that is asked for, each part with its weight; `own` is the customer's multiplier of odds.

    Where chances aren't known yet, the oldest debt of so many days counts for all.
    """
    if not chances.is_enough:
        return Effect(None, 10 * uplift(days, touch, odds))
    known = [p for p in parts if p.amount > 0] or [Part(days if days > 0 else SOON, "plain", 1)]
    whole = sum(p.amount for p in known)
    chance = change = 0
    for part in known:
        one = chances.chance(part.age, part.standing, own)
        chance += part.amount * one
        change += part.amount * of_debt(max(part.age, 0), one, touch, odds, chances)
    return Effect(chance // whole, change // whole)


def late_ages() -> list[tuple[int, int | None]]:
    """The ages of what is past due: first day and last (None: and older)."""
    late = [age for age in AGES if age > 0]
    return list(zip(late, [*(age - 1 for age in late[1:]), None], strict=True))


def in_words(chance: int, is_own: bool) -> str:
    """How likely it is as it is, in plain words; `is_own` says that the customer's own record counts."""
    ten, debts = (chance * 10 + WHOLE // 2) // WHOLE, "debts of theirs" if is_own else "debts"
    if ten in (0, 10):
        return f"{'hardly any' if ten == 0 else 'nearly all'} such {debts} are paid within two weeks as it is"
    return f"{ten} of 10 such {debts} {'is' if ten == 1 else 'are'} paid within two weeks as it is"
