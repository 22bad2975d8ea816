"""manage.py restore: put a backup in the place of the present database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kianda import data_directory
from kianda.ops.backup_files import BackupError
from kianda.ops.backups import put_back_contents, read_backup
from kianda.ops.directory_lock import directory_alone
from kianda.ops.restoring import (
    holds_work,
    replace_database,
    tell_of_cut_restore,
    unpacking_folder,
)
from kianda.ops.start_checks import NotReadyError, check_ready, unapplied_migrations


class Command(BaseCommand):
    """Restores a backup. Stop the product first."""

    help = "Replace the current database with a backup. Stop Kianda first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the permission to overwrite."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace the current database")
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="also if its keys are lost: discard_lost_secrets then discards its secrets",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Check everything that can be checked before the first byte is overwritten."""
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file} not found.")
        try:
            with directory_alone(settings.KIANDA_DATA_DIR):
                if cut := tell_of_cut_restore():
                    self.stderr.write(cut)
                if holds_work() and not options["force"]:
                    raise CommandError(
                        "The current database is not empty. Back it up, then add --force to "
                        "replace it."
                    )
                with unpacking_folder() as folder:
                    self._restore(file, folder, without_keys=options["without_keys"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self._say_what_is_next()

    def _restore(self, file: Path, folder: Path, *, without_keys: bool) -> None:
        backup = read_backup(file, folder, without_keys=without_keys)
        if backup.warning:
            self.stderr.write(f"Warning: {backup.warning}")
        count = put_back_contents(file)
        replace_database(backup.database, backup.keys, file=file)
        # Whatever had begun in the present database, such as a first start, is over.
        data_directory.write_state(settings.KIANDA_DATA_DIR, data_directory.DONE)
        self.stdout.write(f"{file} restored.")
        if count:
            self.stdout.write(f"{count} uploaded files restored.")
        self.stdout.write(
            "The key ring from the backup is now in the data directory."
            if backup.keys
            else "The backup has no key ring; the current one is used."
        )

    def _say_what_is_next(self) -> None:
        if unapplied_migrations():
            self.stdout.write("The backup is from an older version. Now run manage.py migrate.")
            return
        try:
            check_ready()
        except NotReadyError as error:
            raise CommandError(f"Data restored, but: {error}") from error
        self.stdout.write("You can start Kianda now.")
