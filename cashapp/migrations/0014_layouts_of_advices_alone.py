from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cashapp", "0013_policy_changes_by_two")]

    operations = [
        migrations.AlterField(
            model_name="advicelayout",
            name="kind",
            field=models.CharField(choices=[("list", "CSV or Excel list"), ("pdf", "PDF advice")], max_length=10),
        ),
    ]
