"""manage.py rotate_secrets: put every stored secret under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kianda.accounts.services.key_ring import encrypted_columns, rotate, rotate_second_factors
from kianda.lib.secrets import WrongKeyRing


class Command(BaseCommand):
    """Re-encrypts all secrets with the first key of KIANDA_SECRET_KEYS."""

    help = (
        "Put a new key in front of KIANDA_SECRET_KEYS, restart, run this, then take the old "
        "key out. It may be stopped and started again; it can run beside the product."
    )

    def handle(self, *_: Any, **options: Any) -> None:
        """Go through every encrypted column."""
        total = 0
        for model, column in encrypted_columns():
            try:
                changed = rotate(model, column)
            except WrongKeyRing as error:
                raise CommandError(f"{error} ({model._meta.label}.{column})") from error
            total += changed
            self.stdout.write(f"{model._meta.label}.{column}: {changed}")
        try:
            factors = rotate_second_factors()
        except WrongKeyRing as error:
            raise CommandError(f"{error} (second factors)") from error
        self.stdout.write(f"second factors: {factors}")
        total += factors
        self.stdout.write(f"{total} values are now under the newest key.")
