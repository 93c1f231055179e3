"""Money from a payer's unknown account is posted alone up to an amount; changes are found by account."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cashapp', '0008_band_reviews_and_receipts_that_wait'),
    ]

    operations = [
        migrations.AddField(
            model_name='matchpolicy',
            name='new_account_limits',
            field=models.JSONField(blank=True, default=dict, help_text='Up to what money from an account of a known payer that was never seen before is posted alone; minor units by currency.'),
        ),
        migrations.AddIndex(
            model_name='payeraccountchange',
            index=models.Index(fields=['customer', 'account'], name='account_change_by_account'),
        ),
    ]
