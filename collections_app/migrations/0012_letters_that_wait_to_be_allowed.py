"""Reminders that a second person allows: who wrote one, whether it waits, who decided and when; what is held out by why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0011_papers_of_our_own")]

    operations = [
        migrations.AddField("dunningletter", "made_by", models.CharField(blank=True, db_default="", default="", max_length=80)),
        migrations.AddField(
            "dunningletter",
            "needs_approval",
            models.BooleanField(db_default=False, default=False, help_text="It waits until another person has allowed it."),
        ),
        migrations.AddField(
            "dunningletter",
            "decided_by",
            models.CharField(blank=True, db_default="", default="", help_text="Who allowed or declined it.", max_length=80),
        ),
        migrations.AddField(
            "dunningletter",
            "held",
            models.JSONField(default=dict, help_text="What is past due and not asked for, by why: grace, disputed, promised, credits."),
        ),
        migrations.AddField("dunningletter", "decided_at", models.DateTimeField(null=True)),
    ]
