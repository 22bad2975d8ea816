"""manage.py api_token: make, list and revoke API tokens."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kianda.accounts.models import ApiToken
from kianda.accounts.permissions import SCOPES
from kianda.accounts.services.tokens import create_token, revoke_token
from kianda.lib.errors import Invalid


class Command(BaseCommand):
    """Makes API tokens. `create` prints the token, and nothing else, on standard output."""

    help = "Create, list and revoke API tokens."
    missing_args_message = "Say what to do: create NAME --user USERNAME, list, or revoke ID."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare create, list and revoke."""
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="create a token and print it")
        create.add_argument("name", help="what the token is for")
        create.add_argument("--user", required=True, help="user name of the user it acts for")
        create.add_argument(
            "--scope", action="append", default=[], choices=SCOPES, help="can be repeated"
        )
        create.add_argument("--days", type=int, help="days until it expires; if omitted, never")
        listing = acts.add_parser("list", help="list tokens")
        listing.add_argument("--user", help="only those of this user")
        revoke = acts.add_parser("revoke", help="revoke a token")
        revoke.add_argument("id", type=int, help="the number that list shows")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do one of the three acts."""
        getattr(self, f"_{options['act']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"No user named {options['user']!r}.")
        days = options["days"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--days must be from 1 to 36500.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            _, text = create_token(
                user, name=options["name"], scopes=options["scope"], expires_at=expires_at
            )
        except Invalid as error:
            raise CommandError(error.detail) from error
        self.stdout.write(text)

    def _list(self, options: dict[str, Any]) -> None:
        tokens = ApiToken.objects.select_related("user").order_by("pk")
        if options["user"]:
            tokens = tokens.filter(user__username=options["user"])
        for token in tokens:
            state = "revoked" if token.revoked_at else "valid"
            if not token.revoked_at and token.expires_at and token.expires_at <= timezone.now():
                state = "expired"
            scopes = ",".join(token.scopes) or "all"
            self.stdout.write(
                f"{token.pk}\t{token.hint}...\t{token.user}\t{token.name}\t{scopes}\t{state}"
            )

    def _revoke(self, options: dict[str, Any]) -> None:
        token = ApiToken.objects.filter(pk=options["id"]).first()
        if token is None:
            raise CommandError(f"No token with number {options['id']}.")
        revoke_token(token)
        self.stdout.write(f"Token {token.pk} ({token.name}) revoked.")
