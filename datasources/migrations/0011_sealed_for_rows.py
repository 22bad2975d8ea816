import kianda.lib.secrets
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('datasources', '0010_variables'),
    ]

    operations = [
        migrations.AlterField(
            model_name='connectattempt',
            name='sealed',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('state_digest',), help_text='The code verifier, and where the provider answers.'),
        ),
        migrations.AlterField(
            model_name='connection',
            name='tokens',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('datasource',), null=True),
        ),
        migrations.AlterField(
            model_name='variable',
            name='value',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('name',)),
        ),
    ]
