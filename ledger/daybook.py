"""Questions about whole accounts, answered from the sums of each day (see `DayTotal`): hundreds of times fewer rows than the lines."""

from datetime import datetime
from typing import Any

from ledger.asof import Scope


def covers(scope: Scope, known_at: datetime | None = None) -> bool:
    """Whether the sums can answer for this scope: nothing in it is about customers, single items, document dates or what was known when."""
    narrowed = (scope.customer_ids, scope.item_ids, scope.collector_ids)
    by_document = scope.dates is not None and scope.dates[0] != "due"
    return known_at is None and all(part is None for part in narrowed) and not scope.reach.portfolios and not by_document


def conditions(scope: Scope) -> tuple[str, list[Any]]:
    """SQL conditions on `t`, a row of ledger_daytotal (they begin with AND), and their parameters."""
    found = ["t.account_id IN (SELECT id FROM ledger_account WHERE kind = ANY(%s))"]
    params: list[Any] = [list(scope.accounts)]
    if not scope.reach.everything:
        found.append("t.company_id = ANY(%s)")
        params.append(list(scope.reach.companies))
    if scope.company_ids is not None:
        found.append("t.company_id = ANY(%s)")
        params.append(list(scope.company_ids))
    if scope.currency:
        found.append("t.currency = %s")
        params.append(scope.currency)
    if scope.kinds is not None:
        found.append("t.item_kind = ANY(%s)")
        params.append(list(scope.kinds))
    for sign, day in zip((">=", "<="), scope.dates[1:] if scope.dates else (), strict=False):
        if day is not None:
            found.append(f"t.due_date {sign} %s")
            params.append(day)
    return "".join(f" AND {condition}" for condition in found), params
