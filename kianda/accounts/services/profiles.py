"""What a person chose for the pages: read with defaults, written with checks."""

import functools
from contextlib import AbstractContextManager
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from kianda.accounts.models import Profile
from kianda.lib.errors import Flaw, Invalid

THEMES = ("", "light", "dark")
_CACHE = "_kianda_profile"


@functools.cache
def known_zones() -> frozenset[str]:
    """Return the names of the time zones, read once: it walks hundreds of files."""
    return frozenset(available_timezones())


def profile_of(user: Any) -> Profile:
    """Return the person's profile, or one with the defaults; read once per request."""
    known: Profile | None = getattr(user, _CACHE, None)
    if known is None:
        known = getattr(user, "profile", None) or Profile(user_id=user.pk)
        setattr(user, _CACHE, known)
    return known


def zone_of(user: Any) -> ZoneInfo:
    """Return the time zone a person's pages and runs count in."""
    return known_zone(profile_of(user).zone if user is not None and user.is_authenticated else "")


def known_zone(chosen: str | None) -> ZoneInfo:
    """Return a zone that was chosen; that of the workspace where none was."""
    # A zone may leave the zone table between two releases of it; then the workspace's holds.
    if chosen not in known_zones():
        chosen = settings.KIANDA_TIME_ZONE
    return ZoneInfo(chosen)


def known_language(chosen: str) -> str:
    """Return a language that was chosen; that of the installation where there is none such."""
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def accepted_language(header: str) -> str:
    """Return the first language of an Accept-Language header that there is; else nothing.

    A country is no language of its own here: de-AT is answered in German.
    """
    known = dict(settings.LANGUAGES)
    asked = (code for code, _weight in parse_accept_lang_header(header.lower()[:500]))
    return next(
        (one for code in asked for one in (code, code.partition("-")[0]) if one in known), ""
    )


def language_of(user: Any, *, accepted: str = "") -> str:
    """Return the language of a person, who may be nobody; `accepted` is an Accept-Language header.

    Without a header, as for a mail: the chosen one, else that of the installation.
    """
    chosen = profile_of(user).language if user is not None and user.is_authenticated else ""
    return known_language(chosen or accepted_language(accepted))


def in_language_of(user: Any) -> AbstractContextManager[None]:
    """Have what is said inside be said in the language of a person who is not asking now."""
    return translation.override(language_of(user))


def choose_theme(user: Any, theme: str) -> None:
    """Store the colours that a person chose; Invalid when there are none of that name."""
    known = profile_of(user)
    save_profile(
        user, zone=known.zone, language=known.language, theme=theme, single_keys=known.single_keys
    )


def save_profile(
    user: Any, *, zone: str, theme: str, single_keys: bool, language: str = ""
) -> Profile:
    """Store what the person chose; Invalid names what cannot be chosen."""
    flaws = []
    if zone and zone not in known_zones():
        flaws.append(
            Flaw(
                "/zone",
                _("Unknown time zone “%(zone)s”. Choose one from the list.") % {"zone": zone[:64]},
            )
        )
    if theme not in THEMES:
        flaws.append(Flaw("/theme", _("Choose System, Light or Dark.")))
    if language and language not in dict(settings.LANGUAGES):
        flaws.append(Flaw("/language", _("Choose a language from the list.")))
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
    profile, _made = Profile.objects.update_or_create(
        user_id=user.pk,
        defaults={"zone": zone, "language": language, "theme": theme, "single_keys": single_keys},
    )
    setattr(user, _CACHE, profile)
    return profile
