"""What is wrong with rules by themselves: cells that break the order of trust, own rules that contradict each other or never win.

The order of trust is that of the matrix: a better reading of the reference, a better known payer and a better agreement of the amount
never score less, all else equal. A group relation and a similar name are not compared with each other: which is worth more depends.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from cashapp.engine.case import holds
from cashapp.engine.model import Receipt
from cashapp.engine.own import Bands, Condition, OwnRule
from cashapp.engine.payers import PayerLevel as P
from cashapp.engine.payers import plain_account, plain_name
from cashapp.engine.references import Level as L
from cashapp.engine.references import upper
from cashapp.engine.scoring import COLUMNS, PUBLISHED, Scores

PAYERS_FALL = (
    (P.KNOWN, P.NAME), (P.NAME, P.GROUP), (P.NAME, P.SIMILAR), (P.GROUP, P.TIED), (P.SIMILAR, P.TIED), (P.TIED, P.UNKNOWN),
    (P.UNKNOWN, P.OTHER),
)  # fmt: skip
"""Pairs of payer levels of which the first is worth no less."""
LEVELS = (L.STRUCTURED, L.EXACT, L.BARE, L.NOISY, L.FUZZY)


class Broken(NamedTuple):
    """A cell that scores more than one that is worth no less. `column` counts the eight scores of a row from 0; -1 for a rule's one."""

    name: str
    payer: str
    column: int
    words: str


class Clash(NamedTuple):
    """Two own rules that can hold for the same receipt, the one that wins first. `never`: the other can never win at all."""

    first: OwnRule
    second: OwnRule
    never: bool
    words: str


def broken_cells(scores: Scores) -> list[Broken]:
    """Cells that break the order of trust and don't in the published matrix."""
    known = {b[:3] for b in _broken(PUBLISHED)} if scores is not PUBLISHED else set()
    return [b for b in _broken(scores) if b[:3] not in known]


def _broken(scores: Scores) -> Iterable[Broken]:
    for level, rows in scores.matrix.items():
        for payer, row in rows.items():
            for n, (better, worse) in enumerate(pairwise(row)):
                if worse > better:
                    yield Broken(level.name, payer.name, n + 1, f"{COLUMNS[n + 1]} scores {worse}, {COLUMNS[n]} only {better}")
        yield from _payers(level.name, rows)
    for better_level, worse_level in pairwise(LEVELS):
        for payer, row in scores.matrix[worse_level].items():
            above = scores.matrix[better_level][payer]
            for n, (more, less) in enumerate(zip(above, row, strict=True)):
                if less > more:
                    yield Broken(worse_level.name, payer.name, n, f"scores {less}, a better reading of the reference only {more}")
    for rule, single in scores.rules.items():
        yield from _payers(rule, {payer: (score,) for payer, score in single.items()}, -1)


def _payers(name: str, rows: Mapping[P, Sequence[int]], shift: int = 0) -> Iterable[Broken]:
    for better, worse in PAYERS_FALL:
        if better in rows and worse in rows:
            for n, (more, less) in enumerate(zip(rows[better], rows[worse], strict=True)):
                if less > more:
                    yield Broken(name, worse.name, n + shift, f"scores {less}, a payer better known only {more}")


def silent_rules(scores: Scores, bands: Bands) -> list[tuple[str, str]]:
    """Rules that a version makes unable to post, or to be shown at all, though the published one can: (rule, words)."""
    found = []
    for rule, single in scores.rules.items():
        best, published = max(single.values()), max(PUBLISHED.rules[rule].values())
        if best < bands.propose <= published:
            found.append((rule, f"never shown: its best score is {best}, proposals begin at {bands.propose}"))
        elif best < bands.post <= published:
            found.append((rule, f"never posts: its best score is {best}, posting begins at {bands.post}"))
    return found


STOPS = ("ask", "not_receivable")
"""Effects that keep a receipt for a person, whatever other rules say and wherever they stand."""
_SAYS = {
    "payer": "whose money it is", "order": "what becomes of the money", "on_account": "what becomes of the money",
    "charges": "which charges are ours", "withholding": "what tax is withheld", "deduction": "why it is short",
}  # fmt: skip
"""Effect → the question that it answers: of two rules with one question only one is heard."""


def same_effect(one: OwnRule, other: OwnRule) -> bool:
    """Whether it makes no difference which of both is heard."""
    if one.effect != other.effect:
        return False
    whose = one.customer_id == other.customer_id or one.effect not in ("payer", "order", "on_account")
    return whose and (one.percent, dict(one.limits), one.reason) == (other.percent, dict(other.limits), other.reason)


def clashes(rules: Sequence[OwnRule]) -> list[Clash]:
    """Pairs of rules that answer one question for the same receipts otherwise than each other; rules that can never win."""
    ordered = sorted(rules, key=lambda r: (r.position, r.id))
    return [clash for one, other in combinations(ordered, 2) if can_meet(one, other) and (clash := _clash(one, other))]


def _clash(first: OwnRule, second: OwnRule) -> Clash | None:
    stops = [r for r in (first, second) if r.effect in STOPS]
    if len(stops) == 1:
        stop, stopped = stops[0], second if stops[0] is first else first
        if covers(stop, stopped):
            return Clash(stop, stopped, True, f"never posts: “{stop.name}” keeps all its receipts for a person")
        return Clash(stop, stopped, False, f"“{stop.name}” keeps receipts for a person of which “{stopped.name}” speaks too")
    if first.effect == second.effect and covers(first, second):
        return Clash(first, second, True, f"never wins: “{first.name}” comes first and holds for all its receipts")
    if stops or _SAYS[first.effect] != _SAYS[second.effect] or same_effect(first, second):
        return None
    return Clash(first, second, False, f"both can say {_SAYS[first.effect]}; “{first.name}” comes first")


def speaks_of(rule: OwnRule) -> int | None:
    """The customer whose receipts alone it speaks of; None: anybody's (one that names the payer speaks of whoever its condition fits)."""
    return None if rule.effect == "payer" else rule.customer_id


def can_meet(one: OwnRule, other: OwnRule) -> bool:
    """Whether a receipt can exist for which both hold."""
    a, b = one.condition, other.condition
    apart = [
        _differ(speaks_of(one), speaks_of(other)),
        _differ(plain_account(a.payer_account), plain_account(b.payer_account)),
        _differ(plain_name(a.payer_name), plain_name(b.payer_name)),
        _differ(a.channel, b.channel),
        _differ(a.currency, b.currency),
        _beside(a.low, a.high, b.low, b.high),
        _beside(_number(a.first_day), _number(a.last_day), _number(b.first_day), _number(b.last_day)),
    ]
    return not any(apart)


def _differ(one: object, other: object) -> bool:
    return bool(one) and bool(other) and one != other


def _number(day: object) -> int | None:
    return day.toordinal() if hasattr(day, "toordinal") else None


def _beside(low: int | None, high: int | None, other_low: int | None, other_high: int | None) -> bool:
    return (high is not None and other_low is not None and high < other_low) or (
        other_high is not None and low is not None and other_high < low
    )


def both_hold(clash: Clash, receipts: Iterable[Receipt]) -> list[int]:
    """Receipts for which both rules do hold. `customer_id` of each is whose it is."""
    pair = (clash.first, clash.second)
    return [r.id for r in receipts if all(_holds(rule, r) for rule in pair)]


def _holds(rule: OwnRule, receipt: Receipt) -> bool:
    whose = speaks_of(rule)
    return (whose is None or whose == receipt.customer_id) and holds(rule.condition, receipt, upper(receipt.text))


def covers(first: OwnRule, second: OwnRule) -> bool:
    """Whether the first holds wherever the second does."""
    a, b = first.condition, second.condition
    return (
        (speaks_of(first) is None or speaks_of(first) == speaks_of(second))
        and _asks_less(plain_account(a.payer_account), plain_account(b.payer_account))
        and _asks_less(plain_name(a.payer_name), plain_name(b.payer_name))
        and _asks_less(a.channel, b.channel)
        and _asks_less(a.currency, b.currency)
        and a.text.casefold() in b.text.casefold()
        and _around(a, b)
    )


def _asks_less(one: str, other: str) -> bool:
    return not one or one == other


def _around(a: Condition, b: Condition) -> bool:
    return (
        (a.low is None or (b.low is not None and a.low <= b.low))
        and (a.high is None or (b.high is not None and a.high >= b.high))
        and (a.first_day is None or (b.first_day is not None and a.first_day <= b.first_day))
        and (a.last_day is None or (b.last_day is not None and a.last_day >= b.last_day))
    )
