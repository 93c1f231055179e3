"""How alike an advice and a receipt are: grounds with points, published, so that anyone can read why the two were joined.

The points are by judgement. A trace number with the amount or the payer, and the amount to the cent with the payer within ten days, reach
what a join needs; neither an amount nor a trace number alone does.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from cashapp.engine import payers
from cashapp.engine.references import key

TRACE, AMOUNT, NEARLY, DOCUMENTS = 60, 45, 20, 25
SAME_PAYER, SAME_NAME, SIMILAR_NAME = 30, 25, 15
DAYS = ((1, 15), (4, 10), (10, 5), (45, 0))
"""Up to so many days apart, and the points for that; further apart only a trace number counts."""

TRACED = "trace number"
"""How a join by trace number is called."""

OTHER_PAYER, FAR = -60, -40
MIN_TRACE = 5
CLOSE_NAME = 0.93
MIN_PREFIX = 8
NEAR_PERCENT = 3

_WORD = re.compile(r"[A-Z0-9][A-Z0-9./_-]*")
_RUN = re.compile(r"[A-Z0-9]+")
_DIGITS = re.compile(r"[0-9]{6,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid, as one side knows it."""

    customer_id: int | None = None
    account: str = ""
    name: str = ""

    @property
    def plain_account(self) -> str:
        """The account without blanks; empty where it is too short to tell anyone."""
        plain = payers.plain_account(self.account)
        return plain if len(plain) >= MIN_TRACE else ""

    @property
    def plain_name(self) -> str:
        """The name without legal forms and accents."""
        return payers.plain_name(self.name) if self.name else ""


@dataclass(frozen=True, slots=True)
class Says:
    """What one side says: an advice, or a receipt."""

    currency: str
    amount: int | None
    traces: frozenset[str]
    numbers: frozenset[str]
    payer: Payer
    day: date | None


class Likeness(NamedTuple):
    """What speaks for a pair: the strongest ground, all points, and the grounds in words."""

    how: str
    score: int
    reasons: tuple[str, ...]


def trace_keys(traces: Iterable[str]) -> frozenset[str]:
    """Trace numbers as they are compared: capitals and digits, and long runs of digits alone (banks lose prefixes and leading zeros). A day
    within a number proves nobody: everything of that day bears it.

    >>> sorted(trace_keys(["TRN-0778812", "12", "261126US003"]))
    ['261126US003', '778812', 'TRN0778812']
    """
    found = {_plain(t) for trace in traces for t in (trace, *(d for d in _DIGITS.findall(trace) if not is_day(d)))}
    return frozenset(k for k in found if len(k) >= MIN_TRACE and any(c.isdigit() for c in k))


@lru_cache(maxsize=65536)
def tokens(words: str) -> frozenset[str]:
    """Everything in a receipt's words that may be a trace number: words whole, and the runs of letters and digits in them."""
    found: set[str] = set()
    for word in _WORD.findall(words.upper()):
        found.add(word)
        runs = _RUN.findall(word)
        if len(runs) > 1:
            found.update(run for run in runs if not is_day(run))
    return trace_keys(w for w in found if w.isdigit() or not is_day(key(w)))


def is_day(digits: str) -> bool:
    """Whether six or eight digits are a day of this century as people write it: 261126, 26112026, 20261126, 11262026."""
    if len(digits) not in (6, 8) or not digits.isdecimal():
        return False
    short = digits if len(digits) == 6 else digits[2:] if digits.startswith("20") else digits[:4] + digits[6:]
    years = len(digits) == 6 or digits.startswith("20") or digits[4:6] == "20"
    pairs = [int(short[n : n + 2]) for n in (0, 2, 4)]
    return years and any(0 < pairs[month] < 13 and 0 < pairs[day] < 32 for month, day in ((1, 2), (1, 0), (0, 1)))


def _plain(trace: str) -> str:
    whole = key(trace)
    return whole.lstrip("0") if whole.isdigit() else whole


def compare(advice: Says, receipt: Says) -> Likeness:
    """The pair's likeness; its score is 0 to 100."""
    grounds = [
        *_by_trace(advice, receipt), *_by_amount(advice, receipt), *_by_documents(advice, receipt), *_by_payer(advice.payer, receipt.payer),
    ]  # fmt: skip
    strongest = max(grounds, default=(0, "", ""))
    grounds += _by_days(advice.day, receipt.day, traced=strongest[1] == TRACED)
    score = max(0, min(100, sum(points for points, _, _ in grounds)))
    return Likeness(strongest[1] or "days", score, tuple(words for _, _, words in grounds if words))


Ground = tuple[int, str, str]


def _by_trace(advice: Says, receipt: Says) -> list[Ground]:
    shared = sorted(advice.traces & receipt.traces)
    return [(TRACE, TRACED, f"the bank tells the advice's trace number {shared[0]}")] if shared else []


def _by_amount(advice: Says, receipt: Says) -> list[Ground]:
    if advice.amount is None or receipt.amount is None:
        return []
    if advice.amount == receipt.amount:
        return [(AMOUNT, "amount", "the advice's total is the amount to the cent")]
    if abs(advice.amount - receipt.amount) * 100 <= abs(receipt.amount) * NEAR_PERCENT:
        return [(NEARLY, "amount", f"the advice's total is within {NEAR_PERCENT} % of the amount")]
    return [(0, "", "the advice's total is another amount")]


def _by_documents(advice: Says, receipt: Says) -> list[Ground]:
    shared = sorted(advice.numbers & receipt.numbers)
    if not shared:
        return []
    more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
    return [(DOCUMENTS, "documents", f"both name {shared[0]}{more}")]


def _by_payer(one: Payer, other: Payer) -> list[Ground]:
    if one.customer_id is not None and one.customer_id == other.customer_id:
        return [(SAME_PAYER, "payer", "both are of one customer or group")]
    if one.customer_id is not None and other.customer_id is not None:
        return [(OTHER_PAYER, "", "the receipt is of another customer")]
    if one.plain_account and one.plain_account == other.plain_account:
        return [(SAME_PAYER, "payer", "paid from the account that the advice names")]
    return _by_name(one.plain_name, other.plain_name)


def _by_name(one: str, other: str) -> list[Ground]:
    if not one or not other:
        return []
    shorter, longer = sorted((one, other), key=len)
    if one == other or (len(shorter) >= MIN_PREFIX and longer.startswith(shorter)):
        return [(SAME_NAME, "payer", "the payer bears the same name")]
    if JaroWinkler.similarity(one, other) >= CLOSE_NAME:
        return [(SIMILAR_NAME, "payer", "the payer bears a similar name")]
    return [(0, "", "the names of the payers differ")]


def _by_days(one: date | None, other: date | None, *, traced: bool) -> list[Ground]:
    if one is None or other is None:
        return []
    apart = abs((one - other).days)
    words = "of the same day" if not apart else f"{apart} day{'' if apart == 1 else 's'} apart"
    points = next((points for most, points in DAYS if apart <= most), 0 if traced else FAR)
    return [(points, "", words)]


def same_payer(one: Payer, other: Payer) -> bool:
    """Whether both sides are of one payer beyond doubt: customer, account or the same name."""
    grounds = _by_payer(one, other)
    return bool(grounds) and grounds[0][0] >= SAME_NAME
