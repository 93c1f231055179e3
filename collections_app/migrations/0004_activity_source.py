from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collections_app", "0003_dunning_texts_and_reasons")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="source",
            field=models.CharField(
                help_text="The sending of a form that told it, so that the same one twice is one activity.",
                max_length=120,
                null=True,
                unique=True,
            ),
        ),
    ]
