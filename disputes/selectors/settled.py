"""How items were settled: by money, by credit, or otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_HOW = """
SELECT w.item, w.since,
  coalesce(sum(-l.amount) FILTER (WHERE a.has_memo), 0), coalesce(sum(-l.amount) FILTER (WHERE NOT a.has_memo AND a.has_credit), 0),
  coalesce(sum(-l.amount) FILTER (WHERE NOT a.has_memo AND NOT a.has_credit), 0)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS w(item, since)
JOIN ledger_openitem i ON i.id = w.item
JOIN ledger_line l ON l.open_item_id = w.item AND l.entry_id <> i.opened_by_id
JOIN ledger_entry e ON e.id = l.entry_id AND e.posted_at >= w.since
CROSS JOIN LATERAL (
  SELECT coalesce(bool_or(o.kind = 'credit_memo'), false) AS has_memo, coalesce(bool_or(o.amount < 0), false) AS has_credit
  FROM ledger_line x JOIN ledger_openitem o ON o.id = x.open_item_id WHERE x.entry_id = l.entry_id AND o.id <> w.item) a
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """What took an item down since a moment (minor units): credit memos, money and other credits, and what was written off."""

    credited: int = 0
    paid: int = 0
    written_off: int = 0


def settled_since(wanted: Sequence[tuple[int, datetime]]) -> dict[tuple[int, datetime], Settled]:
    """(item, moment) → how it was settled since; what was taken back counts against it. One statement, however many are asked."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HOW, [[item for item, _ in wanted], [since for _, since in wanted]])
        return {(row[0], row[1]): Settled(*(max(0, int(amount)) for amount in row[2:])) for row in cursor.fetchall()}
