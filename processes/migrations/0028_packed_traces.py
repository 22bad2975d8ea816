import kianda.lib.packed_json
from django.db import migrations


class Migration(migrations.Migration):
    """Traces may be stored packed, in the column that they have: no row is written again."""

    dependencies = [
        ("processes", "0027_listed_files"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="run",
                    name="steps",
                    field=kianda.lib.packed_json.PackableJSONField(
                        default=list, help_text="The masked trace."
                    ),
                ),
                migrations.AlterField(
                    model_name="run",
                    name="data",
                    field=kianda.lib.packed_json.PackableJSONField(
                        help_text="The values at the end, secrets masked.", null=True
                    ),
                ),
            ]
        ),
    ]
