"""What is verified with the books about collections (see `ledger.verify.register_check`)."""

CHECKS: dict[str, str] = {
    "late charges are in the books as assessed": """
        SELECT 'charge ' || a.id || ' of ' || a.amount || ' ' || a.currency || ': document ' || coalesce(i.amount, 0) || ', items '
            || coalesce(t.total, a.amount)
        FROM collections_app_charge a LEFT JOIN ledger_openitem i ON i.id = a.open_item_id
        LEFT JOIN LATERAL (SELECT sum((line->>'amount')::bigint) AS total FROM jsonb_array_elements(a.lines) line) t ON TRUE
        WHERE {a} AND a.state <> 'left_out' AND (i.amount IS DISTINCT FROM a.amount OR t.total IS DISTINCT FROM a.amount)""",
    "no day of an item is charged twice": """
        SELECT 'item ' || x.open_item_id || ' is charged twice from ' || x.days_from
        FROM collections_app_chargeditem x JOIN collections_app_charge a ON a.id = x.charge_id
        WHERE {a} AND EXISTS (SELECT FROM collections_app_chargeditem y WHERE y.open_item_id = x.open_item_id AND y.id < x.id
            AND daterange(y.days_from, y.days_to, '[]') && daterange(x.days_from, x.days_to, '[]'))""",
}
"""Check → SQL for its details."""
