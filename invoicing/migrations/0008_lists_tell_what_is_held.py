"""A list that is brought in tells which of its documents the check holds, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0007_what_becomes_of_findings")]

    operations = [
        migrations.AddField(
            model_name="invoiceimport",
            name="held",
            field=models.JSONField(
                default=list, help_text="Documents that the check holds, with what it found; the draft once it is kept."
            ),
        ),
    ]
