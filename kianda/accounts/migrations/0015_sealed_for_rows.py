import kianda.lib.secrets
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_saml'),
    ]

    operations = [
        migrations.AlterField(
            model_name='idempotencyrecord',
            name='body',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('user', 'key'), null=True),
        ),
        migrations.AlterField(
            model_name='identityprovider',
            name='secret',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('slug',), help_text='Null: a client without a secret.', null=True),
        ),
    ]
