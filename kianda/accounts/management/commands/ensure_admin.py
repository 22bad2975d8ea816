"""manage.py ensure_admin: give a new database its administrator."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction

from kianda.accounts.roles import ADMINISTRATOR, make_groups
from kianda.accounts.services import audit

NAME = "admin"


class Command(BaseCommand):
    """Makes the administrator `admin` when nobody is there yet, and prints the password once."""

    help = "Create the administrator 'admin' in a new database. Does nothing if there are users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what a start that was cut knows: that nobody was told the password."""
        parser.add_argument(
            "--untold",
            action="store_true",
            help="print a new password if 'admin' is the only user and has never signed in",
        )

    def handle(self, *_: Any, untold: bool, **options: Any) -> None:
        """Make the person in one transaction; the unique user name settles a race.

        The password is told before it holds: a process that ends in between has made nobody whose
        password nobody knows.
        """
        password = secrets.token_urlsafe(15)
        with transaction.atomic():
            people = get_user_model().objects
            if not people.exists():
                make_groups()
                admin = people.create_superuser(NAME, password=password)
                admin.groups.add(Group.objects.get(name=ADMINISTRATOR))
                audit.record(None, action="created", kind="user", name=NAME)
                self._tell(password)
            elif untold and (found := _never_signed_in()):
                found.set_password(password)
                found.save(update_fields=["password"])
                audit.record(None, action="set a password", kind="user", name=NAME)
                self._tell(password)

    def _tell(self, password: str) -> None:
        self.stdout.write(
            f"The administrator of this new database is {NAME}, the password is {password}\n"
            "It is not shown again. Change it after you sign in."
        )
        self.stdout.flush()


def _never_signed_in() -> User | None:
    """Return the one user, if it is the administrator of a new database and nobody was it yet."""
    found = list(get_user_model().objects.all()[:2])
    alone = len(found) == 1 and found[0].username == NAME and found[0].last_login is None
    return found[0] if alone else None
