"""All tasks are written anew each night: two indexes that others serve, and one by patterns, are gone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0013_missing_papers_chased"),
        ("customers", "0003_papers_from_senders_and_stamps"),
        ("org", "0003_company_particulars"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="worktask",
            name="company",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.company"),
        ),
        migrations.AlterField(
            model_name="worktask",
            name="key",
            field=models.CharField(max_length=80),
        ),
        migrations.AlterField(
            model_name="worktask",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="work_tasks",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="worktask",
            constraint=models.UniqueConstraint(fields=("key",), name="work_task_key_once"),
        ),
    ]
