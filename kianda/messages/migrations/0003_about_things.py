from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform


def say(apps, schema_editor):
    """Say of which instance those are that only people were told who saw it."""
    lines = apps.get_model("kianda_messages", "Notification")
    rows = lines.objects.using(schema_editor.connection.alias)
    rows.filter(kind__in=["assigned", "sent_back", "decided"]).update(
        about_kind="instance", about=KeyTextTransform("process_id", "data")
    )


class Migration(migrations.Migration):

    dependencies = [
        ('kianda_messages', '0002_by_mail'),
    ]

    operations = [
        migrations.AddField(
            model_name='notification',
            name='about',
            field=models.CharField(blank=True, help_text='The key of its thing.', max_length=120),
        ),
        migrations.AddField(
            model_name='notification',
            name='about_kind',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.RunPython(say, migrations.RunPython.noop),
    ]
