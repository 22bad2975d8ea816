"""manage.py ensure_admin: give a new database its administrator."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import transaction

from kianda.accounts.roles import ADMINISTRATOR, make_groups
from kianda.accounts.services import audit

NAME = "admin"


class Command(BaseCommand):
    """Makes the administrator `admin` when nobody is there yet, and prints the password once."""

    help = "Give a new database the administrator 'admin'; says nothing when there are users."

    def handle(self, *_: Any, **options: Any) -> None:
        """Make the person in one transaction; the unique user name settles a race."""
        people = get_user_model()
        if people.objects.exists():
            return
        password = secrets.token_urlsafe(15)
        with transaction.atomic():
            make_groups()
            admin = people.objects.create_superuser(NAME, password=password)
            admin.groups.add(Group.objects.get(name=ADMINISTRATOR))
            audit.record(None, action="created", kind="user", name=NAME)
        self.stdout.write(
            f"The administrator of this new database is {NAME}, the password is {password}\n"
            "It is not shown again. Change it after signing in."
        )
