import kianda.lib.secrets
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('kianda_mail', '0004_search'),
    ]

    operations = [
        migrations.AlterField(
            model_name='mailmessage',
            name='content',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('key',), help_text='Text, HTML, calendar, headers.'),
        ),
        migrations.AlterField(
            model_name='mailmessage',
            name='subject',
            field=kianda.lib.secrets.EncryptedJSONField(bound_to=('key',)),
        ),
    ]
