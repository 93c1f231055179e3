from django.db import migrations, models

PAST = models.Q(("resolved_on__isnull", False))


def index(name: str, *fields: str) -> migrations.AddIndex:
    return migrations.AddIndex(model_name="dispute", index=models.Index(condition=PAST, fields=list(fields), name=name))


class Migration(migrations.Migration):
    dependencies = [("disputes", "0004_repeats_say_what_else")]

    operations = [
        index("dispute_past_customer", "customer", "reason", "-resolved_on"),
        index("dispute_past_reason", "company", "reason", "-resolved_on"),
        index("dispute_past_product", "company", "product", "-resolved_on"),
        index("dispute_past_cause", "cause", "customer", "-resolved_on"),
    ]
