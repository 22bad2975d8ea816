"""manage.py check_start: may the product start on this database?"""

from typing import Any

from django.core.management.base import BaseCommand

from kianda.ops.start_checks import refuse_unready


class Command(BaseCommand):
    """Ends with 1 and a sentence when the database is unreadable, newer, older or foreign."""

    help = "Check the database, migrations and key ring, as Kianda does when it starts."

    def handle(self, *_: Any, **options: Any) -> None:
        """Check, and say that all is well."""
        refuse_unready()
        self.stdout.write("Ready.")
