"""The project package as an app: commands, static files, system checks."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class KiandaConfig(AppConfig):
    """Django's entry for the project package."""

    name = "kianda"

    def ready(self) -> None:
        """Register the system checks; let the counters choose where they keep their values."""
        from kianda import checks, counters  # noqa: F401 - importing them is all

        # Empty until collectstatic; WhiteNoise warns about a folder that is not there.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
