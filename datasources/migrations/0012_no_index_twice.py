import django.db.models.deletion
from django.db import migrations, models


# The name of the index, of its table and of its column.
INDEXES = (
    (
        "datasources_connectionrefresh_connection_id_b2c5be3c",
        "datasources_connectionrefresh",
        "connection_id",
    ),
)


class Migration(migrations.Migration):
    """Another index begins with the same column: this one only made writing slower.

    No table is made anew for it.
    """

    dependencies = [
        ("datasources", "0011_sealed_for_rows"),
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
                    model_name="connectionrefresh",
                    name="connection",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refreshes",
                        to="datasources.connection",
                    ),
                ),
            ],
        ),
    ]
