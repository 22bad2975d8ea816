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
        "Put a new key in front of KIANDA_SECRET_KEYS, restart, run this, then take the old "
        "key out. It may be stopped and started again; it can run beside the product. After an "
        "upgrade it binds values from before to their rows, with the same key."
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
            self.stdout.write(f"{bound} of them were not bound to their row before.")
        if refuse_unbound():
            self.stdout.write("Every value is bound to its row; one that is not is refused.")
        else:
            self.stdout.write("Some values are not bound to their row yet. Run this again.")
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
