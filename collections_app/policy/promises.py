"""When a promise is kept. Pure.

The trade's rule (SAP: open, kept, partially kept, broken; tolerance days): kept as soon as all of it has come in, on whatever day
before the verdict; otherwise the verdict falls when the promised day and the tolerance have passed.

A promise in instalments is judged part by part, each with all that was promised up to its day: what comes early counts for what is due
next. The first part that is missed ends the promise, and those after it are asked for no more as parts of it: who misses the second of six
isn't left alone until the sixth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be there by a day (minor units), all parts before it included, and what of it is: `contested` of what is missing came
    into dispute since."""

    target: int
    due_on: date
    received: int
    contested: int = 0


def verdict(promised: int, received: int, due_on: date, today: date, tolerance_days: int = 0, tolerance: int = 0) -> str:
    """`kept`, `partly`, `broken` or still `open`, for amounts in minor units as of the end of `today`; `tolerance` may be missing."""
    if received >= promised - tolerance:
        return "kept"
    if today <= due_on + timedelta(days=tolerance_days):
        return "open"
    return "partly" if received > 0 else "broken"


def judge(parts: Sequence[Part], today: date, tolerance_days: int = 0, tolerance: int = 0) -> tuple[str, list[str]]:
    """The verdict on a promise and on each of its parts, which come in the order of their days. Where all that is missing of a part is
    in dispute, its verdict waits."""
    found = []
    for part in parts:
        state = verdict(part.target, part.received, part.due_on, today, tolerance_days, tolerance)
        found.append("open" if state in ("partly", "broken") and 0 < part.target - part.received <= part.contested else state)
    missed = next((n for n, state in enumerate(found) if state in ("partly", "broken")), None)
    if missed is None:
        return found[-1], found
    return found[missed], found[: missed + 1] + ["cancelled" if state == "open" else state for state in found[missed + 1 :]]


def tolerance_of(amount: int, fixed: int, percent: Decimal) -> int:
    """What may be missing of a promise, in minor units: the larger of a fixed amount and a share of it, never all of it."""
    return min(amount - 1, max(fixed, int(amount * percent / 100)))
