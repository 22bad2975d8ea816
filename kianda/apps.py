"""The project package as an app: commands, static files, system checks."""

import gc
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.utils.formats import get_format
from django.utils.translation import get_language, gettext, ngettext

from kianda.lib import i18n


class KiandaConfig(AppConfig):
    """Django's entry for the project package."""

    name = "kianda"

    def ready(self) -> None:
        """Register the system checks, say how words are translated, let the counters begin."""
        from kianda.web import request_metrics  # noqa: F401 - importing them is all

        i18n.translate_by(gettext, ngettext, _writing)
        # Empty until collectstatic; WhiteNoise warns about a folder that is not there.
        # Collected files are for another user than the one who collects them, as in an image.
        mode = 0o777 if settings.KIANDA_STATIC_DIR else 0o700
        Path(settings.STATIC_ROOT).mkdir(mode=mode, parents=True, exist_ok=True)
        gc.freeze()
        gc.enable()


def _writing() -> i18n.Writing:
    language = get_language() or "en"
    return i18n.Writing(
        language=language,
        thousands=get_format("THOUSAND_SEPARATOR"),
        point=get_format("DECIMAL_SEPARATOR"),
        large_nouns=language.startswith("de"),
    )
