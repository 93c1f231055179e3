"""What a group's statement came to, account by account; of those sent before it isn't known, so that no part of them is shown."""

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0014_tasks_with_fewer_indexes"),
        ("messaging", "0008_messages_about_a_whole_group"),
    ]

    operations = [
        migrations.AddField(
            model_name="sentstatement",
            name="accounts",
            field=models.JSONField(
                db_default=Value({}, output_field=models.JSONField()),
                default=dict,
                help_text="Of a group: customer, currency and minor units of each account.",
            ),
        ),
        migrations.RunSQL(
            "UPDATE collections_app_sentstatement s SET accounts = jsonb_build_object(s.customer_id::text, '{}'::jsonb)"
            " WHERE EXISTS (SELECT 1 FROM messaging_message m WHERE m.id = s.message_id AND m.also_about <> '{}')"
            " OR EXISTS (SELECT 1 FROM collections_app_statementschedule p WHERE p.id = s.schedule_id AND p.for_group)",
            migrations.RunSQL.noop,
        ),
    ]
