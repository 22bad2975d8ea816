"""What a start of the product does first: tables, the administrator, the demo when all is new.

A first start, or an upgrade, that was cut goes on at the next start: the data directory says what
was under way, and each step may be done twice.
"""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kianda import data_directory
from kianda.data_directory import DONE, FIRST, UNTOLD, UPGRADE
from kianda.ops.start_checks import refuse_unready, unknown_migrations
from kianda.serve import output


def prepare(*, out: Any) -> None:
    """Bring the database up to date; give a new one its administrator and the demo."""
    refuse_foreign()
    _migrate(out=out)
    state = data_directory.read_state(settings.KIANDA_DATA_DIR)
    lost = output.lost()
    if settings.EMBEDDED:
        # In production its password would stand in a container's log: it is made by hand there.
        call_command("ensure_admin", untold=state in (FIRST, UNTOLD), stdout=out)
    untold = output.lost() > lost
    if state == FIRST and settings.KIANDA_DEMO:
        out.write("Loading the demo workspace ...")
        call_command("demo", stdout=out)
    _note(UNTOLD if untold else DONE)


def _migrate(*, out: Any) -> None:
    executor = MigrationExecutor(connection)
    planned = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    state = data_directory.read_state(settings.KIANDA_DATA_DIR)
    if not executor.loader.applied_migrations:
        _note(FIRST)
    elif planned and state not in (FIRST, UNTOLD):
        _note(UPGRADE)
    # Also when every table is there: what a cut migrate had left to do comes after the last one.
    if planned or state in (FIRST, UPGRADE):
        out.write("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)


def _note(state: str) -> None:
    data_directory.write_state(settings.KIANDA_DATA_DIR, state)


def note_started() -> None:
    """Note that a product has run here, though somebody else has prepared it."""
    if data_directory.read_state(settings.KIANDA_DATA_DIR) != UNTOLD:
        _note(DONE)


def refuse_foreign() -> None:
    """Stop at a database that cannot be read or is newer than this code, before writing to it."""
    try:
        foreign = bool(unknown_migrations())
    except DatabaseError:
        foreign = True
    if foreign:
        refuse_unready()
