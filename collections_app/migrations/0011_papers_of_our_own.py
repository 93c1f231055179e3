"""Papers of our own that customers ask for, such as the W-9: the files that go with answers."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collections_app', '0010_rest_of_settlements'),
        ('org', '0003_company_particulars'),
        ('workflow', '0006_open_tasks_by_kind'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnPaper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='As templates name it, such as w9.', max_length=30)),
                ('name', models.CharField(max_length=80)),
                ('file_name', models.CharField(max_length=200)),
                ('valid_to', models.DateField(blank=True, help_text='After this day it goes with no answer.', null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('kept_by', models.CharField(max_length=80)),
                ('kept_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='own_papers', to='org.company')),
                ('stored_file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.storedfile')),
            ],
            options={
                'ordering': ['company', 'name'],
                'constraints': [models.UniqueConstraint(fields=('company', 'code'), name='own_paper_once')],
            },
        ),
    ]
