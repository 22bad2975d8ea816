"""Django's migrate: each migration wholly or not at all, and a new database in one step."""

from typing import Any

from django.core.management.commands import migrate
from django.db import router, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


class WholeMigrationExecutor(MigrationExecutor):
    """Django notes some migrations only after they were committed, those that make an index.

    Who is killed in between finds tables at the next start that are to be made, for ever.
    """

    def migrate(self, targets: Any, plan: Any = None, *args: Any, **options: Any) -> Any:
        """Carry out the plan; where there is nothing yet, make what it comes to."""
        if plan and not options.get("fake") and self.connection.features.can_rollback_ddl:
            leaves = self.loader.graph.leaf_nodes()
            whole = self.migration_plan(leaves, clean_start=True)
            end = self.loader.project_state(leaves)
            if plan == whole and not self._tables_there(end):
                return self._make_all(whole, end)
        return super().migrate(targets, plan, *args, **options)

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

    def _make_all(self, plan: Any, end: ProjectState) -> ProjectState:
        """Make the tables as they are after all migrations, and note these as applied.

        Each of some hundred steps would build the models anew, for tables without a row.
        """
        with (
            self.connection.constraint_checks_disabled(),
            transaction.atomic(self.connection.alias),
        ):
            self.recorder.ensure_schema()
            with self.connection.schema_editor(atomic=False) as editor:
                for model in self._models(end):
                    editor.create_model(model)
            for migration, _backwards in plan:
                self._tell("apply_start", migration)
                for app, name in migration.replaces or [(migration.app_label, migration.name)]:
                    self.recorder.record_applied(app, name)
                self._tell("apply_success", migration)
        self.check_replacements()
        return end

    def _models(self, end: ProjectState) -> list[Any]:
        return [
            model
            for model in end.apps.get_models()
            if model._meta.app_label not in self.loader.unmigrated_apps
            and model._meta.can_migrate(self.connection)
            and router.allow_migrate_model(self.connection.alias, model)
        ]

    def _tables_there(self, end: ProjectState) -> bool:
        wanted = {model._meta.db_table for model in self._models(end)}
        return not wanted.isdisjoint(self.connection.introspection.table_names())

    def _tell(self, step: str, migration: Any) -> None:
        if self.progress_callback:
            self.progress_callback(step, migration)


# The command takes its executor from there, and from nowhere else.
vars(migrate)["MigrationExecutor"] = WholeMigrationExecutor


class Command(migrate.Command):
    """Bring the database up to date; each migration wholly or not at all."""
