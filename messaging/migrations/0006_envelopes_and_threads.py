"""What the headers of a mail tell: what it answers, which machine wrote it, what didn't arrive; and what an answer of ours answers."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0005_mail_of_customers'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='in_reply_to',
            field=models.CharField(blank=True, db_default='', default='', help_text='Message-ID of the mail it answers.', max_length=250),
        ),
        migrations.AddField(
            model_name='inboundmail',
            name='sender_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=150),
        ),
        migrations.AddField(
            model_name='inboundmail',
            name='answers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=250), default=list, help_text='Message-IDs that it refers to, the one it answers first.', size=None),
        ),
        migrations.AddField(
            model_name='inboundmail',
            name='automatic',
            field=models.CharField(blank=True, db_default='', default='', help_text='Which machine wrote it: bounce, reply (out of office), bulk, generated, ours; empty for a person.', max_length=12),
        ),
        migrations.AddField(
            model_name='inboundmail',
            name='bounced',
            field=models.JSONField(default=dict, help_text='Of a bounce: failed addresses, lost_id, why.'),
        ),
    ]
