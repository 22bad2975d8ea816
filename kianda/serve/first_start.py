"""What a start of the product does first: tables, the administrator, the demo when all is new."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kianda.ops.start_checks import refuse_unready, unknown_migrations


def prepare(*, out: Any) -> None:
    """Bring the database up to date; load the demo into a new one."""
    refuse_foreign()
    executor = MigrationExecutor(connection)
    new = not executor.loader.applied_migrations
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        out.write("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
    if settings.EMBEDDED:
        # In production its password would stand in a container's log: it is made by hand there.
        call_command("ensure_admin", stdout=out)
    if new and settings.KIANDA_DEMO:
        out.write("Loading the demo workspace ...")
        call_command("demo", stdout=out)


def refuse_foreign() -> None:
    """Stop at a database that cannot be read or is newer than this code, before writing to it."""
    try:
        foreign = bool(unknown_migrations())
    except DatabaseError:
        foreign = True
    if foreign:
        refuse_unready()
