"""Django's migrate, with a migration and the note that it was made in one transaction."""

from typing import Any

from django.core.management.commands import migrate
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor


class WholeMigrationExecutor(MigrationExecutor):
    """Django notes some migrations only after they were committed, those that make an index.

    Who is killed in between finds tables at the next start that are to be made, for ever.
    """

    def apply_migration(self, state: Any, migration: Any, *args: Any, **options: Any) -> Any:
        """Apply a migration and note it, or neither."""
        if not (migration.atomic and self.connection.features.can_rollback_ddl):
            return super().apply_migration(state, migration, *args, **options)
        # SQLite takes the checks away only outside of a transaction.
        with (
            self.connection.constraint_checks_disabled(),
            transaction.atomic(self.connection.alias),
        ):
            return super().apply_migration(state, migration, *args, **options)


# The command takes its executor from there, and from nowhere else.
vars(migrate)["MigrationExecutor"] = WholeMigrationExecutor


class Command(migrate.Command):
    """Bring the database up to date; each migration wholly or not at all."""
