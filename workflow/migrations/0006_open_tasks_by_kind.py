from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("workflow", "0005_tries_of_codes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(condition=models.Q(("state", "open")), fields=["kind", "subject_id"], name="task_asked_by_kind"),
        ),
    ]
