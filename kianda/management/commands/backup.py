"""manage.py backup: the whole database in one file, while the product runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kianda.ops.backups import BackupError, write_backup


class Command(BaseCommand):
    """Writes one tar file; it is consistent although the product goes on working."""

    help = "Write a backup of the database; --with-keys puts the key ring into it too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and what goes into it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--with-keys", action="store_true", help="put the key ring in")
        parser.add_argument("--force", action="store_true", help="overwrite an existing file")

    def handle(self, *_: Any, **options: Any) -> None:
        """Write it, and say where the keys are."""
        file: Path = options["file"]
        if file.exists() and not options["force"]:
            raise CommandError(f"{file} exists. Choose another name, or add --force.")
        if not file.resolve().parent.is_dir():
            raise CommandError(f"There is no folder {file.parent}.")
        try:
            write_backup(file, with_keys=options["with_keys"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The backup is in {file}.")
        if options["with_keys"]:
            self.stdout.write(
                "The key ring is in it: whoever has this file can read the stored secrets. "
                "Keep it as safe as the secrets themselves."
            )
        else:
            self.stdout.write(
                "The key ring is NOT in it. Without KIANDA_SECRET_KEYS the secrets in this backup "
                "can never be read: keep the key ring in another safe place, or use --with-keys."
            )
