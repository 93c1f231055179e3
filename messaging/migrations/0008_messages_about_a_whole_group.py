"""Which other customers' figures a message holds; of the statements of groups that were sent, all that stand under their head now."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Value

KEYS = django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0007_letters_on_paper_and_addresses_that_bounce")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="also_about",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                db_default=Value([], output_field=KEYS),
                default=list,
                help_text="Other customers whose figures are in it: only who sees them all reads it.",
                size=None,
            ),
        ),
        migrations.RunSQL(
            "WITH RECURSIVE tree (head, id, depth) AS (SELECT parent_id, id, 1 FROM customers_customer WHERE parent_id IS NOT NULL"
            " UNION SELECT t.head, c.id, t.depth + 1 FROM customers_customer c JOIN tree t ON c.parent_id = t.id WHERE t.depth < 10),"
            " families AS (SELECT head, array_agg(DISTINCT id) AS below FROM tree WHERE id <> head GROUP BY head)"
            " UPDATE messaging_message m SET also_about = f.below FROM families f WHERE m.customer_id = f.head AND m.kind = 'statement'",
            migrations.RunSQL.noop,
        ),
    ]
