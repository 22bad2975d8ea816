from typing import Any

from django.db import migrations, models


def judge_stored(apps: Any, schema_editor: Any) -> None:
    """Say of each datasource that is there already whether rules can call it."""
    from datasources.rest.document import RestDatasource
    from datasources.services.status import lacks

    for row in apps.get_model("datasources", "Datasource").objects.all():
        row.is_complete = not lacks(RestDatasource.model_validate(row.document))
        row.save(update_fields=["is_complete"])


class Migration(migrations.Migration):

    dependencies = [("datasources", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="datasource",
            name="is_complete",
            field=models.BooleanField(
                default=False,
                help_text="It has its credentials and a REST method: rules can call it.",
            ),
        ),
        migrations.RunPython(judge_stored, migrations.RunPython.noop),
    ]
