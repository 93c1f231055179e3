"""Days without business are the policy's holidays: one list, not two."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0021_what_the_database_itself_refuses")]

    operations = [migrations.RemoveField(model_name="collectionpolicy", name="closed_days")]
