"""`manage.py health PART`: exit code 0 when that part of the product is well; for containers."""

import socket
from argparse import ArgumentParser
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kianda.ops.health import PARTS, is_beating

TIMEOUT_S = 5


class Command(BaseCommand):
    """Tells whether one part of the product is well."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the part, and whether one on another machine counts."""
        parser.add_argument("part", choices=["web", *PARTS])
        parser.add_argument(
            "--here",
            action="store_true",
            help="only what runs on this machine, or in this container; the web always is",
        )

    def handle(self, *, part: str, here: bool, **_: Any) -> None:
        """Look at the part; raise CommandError when it is not well."""
        host = socket.gethostname() if here else ""
        well = web_is_ready() if part == "web" else is_beating(part, host=host)
        if not well:
            raise CommandError(f"The {part} is not healthy.")


def web_is_ready() -> bool:
    """Ask the web server on this machine, under the name that it serves."""
    line = HTTPConnection("127.0.0.1", settings.KIANDA_PORT, timeout=TIMEOUT_S)
    try:
        host = urlsplit(settings.KIANDA_PUBLIC_URL).netloc
        line.request("GET", "/healthz/ready", headers={"Host": host})
        return line.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        line.close()
