"""What a settlement gives up waits in an item of its own until the rest is paid."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0009_charged_days_never_twice"), ("ledger", "0011_instalments")]

    operations = [
        migrations.AddField(
            model_name="paymentplan",
            name="rest_item",
            field=models.OneToOneField(
                help_text="Settlement: what is given up in the end.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlement",
                to="ledger.openitem",
            ),
        ),
    ]
