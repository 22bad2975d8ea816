"""manage.py second_factor: the way back for who has lost a second factor, from the server."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from kianda.accounts.services.second_factors import policy, require_for, reset_second_factor
from kianda.lib.errors import Invalid


class Command(BaseCommand):
    """Resets the second factor of a user, or says which roles need one."""

    help = (
        "Reset a user's second factor, or set which roles require one. Both are in the audit log."
    )
    missing_args_message = "Say what to do: reset USERNAME, or require [ROLE ...]."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what is to be done."""
        acts = parser.add_subparsers(dest="act", required=True)
        reset = acts.add_parser("reset", help="remove the second factors of a user")
        reset.add_argument("username")
        require = acts.add_parser(
            "require", help="set which roles require one; none to require it of no one"
        )
        require.add_argument("roles", nargs="*", help='such as Administrator "Data source manager"')

    def handle(self, *_: Any, act: str, **options: Any) -> None:
        """Do it, and say what was done."""
        if act == "reset":
            self._reset(options["username"])
            return
        try:
            require_for(options["roles"], by=None)
        except Invalid as error:
            raise CommandError(error.detail) from error
        roles = ", ".join(policy().second_factor_roles) or "no one"
        self.stdout.write(f"Second factor required for: {roles}.")

    def _reset(self, username: str) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"No user named {username}.")
        if reset_second_factor(user, by=None):
            self.stdout.write(f"{username} can now sign in with the password.")
        else:
            self.stdout.write(f"{username} has no second factor.")
