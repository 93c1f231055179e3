"""What the day's dunning would come to is kept: a row for each account, and how far it was looked through."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0016_offers_by_policy_plans_rescheduled_parts_waived"),
        ("customers", "0004_who_takes_calls"),
        ("org", "0003_company_particulars"),
    ]

    operations = [
        migrations.CreateModel(
            name="DunningOutlook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("event_id", models.BigIntegerField(default=0)),
                ("entry_id", models.BigIntegerField(default=0)),
                ("common", models.CharField(blank=True, max_length=64)),
                ("made_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="dunning_outlook", to="org.company"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OutlookRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("level", models.IntegerField(default=0)),
                ("level_name", models.CharField(blank=True, max_length=40)),
                ("days_past_due", models.IntegerField(default=0)),
                ("amount", models.BigIntegerField(default=0)),
                ("held_out", models.BigIntegerField(default=0)),
                ("held", models.JSONField(default=dict)),
                ("asked", models.IntegerField(default=0, help_text="How many items are asked for.")),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("left_out_because", models.CharField(blank=True, max_length=200)),
                ("recipients", models.TextField(blank=True, help_text="Where it would go; empty: it would be printed.")),
                ("no_address", models.BooleanField(default=False, help_text="It would be printed because nobody has an address.")),
                ("company", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="org.company")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer", db_index=False
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("customer", "currency"), name="outlook_row_once")],
            },
        ),
    ]
