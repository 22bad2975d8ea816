import django.db.models.deletion
from django.db import migrations, models


# The name of the index, of its table and of its column.
INDEXES = (
    ("kianda_mail_mailrecipient_message_id_4087f93b", "kianda_mail_mailrecipient", "message_id"),
)


class Migration(migrations.Migration):
    """Another index begins with the same column: this one only made writing slower.

    No table is made anew for it.
    """

    dependencies = [
        ("kianda_mail", "0005_sealed_for_rows"),
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
                    model_name="mailrecipient",
                    name="message",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="kianda_mail.mailmessage",
                    ),
                ),
            ],
        ),
    ]
