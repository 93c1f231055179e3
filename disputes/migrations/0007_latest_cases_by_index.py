"""All cases, open and closed, the latest first: a page of them from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disputes", "0006_queues_by_index")]

    operations = [migrations.AddIndex(model_name="dispute", index=models.Index(fields=["opened_on", "id"], name="dispute_latest"))]
