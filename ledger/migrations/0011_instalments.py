"""Instalments of payment plans are open items of their own, and an entry moves what is open of invoices into them."""

from django.db import migrations, models

ENTRIES = [
    ("invoice", "invoice"), ("credit_memo", "credit memo"), ("debit_memo", "debit memo"), ("receipt", "receipt"),
    ("application", "application"), ("identification", "identification of cash"), ("write_off", "write-off"), ("transfer", "transfer"),
    ("refund", "refund"), ("late_fee", "late fee"), ("retention", "retainage held back"), ("release", "retainage released"),
    ("bank_charge", "bank charge"), ("payout", "refund paid out"), ("instalment", "moved to instalments"), ("reversal", "reversal"),
]  # fmt: skip
ITEMS = [
    ("invoice", "invoice"), ("debit_memo", "debit memo"), ("credit_memo", "credit memo"), ("receipt", "receipt"), ("late_fee", "late fee"),
    ("retainage", "retainage"), ("instalment", "instalment"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_intercompany_clearing")]

    operations = [
        migrations.AlterField(model_name="entry", name="kind", field=models.CharField(choices=ENTRIES, max_length=20)),
        migrations.AlterField(model_name="openitem", name="kind", field=models.CharField(choices=ITEMS, max_length=20)),
    ]
