"""Late charges are told to the customer, once each: which policies do, and the message that did."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections_app", "0018_tags_on_customers"),
        ("messaging", "0008_messages_about_a_whole_group"),
    ]

    operations = [
        migrations.AddField(
            model_name="chargepolicy",
            name="notice",
            field=models.CharField(
                choices=[("none", "no notice by itself"), ("mail", "by mail, printed where there is no address"), ("print", "printed")],
                db_default="none",
                default="none",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="charge",
            name="notice",
            field=models.OneToOneField(
                help_text="What told the customer, once.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="charge",
                to="messaging.message",
            ),
        ),
    ]
