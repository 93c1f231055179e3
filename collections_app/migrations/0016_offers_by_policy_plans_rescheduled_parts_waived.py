"""Offers stand as long as the policy says; a running plan is re-scheduled by a version of its own; charges are waived in part."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0015_statements_of_groups_by_account"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="collectionpolicy",
            name="collection_policy_sensible",
        ),
        migrations.AddField(
            model_name="charge",
            name="waived",
            field=models.BigIntegerField(default=0, help_text="Minor units of it that were taken back."),
        ),
        migrations.AddField(
            model_name="collectionpolicy",
            name="closed_days",
            field=models.TextField(blank=True, help_text="Days without business besides weekends: 2026-12-24, or 12-25 for every year."),
        ),
        migrations.AddField(
            model_name="collectionpolicy",
            name="offer_days",
            field=models.IntegerField(default=14, help_text="Days that an offered plan stands, and what it covers is not asked for."),
        ),
        migrations.AddField(
            model_name="paymentplan",
            name="replaces",
            field=models.ForeignKey(
                help_text="The running plan whose unpaid instalments this one re-schedules.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="collections_app.paymentplan",
            ),
        ),
        migrations.AlterField(
            model_name="paymentplan",
            name="offer_until",
            field=models.DateField(help_text="Until when the customer may sign, and what it covers is not asked for.", null=True),
        ),
        migrations.AlterField(
            model_name="paymentplan",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("waiting", "waiting for approval"),
                    ("offered", "offered to the customer"),
                    ("active", "running"),
                    ("kept", "kept"),
                    ("defaulted", "in default"),
                    ("cancelled", "cancelled"),
                    ("refused", "refused"),
                    ("replaced", "re-scheduled"),
                ],
                default="draft",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="collectionpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answer_hours__gte", 1),
                    ("calls_a_week__gte", 1),
                    ("document_reminder_days__gte", 1),
                    ("longest_promise_days__gte", 1),
                    ("offer_days__gte", 1),
                    ("plan_default_days__gte", 0),
                    ("plan_longest_days__gte", 1),
                    ("promise_tolerance_amount__gte", 0),
                    ("promise_tolerance_days__gte", 0),
                    ("promise_tolerance_percent__gte", 0),
                ),
                name="collection_policy_sensible",
            ),
        ),
    ]
