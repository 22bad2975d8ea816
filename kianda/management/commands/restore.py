"""manage.py restore: put a backup in the place of the present database."""

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kianda.ops import backups
from kianda.ops.start_checks import NotReadyError, check_ready, unapplied_migrations


class Command(BaseCommand):
    """Restores a backup. Stop the product first."""

    help = "Put a backup in the place of the present database. Stop the product first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the permission to overwrite."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="overwrite the present database")

    def handle(self, *_: Any, **options: Any) -> None:
        """Check everything that can be checked before the first byte is overwritten."""
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            if backups.holds_work() and not options["force"]:
                raise CommandError(
                    "The present database is not empty. Back it up, then add --force to replace it."
                )
            with tempfile.TemporaryDirectory(dir=settings.KIANDA_DATA_DIR) as folder:
                self._restore(file, Path(folder))
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self._say_what_is_next()

    def _restore(self, file: Path, folder: Path) -> None:
        database, keys = backups.read_backup(file, folder)
        backups.check(database, [*settings.KIANDA_SECRET_KEYS, *keys])
        if not backups.keep_keys(keys):
            raise backups.BackupError(
                "The backup holds keys that are not in KIANDA_SECRET_KEYS. Add them there first."
            )
        if backups.is_sqlite():
            backups.load_sqlite(database)
        else:
            backups.load_postgresql(database)
        self.stdout.write(f"{file} is restored.")
        self.stdout.write(
            "The key ring was in the backup and is in the data directory now."
            if keys
            else "The key ring was not in the backup; the present one is used."
        )

    def _say_what_is_next(self) -> None:
        if unapplied_migrations():
            self.stdout.write("It was made by an older version. Now run: manage.py migrate")
            return
        try:
            check_ready()
        except NotReadyError as error:
            raise CommandError(f"The data is restored, but: {error}") from error
        self.stdout.write("The product can be started.")
