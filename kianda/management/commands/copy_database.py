"""manage.py copy_database: everything of the database into another, empty one."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from kianda.accounts.models import Canary
from kianda.accounts.services.key_ring import check_key_ring
from kianda.lib.sealing import WrongKeyRing
from kianda.ops.backup_files import BackupError
from kianda.ops.copy_target import (
    SQLITE,
    CopyError,
    CopyTarget,
    is_sqlite,
    name_of,
    place_for,
    reason_of,
    refuse_used,
    target_of,
    working_on,
)
from kianda.ops.database_copy import copy_all
from kianda.ops.directory_lock import directory_alone
from kianda.ops.health import PARTS, is_beating
from kianda.ops.start_checks import NotReadyError, check_version
from processes.models import File


class Command(BaseCommand):
    """Copies from SQLite to PostgreSQL, and the other way. Stop the product first."""

    help = "Copy the database to another, empty database. Stop Kianda first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to copy to."""
        parser.add_argument(
            "target",
            help=f'postgresql://user:password@host/name, or "{SQLITE}" for a file in the data '
            "directory",
        )

    def handle(self, *_: Any, target: str, **__: Any) -> None:
        """Check what can be checked, copy everything or nothing, and say what is next."""
        try:
            with directory_alone(settings.KIANDA_DATA_DIR, "a copy", before="copy"):
                to = target_of(target)
                files = _look_at_source()
                self._copy(to)
        except (BackupError, CopyError, NotReadyError, WrongKeyRing) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was copied: {reason_of(error)}.") from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted: nothing was copied. You can copy again.") from error
        self._say_what_is_next(to, files)

    def _copy(self, to: CopyTarget) -> None:
        source = name_of(settings.DATABASES["default"])
        with place_for(to), working_on(to):
            refuse_used(to.name)
            self.stdout.write(f"Copying {source} to {to.name}. Rows of each table:")
            count = copy_all(self.stdout.write)
        self.stdout.write(f"{count:,} rows copied and compared. {source} is unchanged.")

    def _say_what_is_next(self, to: CopyTarget, files: int) -> None:
        folder = settings.KIANDA_DATA_DIR
        keys_move = (
            settings.EMBEDDED
            and not to.is_file
            and not os.environ.get("KIANDA_SECRET_KEYS", "").strip()
        )
        steps = [
            f"Unset DATABASE_URL, and set KIANDA_DATA_DIR to {folder}."
            if to.is_file
            else "Set DATABASE_URL to the address of the new database.",
            "Keep KIANDA_SECRET_KEY and KIANDA_SECRET_KEYS as they are."
            if not keys_move
            else "Set KIANDA_SECRET_KEY and KIANDA_SECRET_KEYS to what the files kianda_secret_key "
            f"and kianda_secret_keys in {folder} contain. For a trial, set KIANDA_MODE=embedded "
            "instead: Kianda then reads these files.",
        ]
        if files:
            steps.append(
                f"Keep KIANDA_FILE_STORAGE, if it is set, or KIANDA_FILES_DIR, which is "
                f"{settings.KIANDA_FILES_DIR}: {files:,} uploaded files are not in the database."
            )
        steps.append("Start Kianda.")
        if is_sqlite(settings.DATABASES["default"]):
            steps.append(
                f"Move {settings.DATABASES['default']['NAME']} to another folder, so that Kianda "
                "is not started on it again."
            )
        self.stdout.write("Next:")
        for number, step in enumerate(steps, start=1):
            self.stdout.write(f"{number}. {step}")


def _look_at_source() -> int:
    """Return how many files people have uploaded; raises what speaks against a copy."""
    check_version()
    # Parts on other machines, or with data directories of their own, hold no lock here.
    if not is_sqlite(settings.DATABASES["default"]) and any(map(is_beating, PARTS)):
        raise CopyError(
            "The scheduler or a worker was running on this database in the last 15 seconds. Stop "
            "all parts of Kianda, wait 15 seconds, then copy again."
        )
    # One that was never started has none, and is only read.
    if Canary.objects.exists():
        check_key_ring()
    return File.objects.exclude(state=File.State.UPLOADING).count()
