"""What of cases is re-derived with the books (`manage.py verify_books`), each as one query that lists what is wrong."""

CHECKS: dict[str, str] = {
    "what is in dispute is the sum of its movements": """
        SELECT 'case ' || d.id || ' ' || d.number || ', ' || d.state || ', of ' || d.amount || ': its movements sum to '
            || coalesce(m.delta, 0)
        FROM disputes_dispute d LEFT JOIN (
            SELECT dispute_id, sum(delta) AS delta FROM disputes_disputemovement GROUP BY 1) m ON m.dispute_id = d.id
        WHERE {d} AND coalesce(m.delta, 0) <> CASE WHEN d.state IN ('resolved', 'rejected') THEN 0 ELSE d.amount END""",
    "movements of cases are about the case's own item": """
        SELECT 'movement ' || m.id || ' of case ' || d.number FROM disputes_disputemovement m JOIN disputes_dispute d ON d.id = m.dispute_id
        WHERE {d} AND m.open_item_id <> d.open_item_id""",
    "a case is being settled while a settlement of it is under way": """
        SELECT 'case ' || d.id || ' ' || d.number || ' is ' || d.state FROM disputes_dispute d LEFT JOIN (
            SELECT dispute_id FROM disputes_settlement WHERE state IN ('signing', 'waiting')) s ON s.dispute_id = d.id
        WHERE {d} AND (s.dispute_id IS NOT NULL) <> (d.state = 'settling')""",
}
"""What is checked → SQL for its details; {d} stands for "is of the companies"."""
