"""Who works on an account now; what ended a wait; how far the journal was looked at for the work list."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0005_strategies_plans_charges_inquiries_escalation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkLease",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("until", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.AddField(
            model_name="ranking",
            name="entry_id",
            field=models.BigIntegerField(db_default=0, default=0, help_text="The last entry of the journal that was looked at."),
        ),
        migrations.AddField(
            model_name="snooze",
            name="woken_by",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="The event it waited for, once that has come.", max_length=10
            ),
        ),
    ]  # fmt: skip
