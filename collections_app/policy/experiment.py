"""Champion against challenger: who gets which, and whether the difference is more than noise. Pure, exact, and the same again for the same
seed.

- Drawn by hash: a customer's arm follows from the experiment's seed and the customer's key alone, so that nobody chooses and anybody can
  repeat the draw.
- Share of customers that paid: Wilson's interval for each arm, Newcombe's for the difference (see `disputes.policy.statistics`).
- Share of the money that was paid: few accounts hold most of the money, so that no formula for proportions fits. Accounts are drawn anew
  with replacement within each arm, a thousand times (B. Efron, "Bootstrap methods", Annals of Statistics 7 (1979), 1-26; the percentile
  interval); large arms are first dealt into blocks of equal size.
- Noise is what an interval that holds zero can't be told from; with few cases nothing is said at all.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from disputes.policy.statistics import Interval, difference, wilson

ENOUGH = 50
"""Customers of each arm whose days are over, from which anything is said."""
ENOUGH_OF_EACH = 5
"""Of them, in both arms together, how many must have paid and how many not: of events rarer than that no rate can be told."""
DRAWS, BLOCKS = 1_000, 300


@dataclass(frozen=True, slots=True)
class Member:
    """A customer whose days are over: what was past due when it entered, and what of that was paid by the end, in one currency's minor
    units."""

    is_challenger: bool
    past_due: int
    paid: int

    @property
    def has_paid(self) -> bool:
        """Whether all that was past due was paid."""
        return self.paid >= self.past_due


@dataclass(frozen=True, slots=True)
class Arm:
    """Customers of one arm, how many paid all, and the money."""

    members: int
    paid: int
    past_due: int
    received: int
    share: Interval | None
    money_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both arms, the challenger less the champion with 95 % bounds, and what may be said of it."""

    champion: Arm
    challenger: Arm
    customers: Interval | None
    money: Interval | None
    is_enough: bool
    words: str


def draws_challenger(seed: str, customer_id: int, share: int) -> bool:
    """Whether a customer gets the challenger: SHA-256 of seed and key, modulo 10,000, below the share in hundredths of a per cent."""
    digest = hashlib.sha256(f"{seed}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10_000 < share * 100


def judge_experiment(members: Sequence[Member], seed: str) -> Verdict:
    """What the cases so far say."""
    arms = [[m for m in members if m.is_challenger is of] for of in (False, True)]
    champion, challenger = (_arm(arm) for arm in arms)
    if not arms[0] or not arms[1]:
        return Verdict(champion, challenger, None, None, False, _too_few(champion, challenger))
    customers = difference(challenger.paid, challenger.members, champion.paid, champion.members)
    money = _money_difference(arms[0], arms[1], seed)
    paid, members_ = champion.paid + challenger.paid, champion.members + challenger.members
    enough = min(champion.members, challenger.members) >= ENOUGH and min(paid, members_ - paid) >= ENOUGH_OF_EACH
    words = _words(customers, money) if enough else _too_few(champion, challenger)
    return Verdict(champion, challenger, customers, money, enough, words)


def _arm(members: Sequence[Member]) -> Arm:
    paid, due, received = sum(m.has_paid for m in members), sum(m.past_due for m in members), sum(m.paid for m in members)
    share = wilson(paid, len(members)) if members else None
    return Arm(len(members), paid, due, received, share, Decimal(received) / Decimal(due) if due else None)


def _too_few(champion: Arm, challenger: Arm) -> str:
    return (
        f"Too few cases to say anything: {champion.members} and {challenger.members} accounts whose days are over; it takes {ENOUGH} of"
        f" each, and among them {ENOUGH_OF_EACH} at least that paid and {ENOUGH_OF_EACH} that didn’t"
    )


def _words(customers: Interval, money: Interval | None) -> str:
    """The verdict in a sentence."""
    said = [_way(interval, what) for interval, what in ((customers, "of customers"), (money, "of the money")) if interval]
    found = [words for words in said if words]
    if not found:
        return "The difference is noise: both intervals hold zero. More cases may tell; so far neither strategy is shown to be better"
    ways = {words.split()[0] for words in found}
    if len(ways) > 1:
        return "They differ both ways: " + ", but ".join(found) + ". Look at who pays before you choose"
    missing = "" if len(found) == len(said) else "; the other difference is noise"
    return f"The challenger collects {' and '.join(found)}{missing}"


def _way(interval: Interval, what: str) -> str:
    if interval.low > 0:
        return f"more {what}"
    return f"less {what}" if interval.high < 0 else ""


def _money_difference(champion: Sequence[Member], challenger: Sequence[Member], seed: str) -> Interval | None:
    """The challenger's share of the money less the champion's, with the 95 % percentile interval."""
    chance = random.Random(seed)
    arms = [_blocks(arm, chance) for arm in (champion, challenger)]
    if not all(sum(due for due, _ in arm) for arm in arms):
        return None
    drawn = sorted(_share(chance.choices(arms[1], k=len(arms[1]))) - _share(chance.choices(arms[0], k=len(arms[0]))) for _ in range(DRAWS))
    low, high = drawn[DRAWS * 25 // 1000], drawn[-1 - DRAWS * 25 // 1000]
    return Interval(_decimal(_share(arms[1]) - _share(arms[0])), _decimal(low), _decimal(high))


def _blocks(members: Sequence[Member], chance: random.Random) -> list[tuple[int, int]]:
    """(past due, paid) of each account, or of blocks of accounts dealt at random."""
    rows = [(m.past_due, m.paid) for m in members]
    if len(rows) <= BLOCKS:
        return rows
    chance.shuffle(rows)
    return [(sum(due for due, _ in rows[n::BLOCKS]), sum(paid for _, paid in rows[n::BLOCKS])) for n in range(BLOCKS)]


def _share(rows: Sequence[tuple[int, int]]) -> Fraction:
    due = sum(d for d, _ in rows)
    return Fraction(sum(p for _, p in rows), due) if due else Fraction(0)


def _decimal(share: Fraction) -> Decimal:
    return Decimal(share.numerator) / Decimal(share.denominator)
