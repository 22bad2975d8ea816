"""The project package as an app: commands, static files, system checks."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class KiandaConfig(AppConfig):
    """Django's entry for the project package."""

    name = "kianda"

    def ready(self) -> None:
        """Register the system checks, the counters, what the API's description needs to know."""
        from kianda import checks, counters, schema  # noqa: F401 - importing them registers

        # Empty until collectstatic; WhiteNoise warns about a folder that is not there.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
