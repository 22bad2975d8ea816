"""System checks: a wrong setting is told at start, with what to write instead."""

import ipaddress
import zoneinfo
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def settings_are_sound(**_: Any) -> list[CheckMessage]:
    """Check the values that settings.py takes from the environment as they are."""
    return [
        *_time_zone(),
        *_keys(),
        *_proxies(),
        *_egress(),
        *_public_url(),
        *_hosts(),
    ]


def _time_zone() -> list[CheckMessage]:
    name = settings.KIANDA_TIME_ZONE
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return [
            Error(
                f"KIANDA_TIME_ZONE is {name!r}, which is not a time zone.",
                hint="Enter a name such as Europe/Dublin or UTC.",
                id="kianda.E001",
            )
        ]
    return []


def _keys() -> list[CheckMessage]:
    keys = settings.KIANDA_SECRET_KEYS
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            return [
                Error(
                    f"Key {position} of {len(keys)} in KIANDA_SECRET_KEYS is not valid.",
                    hint="A key is 32 random bytes in URL-safe base64: 44 characters.",
                    id="kianda.E002",
                )
            ]
    if not keys:
        return [Error("KIANDA_SECRET_KEYS is empty.", hint="Set one key.", id="kianda.E002")]
    return []


def _proxies() -> list[CheckMessage]:
    for name in settings.KIANDA_TRUSTED_PROXIES:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            return [
                Error(
                    f"KIANDA_TRUSTED_PROXIES has {name!r}, which is not an address.",
                    hint="Enter addresses or networks such as 10.0.0.0/8, with commas.",
                    id="kianda.E003",
                )
            ]
    return []


def _egress() -> list[CheckMessage]:
    """A network that cannot be read would be taken for a host name that nothing ever has."""
    for name in settings.KIANDA_EGRESS_ALLOW:
        if "/" not in name:
            continue
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            return [
                Error(
                    f"KIANDA_EGRESS_ALLOW has {name!r}, which is not a network.",
                    hint="Enter hosts, host:port or networks such as 10.1.0.0/16, with commas.",
                    id="kianda.E005",
                )
            ]
    return []


def _public_url() -> list[CheckMessage]:
    parts = urlsplit(settings.KIANDA_PUBLIC_URL)
    if parts.scheme in {"http", "https"} and parts.hostname and not parts.path:
        return []
    return [
        Error(
            f"KIANDA_PUBLIC_URL is {settings.KIANDA_PUBLIC_URL!r}.",
            hint="Enter the scheme and host, such as https://kianda.example.org, without a path.",
            id="kianda.E004",
        )
    ]


def _hosts() -> list[CheckMessage]:
    if settings.EMBEDDED or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "KIANDA_ALLOWED_HOSTS is *, so anyone can choose the host name in links.",
            hint="Enter the hosts that people use.",
            id="kianda.W001",
        )
    ]
