"""What is verified with the books about the bank's days (see `ledger.verify.register_check`)."""

CHECKS: dict[str, str] = {
    "signed bank days tie": """
        SELECT 'day ' || r.day || ' of account ' || d.id || ' was signed with ' || r.bank_closing || ' at the bank, '
            || r.ledger_closing || ' in the books (lines up to then: ' || coalesce(b.total, 0) || '), explained '
            || coalesce(i.total, 0)
        FROM cashapp_dayreconciliation r JOIN cashapp_bankaccount d ON d.id = r.bank_account_id
        LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM cashapp_reconcilingitem WHERE reconciliation_id = r.id) i ON TRUE
        LEFT JOIN LATERAL (
            SELECT sum(l.amount) AS total FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id
            WHERE l.account_id = d.ledger_account_id AND l.id <= r.ledger_mark AND e.effective_date <= r.day AND e.currency = d.currency
        ) b ON TRUE
        WHERE {d} AND r.state = 'signed' AND (
            r.bank_closing IS DISTINCT FROM r.ledger_closing + coalesce(i.total, 0) OR r.explained <> coalesce(i.total, 0)
            OR r.ledger_closing <> coalesce(b.total, 0) OR r.bank_closing <> r.bank_opening + r.bank_movements
            OR r.ledger_closing <> r.ledger_opening + r.ledger_movements)""",
    "bank days are signed as the audit trail says": """
        SELECT 'day ' || r.day || ' of account ' || d.id || ' is signed by ' || r.signed_by || ', which the audit trail does not say so'
        FROM cashapp_dayreconciliation r JOIN cashapp_bankaccount d ON d.id = r.bank_account_id
        LEFT JOIN LATERAL (
            SELECT actor, data FROM workflow_event WHERE subject_type = 'cashapp.dayreconciliation' AND subject_id = r.id
                AND type = 'bank_day.signed' ORDER BY id DESC LIMIT 1
        ) e ON TRUE
        WHERE {d} AND r.state = 'signed' AND (e.actor IS DISTINCT FROM r.signed_by OR e.data->>'hash' IS DISTINCT FROM r.signed_hash
            OR (e.data->>'bank')::bigint IS DISTINCT FROM r.bank_closing
            OR (e.data->>'books')::bigint IS DISTINCT FROM r.ledger_closing)""",
    "lines laid together by hand come to the same": """
        SELECT 'tie ' || t.id || ' of account ' || d.id || ': ' || s.total || ' at the bank, ' || b.total || ' in the books'
        FROM cashapp_banktie t JOIN cashapp_bankaccount d ON d.id = t.bank_account_id
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS total FROM cashapp_statementline WHERE id = ANY(t.statement_lines)) s ON TRUE
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS total FROM ledger_line WHERE id = ANY(t.ledger_lines)) b ON TRUE
        WHERE {d} AND t.ended_at IS NULL AND s.total <> b.total""",
}
"""Check → SQL for its details. A signed day's books are summed up to the last line there was when it was signed: what was posted into it
afterwards is no mistake, it is shown on the day and carried or re-opened."""
