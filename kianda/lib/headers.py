"""Which headers a request may carry, and how their values are written. Plain Python."""

import re

from kianda.lib.i18n import gettext as _

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
OWN = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
BREAKS = re.compile(r"[\r\n\0]")


def header_flaw(name: str) -> str | None:
    """Return what is wrong with a header's name, or None."""
    if not TOKEN.match(name):
        return _("%(name)r is not a header name. Use letters, digits and hyphens.") % {"name": name}
    if name.lower() in OWN:
        return _("The header %(name)s is set automatically. Remove it.") % {"name": name}
    return None


def header_bytes(value: str) -> str | bytes:
    """Return a header's value as it is sent: Latin-1 as HTTP has it, else UTF-8."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8")
    return value
