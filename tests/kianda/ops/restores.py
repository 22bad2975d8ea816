"""A database of some size and a backup of another state of it, for restores that are killed."""

import signal
import sqlite3
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from kianda.ops.backup_files import BackupError
from kianda.ops.directory_lock import directory_alone
from tests.integration.parts import ROOT, Process, clean_environment, wait_for
from tests.kianda.product import manage, migrated

ROWS = 20_000
MAKE = """
from django.core.management import call_command
call_command("ensure_admin")
call_command("check_start")
"""
FILL = """
from django.utils import timezone
from kianda.accounts.models import AuditEntry
long = {"name": "n" * 200, "detail": "d" * 400, "action": "created", "kind": "user"}
rows = (AuditEntry(at=timezone.now(), user_name="old", **long) for _ in range(%d))
AuditEntry.objects.all().delete()
AuditEntry.objects.bulk_create(rows, batch_size=500)
"""
BACKUP = "from django.core.management import call_command\ncall_command('backup', {file!r})\n"
SAYS = "from kianda.ops.restoring import tell_of_cut_restore\nprint(tell_of_cut_restore())"
# That a backup was written is told after it.
STATES = (
    "SELECT user_name, count(*) FROM accounts_auditentry WHERE kind != 'backup' GROUP BY user_name"
)


class Grown:
    """A database whose rows all say "new", and a backup whose rows all say "old"."""

    def __init__(self, folder: Path, *, connect: Any = None, **settings: str) -> None:
        self.folder, self.settings = folder, settings
        self.connect = connect or (lambda: sqlite3.connect(folder / "kianda.sqlite3"))
        self.file = folder / "backup.tar"
        if settings:
            done = manage(folder, "migrate", "--verbosity", "0", **settings)
            assert done.returncode == 0, done.stderr
        else:
            migrated(folder)
        self.shell(MAKE + FILL % ROWS + BACKUP.format(file=str(self.file)))

    def shell(self, code: str) -> str:
        done = manage(self.folder, "shell", "--no-imports", "-c", code, **self.settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def killed_restore(self, *, after_s: float) -> str:
        """Kill a restore so long after it has begun to replace; return what is told of it."""
        with closing(self.connect()) as database:
            database.execute("UPDATE accounts_auditentry SET user_name = 'new'")
            database.commit()
        command = [sys.executable, "manage.py", "restore", str(self.file), "--force"]
        own = {"KIANDA_DATA_DIR": str(self.folder), "KIANDA_DEMO": "0", **self.settings}
        process = Process(
            command, log=self.folder / "restore.log", cwd=ROOT, env=clean_environment() | own
        )
        state = self.folder / "restore" / "state.json"
        wait_for(
            lambda: state.exists() or not process.runs, seconds=100, saying="It does not begin",
            every=0.0005,
        )  # fmt: skip
        time.sleep(after_s)
        process.end(signal.SIGKILL)
        # What it has started of PostgreSQL ends by itself, and keeps others away till then.
        wait_for(self.is_free, seconds=100, saying="Something holds the directory")
        return self.shell(SAYS).strip()

    def is_free(self) -> bool:
        """Tell whether nothing works on the data directory."""
        with suppress(BackupError), directory_alone(self.folder):
            return True
        return False

    def state_told_by(self, said: str) -> str:
        """Return the state that is there, which is a whole one and the one that was told."""
        with closing(self.connect()) as database:
            found = database.execute(STATES).fetchall()
        assert found in ([("new", ROWS)], [("old", ROWS)])
        state: str = found[0][0]
        told = {"new": "The database is unchanged", "old": "The database is complete"}[state]
        # Nothing is told of one that had ended before the signal came.
        assert told in said or (state == "old" and not said)
        assert not (self.folder / "restore").exists()
        return state
