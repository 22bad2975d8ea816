import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The name of the index, of its table and of its column.
INDEXES = (
    ("kianda_messages_mailchoice_user_id_a2b57ddb", "kianda_messages_mailchoice", "user_id"),
    ("kianda_messages_notification_user_id_3590e98f", "kianda_messages_notification", "user_id"),
    ("kianda_messages_switchedoff_user_id_1f855d0a", "kianda_messages_switchedoff", "user_id"),
)


class Migration(migrations.Migration):
    """Another index begins with the same column: this one only made writing slower.

    No table is made anew for it.
    """

    dependencies = [
        ("kianda_messages", "0003_about_things"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                    model_name="mailchoice",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="notification",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="switchedoff",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="switched_off",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
