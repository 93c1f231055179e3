"""What was a dunning policy is the first version of a strategy; versions hold for days and are known by what they say."""

import django.contrib.postgres.constraints
from django.db import migrations, models

import collections_app.models.strategy

TONES = ("friendly", "firm", "final")


def policies_to_strategies(apps, schema_editor):
    """Each policy becomes a strategy whose first version, in force since ever, has a mail for each level."""

    def rows(name):
        return apps.get_model("collections_app", name).objects.using(schema_editor.connection.alias)

    for policy in rows("DunningPolicy").order_by("pk"):
        strategy = rows("Strategy").create(
            company_id=policy.company_id, name=policy.name, segment=policy.segment, is_active=policy.is_active
        )
        version = rows("StrategyVersion").create(
            strategy=strategy,
            number=1,
            state="active",
            grace_days=policy.grace_days,
            quiet_days=policy.quiet_days,
            minimum=policy.minimum,
            made_by="system:migration",
            why="as the dunning policy was",
        )
        for number, level in enumerate(policy.levels.order_by("level")):
            step = rows("StrategyStep").create(
                version=version,
                ordinal=number + 1,
                channel="email",
                days=min(level.days_past_due, 720),
                name=level.name,
                tone=TONES[min(number, 2)],
                subject=level.subject,
                body=level.body,
            )
            for text in level.texts.all():
                rows("StrategyText").create(step=step, language=text.language, subject=text.subject, body=text.body)


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0006_leases_and_waits_for_events"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="strategyversion",
            name="strategy_one_in_force",
        ),
        migrations.AddField(
            model_name="strategyversion",
            name="content_hash",
            field=models.CharField(blank=True, help_text="SHA-256 of rules, steps and words: a trial is of just these.", max_length=64),
        ),
        migrations.AddField(
            model_name="strategyversion",
            name="revision",
            field=models.IntegerField(default=0, help_text="Counts the changes of a draft."),
        ),
        migrations.AlterField(
            model_name="strategyversion",
            name="valid_from",
            field=models.DateField(help_text="First day in force; empty: since ever.", null=True),
        ),
        migrations.AlterField(
            model_name="strategyversion",
            name="valid_to",
            field=models.DateField(help_text="First day no longer in force; empty: until further notice.", null=True),
        ),
        migrations.AddConstraint(
            model_name="strategyversion",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state__in", ["active", "retired"])),
                expressions=[(models.F("strategy"), "="), (collections_app.models.strategy.DateRange("valid_from", "valid_to"), "&&")],
                name="strategy_one_a_day",
            ),
        ),
        # Last, for a table with rows that wait for their checks can't be altered.
        migrations.RunPython(policies_to_strategies, migrations.RunPython.noop),
    ]
