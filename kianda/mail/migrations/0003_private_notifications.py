from django.db import migrations, models
from django.db.models import Q


def mark(apps, schema_editor):
    """Mails about notifications carry a link that stops them, so they are private."""
    messages = apps.get_model("kianda_mail", "MailMessage")
    rows = messages.objects.using(schema_editor.connection.alias)
    told = Q(key__startswith="notification-") | Q(key__startswith="summary-")
    rows.filter(told, private=False).update(private=True)


class Migration(migrations.Migration):

    dependencies = [
        ('kianda_mail', '0002_accounts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='mailmessage',
            name='private',
            field=models.BooleanField(
                default=False, help_text='It has a link with authority, which is never shown.',
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
