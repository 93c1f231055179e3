from django.db import migrations

DOCUMENTS = """
    UPDATE disputes_dispute d
    SET invoice_id = i.id, base_amount = CASE WHEN o.amount = 0 THEN 0 ELSE round(d.amount::numeric * o.base_amount / o.amount) END
    FROM ledger_openitem o LEFT JOIN invoicing_invoice i ON i.open_item_id = o.id WHERE o.id = d.open_item_id
"""
MOVEMENTS = """
    INSERT INTO disputes_disputemovement (dispute_id, open_item_id, day, delta, by)
    SELECT id, open_item_id, opened_on, amount, opened_by FROM disputes_dispute
    UNION ALL
    SELECT id, open_item_id, resolved_on, -amount, opened_by FROM disputes_dispute WHERE resolved_on IS NOT NULL
"""
STEPS = """
    INSERT INTO disputes_disputestep (dispute_id, state, waiting_on, day, due_date, by, at)
    SELECT id, 'open', '', opened_on, due_date, opened_by, created_at FROM disputes_dispute
    UNION ALL
    SELECT id, state, '', COALESCE(resolved_on, opened_on), due_date, opened_by, updated_at FROM disputes_dispute WHERE state <> 'open'
"""


class Migration(migrations.Migration):
    dependencies = [("disputes", "0002_cases_causes_settlements_problems"), ("invoicing", "0009_lines_name_their_period")]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (DOCUMENTS, MOVEMENTS, STEPS)]
