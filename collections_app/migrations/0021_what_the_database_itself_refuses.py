"""Rows that make no sense are refused: two absences at once, deciders of their own cases, steps that lead nowhere."""

import django.contrib.postgres.constraints
from django.conf import settings
from django.db import migrations, models

import collections_app.models.strategy


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0020_correspondence_drafts_endings_office_hours"),
        ("customers", "0004_who_takes_calls"),
        ("ledger", "0011_instalments"),
        ("org", "0003_company_particulars"),
        ("workflow", "0006_open_tasks_by_kind"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="absence",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state__in", ["planned", "running"])),
                expressions=[
                    (models.F("company"), "="),
                    (models.F("person"), "="),
                    (collections_app.models.strategy.DateRange("first", "last", models.Value("[]")), "&&"),
                ],
                name="absence_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("raised_by")), ("state", "decided"), _negated=True),
                name="escalation_raiser_is_not_decider",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "placed"), _negated=True),
                    models.Q(models.Q(("placed_with", ""), _negated=True), ("placed_on__isnull", False)),
                    _connector="OR",
                ),
                name="escalation_placed_with",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_on", None), ("state", "closed"), _negated=True), name="escalation_closed_on_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ends_on", None), ("state", "running")),
                    models.Q(("ends_on__gte", models.F("starts_on")), ("state", "ended")),
                    _connector="OR",
                ),
                name="experiment_ends_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="placeditem",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="placed_item_amount"),
        ),
        migrations.AddConstraint(
            model_name="plannedstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_on", None), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("closed_on__isnull", False)),
                    _connector="OR",
                ),
                name="planned_step_closed_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="portfoliorule",
            constraint=models.CheckConstraint(condition=models.Q(("minimum__gte", 0)), name="portfolio_rule_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("received__gte", 0),
                    ("tolerance_amount__gte", 0),
                    ("tolerance_amount__lt", models.F("amount")),
                    ("tolerance_days__gte", 0),
                ),
                name="promise_tolerance",
            ),
        ),
        migrations.AddConstraint(
            model_name="promiseitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("amount__lte", models.F("balance_before"))), name="promise_item_within_what_is_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(("broken_promises__gte", 0), ("minimum__gte", 0)), name="rung_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_outside", True), ("role", "")),
                    models.Q(models.Q(("is_outside", False)), models.Q(("role", ""), _negated=True)),
                    _connector="OR",
                ),
                name="rung_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="strategystep",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel", "escalate"), ("escalate_to", ""), _negated=True), name="strategy_step_escalates_somewhere"
            ),
        ),
        migrations.AddConstraint(
            model_name="strategystep",
            constraint=models.CheckConstraint(
                condition=models.Q(("signed_by", ""), ("signer", "named"), _negated=True), name="strategy_step_signed_by_somebody"
            ),
        ),
    ]
