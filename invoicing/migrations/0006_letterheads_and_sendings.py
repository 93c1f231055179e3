from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ("invoicing", "0005_releases_of_retainage"),
        ("org", "0003_company_particulars"),
        ("workflow", "0003_approvals_tasks_attachments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letterhead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("accent", models.CharField(default="#1d4ed8", help_text="Colour of rules and headings, such as #1d4ed8.", max_length=7)),
                ("footer", models.CharField(blank=True, default="", help_text="A line at the foot of every page.", max_length=300)),
                ("payment_note", models.CharField(blank=True, default="", help_text="A line beside the payment details.", max_length=300)),
                ("changed_by", models.CharField(blank=True, max_length=80)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("company", models.OneToOneField(on_delete=models.deletion.PROTECT, related_name="letterhead", to="org.company")),
                ("logo", models.ForeignKey(help_text="PNG or JPEG.", null=True, on_delete=models.deletion.PROTECT, related_name="+", to="workflow.storedfile")),
            ],
        ),
        migrations.AddField(
            model_name="dispatch",
            name="number",
            field=models.IntegerField(default=1, help_text="1 the first sending, 2 the first sent again, and so on."),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="note",
            field=models.CharField(blank=True, db_default="", default="", help_text="A word of whoever sent it, in the mail.", max_length=1000),
        ),
        migrations.AddConstraint(
            model_name="dispatch", constraint=models.UniqueConstraint(fields=("invoice", "number"), name="dispatch_number_once"),
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(condition=Q(("batch", None), ("channel", "print")), fields=["company", "-id"], name="dispatch_to_print"),
        ),
        migrations.AddIndex(model_name="invoicedelivery", index=models.Index(fields=["state", "-id"], name="invoice_delivery_state")),
    ]
