"""How long a customer usually takes to say yes or no to an invoice, learned from how long it took before; in working days. Pure.

The median, and a spread beyond which an answer is late: three times the median distance from it, a day at least. A single slow answer
moves neither. Before three answers are known, five working days are taken for usual.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil
from statistics import median

USUAL = 5
FEW = 3
LONGEST = 60


def usual_days(spans: Sequence[int]) -> int:
    """Working days after which silence is unusual, from those that earlier answers took.

    >>> usual_days([]), usual_days([2, 3, 2, 14])
    (5, 5)
    """
    if len(spans) < FEW:
        return USUAL
    middle = median(spans)
    spread = median(abs(span - middle) for span in spans)
    return min(LONGEST, max(1, ceil(middle + max(1, 3 * spread))))


def working_days(start: date, end: date) -> int:
    """Working days (Monday to Friday) after `start` up to and with `end`; 0 when it is not after."""
    weeks, rest = divmod(max(0, (end - start).days), 7)
    return weeks * 5 + sum((start + timedelta(days=n)).weekday() < 5 for n in range(1, rest + 1))


def after_working_days(start: date, days: int) -> date:
    """The day that many working days after `start`."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
