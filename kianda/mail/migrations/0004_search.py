import json

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import TextField
from django.db.models.functions import Cast

from kianda.lib.sealing import WrongKeyRing, open_unbound

BATCH = 500


def fill(apps, schema_editor):
    """Have what is there already found by its subject and Process ID."""
    alias = schema_editor.connection.alias
    messages = apps.get_model("kianda_mail", "MailMessage").objects.using(alias)
    search = apps.get_model("kianda_mail", "MailSearch").objects.using(alias)
    # As it is stored: one that cannot be read must not keep the others from being found.
    rows = messages.annotate(stored=Cast("subject", TextField())).order_by("pk")
    made = []
    for pk, stored, process_id in rows.values_list("pk", "stored", "process_id").iterator(BATCH):
        try:
            subject = str(json.loads(open_unbound(stored)))
        except WrongKeyRing:
            subject = ""
        made.append(search.model(message_id=pk, text=f"{subject}\n{process_id}".casefold()))
    search.bulk_create(made, batch_size=BATCH, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('kianda_mail', '0003_private_notifications'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailSearch',
            fields=[
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='kianda_mail.mailmessage')),
                ('text', models.TextField(help_text='Subject and Process ID, case folded.')),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
