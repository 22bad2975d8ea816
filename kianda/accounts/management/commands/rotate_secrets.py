"""manage.py rotate_secrets: put every stored secret under the newest key, bound to its row."""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kianda.accounts.services.key_ring import (
    Resealed,
    encrypted_columns,
    refuse_unbound,
    rotate,
    rotate_second_factors,
)
from kianda.lib.secrets import WrongKeyRing


class Command(BaseCommand):
    """Seals all secrets anew, with the first key of KIANDA_SECRET_KEYS, each for its own row."""

    help = (
        "Put a new key at the front of KIANDA_SECRET_KEYS, restart, run this, then remove the "
        "old key. You can interrupt and repeat it, also while Kianda is running. After an "
        "upgrade, it binds older values to their rows with the same key."
    )

    def handle(self, *_: Any, **options: Any) -> None:
        """Go through every sealed column."""
        done = [*self._columns()]
        try:
            factors = rotate_second_factors()
        except WrongKeyRing as error:
            raise CommandError(f"{error} (second factors)") from error
        self.stdout.write(f"second factors: {factors.changed}")
        done.append(factors)
        self.stdout.write(
            f"{sum(one.changed for one in done)} values are now under the newest key."
        )
        if bound := sum(one.bound for one in done):
            self.stdout.write(f"{bound} of them are newly bound to their row.")
        if refuse_unbound():
            self.stdout.write("All values are bound to their rows; others are now refused.")
        else:
            self.stdout.write("Not all values are bound to their rows yet. Run this again.")
        if moved := [said for one in done for said in one.moved]:
            raise CommandError("\n".join(moved))

    def _columns(self) -> Iterable[Resealed]:
        for model, column in encrypted_columns():
            try:
                done = rotate(model, column)
            except WrongKeyRing as error:
                raise CommandError(f"{error} ({model._meta.label}.{column})") from error
            self.stdout.write(f"{model._meta.label}.{column}: {done.changed}")
            yield done
