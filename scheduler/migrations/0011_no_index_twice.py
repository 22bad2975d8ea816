import django.db.models.deletion
from django.db import migrations, models


# The name of the index, of its table and of its column.
INDEXES = (("scheduler_occurrence_task_id_95defdc3", "scheduler_occurrence", "task_id"),)


class Migration(migrations.Migration):
    """Another index begins with the same column: this one only made writing slower.

    No table is made anew for it.
    """

    dependencies = [
        ("scheduler", "0010_open_occurrences"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {table} ({column})"
                )
                for name, table, column in INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="occurrence",
                    name="task",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="occurrences",
                        to="scheduler.scheduledtask",
                    ),
                ),
            ],
        ),
    ]
