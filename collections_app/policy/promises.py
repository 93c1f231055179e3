"""When a promise is kept. Pure.

The trade's rule (SAP: open, kept, partially kept, broken; tolerance days): kept as soon as all of it has come in, on
whatever day before the
verdict; otherwise the verdict falls when the promised day and the tolerance have passed.
"""

from datetime import date, timedelta


def verdict(promised: int, received: int, due_on: date, today: date, tolerance_days: int = 0) -> str:
    """`kept`, `partly`, `broken` or still `open`, for amounts in minor units as of the end of `today`."""
    if received >= promised:
        return "kept"
    if today <= due_on + timedelta(days=tolerance_days):
        return "open"
    return "partly" if received > 0 else "broken"
