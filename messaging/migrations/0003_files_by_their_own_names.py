from django.db import migrations, models

NAMES = """UPDATE messaging_message_attachments a SET name = f.name FROM workflow_storedfile f WHERE f.id = a.storedfile_id"""


class Migration(migrations.Migration):
    """The table of a message's files gets a name for each: what those sent so far were called."""

    dependencies = [
        ("messaging", "0002_attempts"),
        ("workflow", "0005_tries_of_codes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="MessageFile",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "message",
                            models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="enclosed", to="messaging.message"),
                        ),
                        ("storedfile", models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="+", to="workflow.storedfile")),
                    ],
                    options={"db_table": "messaging_message_attachments", "ordering": ["pk"]},
                ),
                migrations.AlterField(
                    model_name="message",
                    name="attachments",
                    field=models.ManyToManyField(
                        blank=True, related_name="+", through="messaging.MessageFile", to="workflow.storedfile"
                    ),
                ),
            ],
        ),
        migrations.AddField("messagefile", "name", models.CharField(default="", max_length=255), preserve_default=False),
        migrations.RunSQL(NAMES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "messagefile", models.UniqueConstraint(fields=("message", "storedfile"), name="message_file_once")
        ),
    ]
