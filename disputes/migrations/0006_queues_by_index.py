"""Queues of open cases by the day they are due, closed ones by the day they were closed: from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disputes", "0005_similar_cases_by_index")]

    operations = [
        migrations.RemoveIndex(model_name="dispute", name="dispute_due"),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("state__in", ["resolved", "rejected"]), _negated=True),
                fields=["due_date", "id"],
                include=("company", "customer", "owner", "department", "waiting_on", "paused_on", "currency", "amount"),
                name="dispute_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("state__in", ["resolved", "rejected"])), fields=["resolved_on", "id"], name="dispute_closed"
            ),
        ),
    ]
