"""`manage.py demo`: the demo workspace."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from kianda import demo


class Command(BaseCommand):
    """Loads the demo workspace; what is there already stays as it is."""

    help = __doc__ or ""

    def handle(self, *_: Any, **__: Any) -> None:
        """Load it as the first administrator."""
        admin = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if admin is None:
            raise CommandError("The demo needs an administrator. Run manage.py ensure_admin.")
        made = demo.load(user=admin)
        self.stdout.write(
            f"Demo loaded: {', '.join(made)}." if made else "The demo is already loaded."
        )
