from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("workflow", "0004_links_to_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkTry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(help_text="A keyed hash of the address that they came from.", max_length=64)),
                ("since", models.DateTimeField(help_text="When the quarter began.")),
                ("tries", models.IntegerField(default=1)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("origin", "since"), name="link_try_once")],
            },
        ),
    ]
