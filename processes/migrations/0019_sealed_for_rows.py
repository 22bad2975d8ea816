import kianda.lib.secrets
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('processes', '0018_comments'),
    ]

    operations = [
        migrations.AlterField(
            model_name='pinnedanswer',
            name='answer',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('design', 'rule'), help_text='{"status", "headers", "body"}'),
        ),
        migrations.AlterField(
            model_name='processinstance',
            name='secrets',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('process_id',), help_text='The values of secret fields that are set.', null=True),
        ),
    ]
