"""The database lets no day of an item be charged twice, whatever runs and policies do."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0008_versions_in_force_stay")]

    operations = [
        migrations.AddConstraint(
            model_name="chargeditem",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.F("open_item"), django.contrib.postgres.fields.ranges.RangeOperators.EQUAL),
                    (
                        django.db.models.expressions.Func("days_from", "days_to", models.Value("[]"), function="daterange"),
                        django.contrib.postgres.fields.ranges.RangeOperators.OVERLAPS,
                    ),
                ],
                name="charged_days_never_twice",
            ),
        ),
    ]
