"""manage.py discard_lost_secrets: go on without the secrets whose keys are lost permanently."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kianda import data_directory
from kianda.ops.backup_files import BackupError
from kianda.ops.directory_lock import directory_alone
from kianda.ops.lost_secrets import FACTORS, LostSecrets, discard_lost_secrets, lost_secrets
from kianda.ops.start_checks import unapplied_migrations

_WORK = "the discarding of lost secrets"


class Command(BaseCommand):
    """Lists the values that no key of the ring opens; with --yes it discards them."""

    help = (
        "List the stored secrets that no key in KIANDA_SECRET_KEYS can read. With --yes, discard "
        "them and keep everything else. Only for keys that are lost permanently. Stop Kianda and "
        "copy the database first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the permission."""
        parser.add_argument(data_directory.YES, action="store_true", help="discard them")

    def handle(self, *_: Any, yes: bool, **options: Any) -> None:
        """Look, or do it while nobody else is at work."""
        if unapplied_migrations():
            raise CommandError(
                "The database is from an older version. Run python manage.py migrate first. If "
                "that misses the key ring, set KIANDA_SECRET_KEYS to a new key for both."
            )
        if not yes:
            self._tell(found := lost_secrets())
            if found:
                self.stdout.write(
                    "Nothing was changed. If you find the keys, add them to KIANDA_SECRET_KEYS. "
                    "If they are lost permanently, stop Kianda, keep a copy of the database, and "
                    f"add {data_directory.YES}."
                )
            return
        try:
            with directory_alone(settings.KIANDA_DATA_DIR, _WORK, before="discard secrets"):
                found = discard_lost_secrets()
        except BackupError as error:
            raise CommandError(str(error)) from error
        self._tell(found)
        if found:
            self.stdout.write("Discarded. Enter these secrets again: docs/how-to/keys.md")
        for one in found:
            if one.place == FACTORS:
                self._tell_of_factors(one.names)

    def _tell(self, found: list[LostSecrets]) -> None:
        for one in found:
            more = ", ..." if one.count > len(one.names) and one.place != FACTORS else ""
            names = ", ".join(one.names)
            self.stdout.write(f"{one.place}: {one.count} of {one.total} ({names}{more})")
        count = sum(one.count for one in found)
        self.stdout.write(f"{count} values cannot be read with any key of the ring.")

    def _tell_of_factors(self, names: list[str]) -> None:
        self.stdout.write(
            "These people are still asked for a second factor, but their apps and recovery codes "
            "no longer work. Make sure who they are, then let each sign in with the password:"
        )
        for name in names:
            self.stdout.write(f"  python manage.py second_factor reset {name}")
