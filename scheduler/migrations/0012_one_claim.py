from django.db import migrations


class Migration(migrations.Migration):
    """The run that names an occurrence is the claim: nobody holds one before its run."""

    dependencies = [
        ("scheduler", "0011_no_index_twice"),
    ]

    operations = [
        migrations.RemoveField(model_name="occurrence", name="holder"),
        migrations.RemoveField(model_name="occurrence", name="lease_until"),
    ]
