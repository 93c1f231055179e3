"""What came in for promises by their own day, whatever was promised afterwards."""

from collections.abc import Collection
from datetime import date

from django.db import connection


def received_in_time(promise_ids: Collection[int], upto: date) -> dict[int, int]:
    """Promise → minor units of it that its items were reduced by from the day it was given to the day it named, less what was
    reversed since, up to a day.
    """
    if not promise_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, sum(least(s.amount, greatest(0, coalesce(m.paid, 0)))) FROM collections_app_promise p"
            " JOIN collections_app_promiseitem s ON s.promise_id = p.id LEFT JOIN LATERAL ("
            "   SELECT -sum(l.amount) AS paid FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem o"
            "   ON o.id = l.open_item_id AND l.entry_id <> o.opened_by_id LEFT JOIN ledger_entry r ON r.id = e.reverses_id"
            "   WHERE l.open_item_id = s.open_item_id AND coalesce(r.effective_date, e.effective_date) BETWEEN p.given_on AND p.due_on"
            "   AND e.effective_date <= %s OFFSET 0) m ON true"
            " WHERE p.id = ANY(%s) GROUP BY 1",
            [upto, list(promise_ids)],
        )
        return {promise: int(amount) for promise, amount in cursor.fetchall()}
