"""The forms of the pages of accounts."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones a person may choose, the workspace's first."""
    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    own = _("That of the workspace: %(zone)s") % {"zone": settings.KIANDA_TIME_ZONE}
    return [("", own), *((name, name) for name in names)]


class ProfileForm(forms.Form):
    """What a person chooses for the pages."""

    zone: Any = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=zone_choices,
        help_text=_("Pages show times in it. Scheduled tasks have a zone of their own."),
    )  # fmt: skip
    theme: Any = forms.ChoiceField(
        label=_("Theme"), required=False,
        choices=[("", _("System")), ("light", _("Light")), ("dark", _("Dark"))],
    )  # fmt: skip
    single_keys: Any = forms.BooleanField(
        label=_("Single letters act in the designer"), required=False,
        help_text=_("Switch it off if a speech or switch program types letters for you."),
    )  # fmt: skip
