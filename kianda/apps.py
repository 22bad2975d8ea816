"""The project package as an app: commands, static files, system checks."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext

from kianda.lib import words


class KiandaConfig(AppConfig):
    """Django's entry for the project package."""

    name = "kianda"

    def ready(self) -> None:
        """Register the system checks, say how words are translated, let the counters begin."""
        from kianda import checks, counters  # noqa: F401 - importing them is all

        words.translate_by(gettext)
        # Empty until collectstatic; WhiteNoise warns about a folder that is not there.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
