import hashlib

from django.db import migrations


def hash_keys(apps, schema_editor):
    """Put the hash of each session's key in its place: people stay signed in.

    A key has 32 characters, a hash 40: what is hashed already is passed over.
    """
    sessions = apps.get_model("sessions", "Session").objects
    for key in list(sessions.values_list("session_key", flat=True)):
        if len(key) < 40:
            hashed = hashlib.sha256(key.encode()).hexdigest()[:40]
            sessions.filter(session_key=key).update(session_key=hashed)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0005_tries_of_passwords"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(hash_keys, migrations.RunPython.noop)]
