"""An account between companies of ours, in every chart: cash that came to the one is owed to the other."""

from typing import Any

from django.db import migrations, models

KINDS = [
    ("receivable", "trade receivables"), ("retainage", "retainage receivable"), ("unidentified", "unidentified cash"),
    ("cash", "cash at bank"), ("revenue_clearing", "revenue clearing"), ("tax", "sales tax"),
    ("intercompany", "intercompany clearing"), ("withheld", "tax withheld by customers"), ("discount", "cash discount allowed"),
    ("bank_charges", "bank charges"), ("late_fees", "late-fee income"), ("bad_debt", "bad debt"),
    ("allowance", "allowance for doubtful accounts"), ("fx", "exchange gain and loss"), ("refunds", "refunds payable"),
    ("rounding", "rounding and tolerance"),
]  # fmt: skip


def add(apps: Any, editor: Any) -> None:
    """Give the account to companies that have their chart already."""
    account: Any = apps.get_model("ledger", "Account").objects.using(editor.connection.alias)
    companies = account.filter(kind="receivable").values_list("company", flat=True).distinct()
    account.bulk_create(
        (account.model(company_id=c, code="1280", name="Intercompany clearing", kind="intercompany", is_control=False) for c in companies),
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_refunds_paid_out")]

    operations = [
        migrations.AlterField(model_name="account", name="kind", field=models.CharField(choices=KINDS, max_length=20)),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
