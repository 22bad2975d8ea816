"""What base URLs and paths may look like, and how they are put together. Plain Python."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from kianda.lib.i18n import gettext as _

PORTS = {"http": 80, "https": 443}
PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_][A-Za-z0-9_.-]*)\}")
# What may stand in a path as it is; everything else is percent-encoded.
PATH_SAFE = "/:@!$&'()*+,;=-._~%"
# More servers in a row than there are anywhere.
MOST_DECODINGS = 8
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_NOT_CONTROL_BUT_BLANK = re.compile(r"[\x00-\x1f\x7f]")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Origin(NamedTuple):
    """Scheme, host and port: who is spoken to."""

    scheme: str
    host: str
    port: int


def base_url_flaw(url: str) -> str | None:
    """Return what is wrong with a base URL, or None."""
    if _CONTROL.search(url) or "\\" in url:
        return _("Remove spaces, backslashes and control characters from the address.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return _("This is not an address. Enter one such as https://api.example.org.")
    if not parts.scheme or "://" not in url:
        return _("Enter the address with its scheme, such as https://api.example.org.")
    if parts.scheme.lower() not in PORTS:
        return _("The scheme %(scheme)s is not supported. Use https or http.") % {
            "scheme": parts.scheme
        }
    if parts.username is not None or parts.password is not None:
        return _("Remove the credentials from the address. Enter them under authentication.")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return _("The address cannot contain ? or #. Add query parameters to the REST methods.")
    if not host or port == 0:
        return _("The host or port is missing. Enter an address such as https://api.example.org.")
    return _host_flaw(host) or (path_flaw(parts.path) if parts.path else None)


def endpoint_flaw(url: str) -> str | None:
    """Return what is wrong with the whole address of one endpoint, which may have a query."""
    path, _mark, _query = url.partition("?")
    if "#" in url or _CONTROL.search(url):
        return _("Remove spaces, # and control characters from the address.")
    if names := re.findall(r"{+([^{}]*)}+", url):
        return _("Replace {%(name)s} in the address with your own value.") % {"name": names[0]}
    return base_url_flaw(path)


def _host_flaw(host: str) -> str | None:
    if "%" in host:
        return _("An IP address with a zone cannot be used. Remove the zone.")
    try:
        ascii_host(host)
    except UnicodeError:
        return _("%(host)s is not a host name.") % {"host": host}
    return None


def ascii_host(host: str) -> str:
    """Return a host name in small letters as DNS knows it; raises UnicodeError."""
    if ":" in host:
        return host.lower()
    made = host.rstrip(".").encode("idna").decode().lower()
    if not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", made):
        raise UnicodeError("no host name")
    return made


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of a checked URL."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return Origin(scheme, ascii_host(parts.hostname or ""), parts.port or PORTS[scheme])


def authority(origin: Origin) -> str:
    """Return host and port as they stand in an address; the scheme's own port is left out."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return host if origin.port == PORTS[origin.scheme] else f"{host}:{origin.port}"


def stem_of(base_url: str) -> str:
    """Return a base URL in the spelling that is sent, without a slash at its end."""
    origin = origin_of(base_url)
    path = quote(urlsplit(base_url).path.rstrip("/"), safe=PATH_SAFE)
    return f"{origin.scheme}://{authority(origin)}{path}"


def path_flaw(path: str, *, query: bool = False) -> str | None:
    """Return what is wrong with a path, or None. `query` allows a ? in it."""
    if not path.startswith("/"):
        return _("Start the path with /.")
    if _NOT_CONTROL_BUT_BLANK.search(path) or "\\" in path:
        return _("Remove backslashes and control characters from the path.")
    if "#" in path or ("?" in path and not query):
        return _("A path cannot contain ? or #. Add query parameters to their own list.")
    if any(map(_climbs, re.split(r"[/\\]", _decoded(path.split("?")[0])))):
        return _("A path cannot contain .. as a part, however it is encoded. Enter the full path.")
    if _BAD_PERCENT.search(path):
        return _("After % in a path, enter two hexadecimal digits. For % itself, enter %25.")
    return None


def _decoded(path: str) -> str:
    """Return a path as the last of several servers in a row might read it: each may decode once."""
    for _turn in range(MOST_DECODINGS):
        plain = unquote(path)
        if plain == path:
            break
        path = plain
    return path


def _climbs(part: str) -> bool:
    """Tell whether a part leads upwards: servers that know path parameters read ..;x as .. too."""
    return part.partition(";")[0].strip() == ".."


def template_flaw(path: str) -> str | None:
    """Return what is wrong with the path of a REST method, which may hold {names}."""
    if flaw := path_flaw(path):
        return flaw
    if re.search(r"[{}]", PLACEHOLDER.sub("", path)):
        return _("Write a path parameter as a name in braces, such as {customer}.")
    names = PLACEHOLDER.findall(path)
    if len(names) != len(set(names)):
        return _("Use each parameter in the path only once.")
    return None


def placeholders(path: str) -> tuple[str, ...]:
    """Return the names in braces."""
    return tuple(PLACEHOLDER.findall(path))
