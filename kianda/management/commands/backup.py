"""manage.py backup: the whole database in one file, while the product runs."""

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from kianda.accounts.services.audit import record
from kianda.ops.backup_files import BackupError
from kianda.ops.backups import read_backup, write_backup
from processes.files.pruning import all_missing_contents


class Command(BaseCommand):
    """Writes one tar file; it is consistent although the product goes on working."""

    help = "Write a backup of the database. --with-keys includes the key ring."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and what goes into it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--with-keys", action="store_true", help="include the key ring")
        parser.add_argument("--force", action="store_true", help="overwrite an existing file")
        parser.add_argument(
            "--verify", action="store_true", help="check an existing file as a restore would"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Write or check it."""
        try:
            if options["verify"]:
                self._verify(options["file"])
            else:
                self._write(**options)
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _verify(self, file: Path) -> None:
        if not file.is_file():
            raise CommandError(f"{file} not found.")
        with tempfile.TemporaryDirectory(dir=settings.KIANDA_DATA_DIR) as folder:
            backup = read_backup(file, Path(folder))
        if backup.warning:
            self.stderr.write(f"Warning: {backup.warning}")
            self.stdout.write(f"{file} can be restored here.")
        else:
            self.stdout.write(f"{file} is complete and can be restored here.")
        self.stdout.write(f"The key ring is {'' if backup.keys else 'NOT '}included.")

    def _tell(self, name: str, detail: str) -> None:
        # Afterwards: a database that takes no row any more is one to back up all the same.
        try:
            record(None, action="exported", kind="backup", name=name, detail=detail)
        except DatabaseError as error:
            self.stderr.write(f"Warning: no audit log entry was written: {error}")

    def _write(self, *, file: Path, with_keys: bool, force: bool, **_: Any) -> None:
        if file.exists() and not force:
            raise CommandError(f"{file} already exists. Choose another name, or add --force.")
        if not file.resolve().parent.is_dir():
            raise CommandError(f"Folder {file.parent} not found.")
        write_backup(file, with_keys=with_keys)
        self._tell(file.name, "With the key ring." if with_keys else "Without the key ring.")
        self.stdout.write(f"Backup written to {file}.")
        if with_keys:
            self.stdout.write(
                "The key ring is included: anyone who has this file can read the stored secrets. "
                "Protect it like the secrets themselves."
            )
        else:
            self.stdout.write(
                "The key ring is NOT included. Without KIANDA_SECRET_KEYS, the secrets in this "
                "backup cannot be read. Store the key ring in a safe place, or use --with-keys."
            )
        _complain_about_missing_contents()


def _complain_about_missing_contents() -> None:
    count, name = all_missing_contents()
    if count:
        raise CommandError(
            f"The backup is not complete: it lacks the contents of {count} uploaded files, such "
            f"as {name}. They are not in {settings.KIANDA_FILES_DIR}. Set KIANDA_FILES_DIR to the "
            "folder that web and workers use, or restore that folder, then back up again."
        )
