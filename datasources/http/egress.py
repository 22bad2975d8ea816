"""Which addresses datasources may reach: decided on the resolved one, right before connecting."""

import contextlib
import ipaddress
import socket
import threading
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from django.conf import settings
from django.utils.translation import gettext as _

from datasources.http.refusals import NEVER, NOT_LISTED, not_public
from datasources.rest.allow_list import IPAddress, IPNetwork, read_allow_list
from datasources.rest.errors import CallFailed
from kianda.lib.addresses import Origin

SANDBOX_HOST = "sandbox.internal"


def _networks(*texts: str) -> tuple[IPNetwork, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Never reachable, whatever is allowed: here clouds hand out credentials.
ALWAYS_BLOCKED = _networks("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128")
# What `is_global` lets through although it leads inside, or nowhere.
BLOCKED = _networks(
    "0.0.0.0/8",
    "100.64.0.0/10",
    "192.0.0.0/24",
    "192.88.99.0/24",
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2001::/32",
    "2001:20::/28",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
)


class CheckedAddress(NamedTuple):
    """One checked address to connect to."""

    family: socket.AddressFamily
    address: Any


def refusal_of_literal(origin: Origin) -> str | None:
    """Return why the address that a base URL spells out may not be reached; None for a name."""
    try:
        found = socket.getaddrinfo(
            origin.host, origin.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (socket.gaierror, UnicodeError):
        return None
    return _refusal(str(found[0][4][0]), host=origin.host, port=origin.port)


def resolve(
    host: str,
    port: int,
    *,
    wait_s: float,
    by_operator: bool = False,
    within: tuple[str, ...] = (),
    every: bool = False,
) -> list[CheckedAddress]:
    """Return the addresses of a host that may be reached; raises CallFailed when there is none.

    A host that the operator has named in a setting of its own is allowed by that. `within` is the
    narrower list of a datasource. `every`: somebody else chooses among the addresses, so none of
    them may be a refused one.
    """
    targets, refused = [], ""
    found = [_sandbox()] if host == SANDBOX_HOST else _lookup(host, port, wait_s)
    for family, address in found:
        why = _not_listed(str(address[0]), host=host, port=port, within=within)
        if why is None and host != SANDBOX_HOST:
            why = _refusal(str(address[0]), host=host, port=port, by_operator=by_operator)
        if why is None:
            targets.append(CheckedAddress(family, address))
        refused = refused or why or ""
    if not targets or (every and refused):
        raise CallFailed("refused_address", refused)
    return targets


def _not_listed(address: str, *, host: str, port: int, within: tuple[str, ...]) -> str | None:
    """Return why the datasource's own list keeps an address back."""
    ip = ipaddress.ip_address(address.split("%")[0])
    plain = (ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip
    if not within or read_allow_list(within).holds(host=host, ip=plain, port=port):
        return None
    return _(NOT_LISTED) % {"name": address if address == host else f"{host} ({address})"}


def _refusal(address: str, *, host: str, port: int, by_operator: bool = False) -> str | None:
    ip = ipaddress.ip_address(address.split("%")[0])
    forms = _forms(ip)
    plain = forms[-1] if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else ip
    name = address if address == host else f"{host} ({address})"
    if any(_within(form, ALWAYS_BLOCKED) for form in forms):
        return _(NEVER) % {"name": name}
    allowed = read_allow_list(tuple(settings.KIANDA_EGRESS_ALLOW))
    if by_operator or allowed.holds(host=host, ip=plain, port=port):
        return None
    if plain.is_global and not plain.is_multicast and not _within(plain, BLOCKED):
        return None
    if settings.KIANDA_DEMO and (str(plain), port) == sandbox_address():
        return None
    inner = forms[-1] if len(forms) > 1 and plain is ip else None
    return not_public(name, ip=plain, entry=str(plain), inner=inner)


def _forms(ip: IPAddress) -> list[IPAddress]:
    """Return an address and the IPv4 address that it carries, if any."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    carried = [ip.ipv4_mapped, ip.sixtofour, ip.teredo[1] if ip.teredo else None]
    if _within(ip, BLOCKED) and ip.packed[:2] in (b"\0\0", b"\0\x64"):
        # IPv4-compatible and NAT64 addresses end in it.
        carried.append(ipaddress.IPv4Address(ip.packed[-4:]))
    return [ip, *(form for form in carried if form)]


def _within(ip: IPAddress, networks: tuple[IPNetwork, ...]) -> bool:
    return any(ip.version == network.version and ip in network for network in networks)


def sandbox_address() -> tuple[str, int] | None:
    """Return where the demo's sandbox listens, None when it does not run."""
    try:
        text = Path(settings.KIANDA_DATA_DIR, "sandbox.address").read_text(encoding="ascii")
        host, _, port = text.strip().rpartition(":")
        return host, int(port)
    except (OSError, ValueError):
        return None


def _sandbox() -> CheckedAddress:
    found = sandbox_address() if settings.KIANDA_DEMO else None
    if found is None:
        raise CallFailed(
            "connection",
            _("%(host)s only exists while the demo runs.") % {"host": SANDBOX_HOST},
        )
    return CheckedAddress(socket.AF_INET6 if ":" in found[0] else socket.AF_INET, found)


_Found: TypeAlias = list[tuple[socket.AddressFamily, Any]]
# A resolver that hangs must not gather threads without end.
_LOOKUPS = threading.BoundedSemaphore(64)


def _lookup(host: str, port: int, wait_s: float) -> _Found:
    with contextlib.suppress(socket.gaierror, UnicodeError):
        return _addresses(host, port, socket.AI_NUMERICHOST)
    if not _LOOKUPS.acquire(timeout=wait_s):
        raise CallFailed(
            "timeout", _("The name %(host)s could not be looked up in time.") % {"host": host}
        )
    answer: list[_Found | Exception] = []
    thread = threading.Thread(target=_ask, args=(host, port, answer), daemon=True)
    thread.start()
    thread.join(wait_s)
    if not answer:
        raise CallFailed(
            "timeout", _("The name %(host)s could not be looked up in time.") % {"host": host}
        )
    if isinstance(answer[0], Exception):
        raise CallFailed(
            "connection", _("There is no host named %(host)s.") % {"host": host}
        ) from answer[0]
    return answer[0]


def _ask(host: str, port: int, answer: list[_Found | Exception]) -> None:
    try:
        answer.append(_addresses(host, port, 0))
    except (OSError, UnicodeError) as error:
        answer.append(error)
    finally:
        _LOOKUPS.release()


def _addresses(host: str, port: int, flags: int) -> _Found:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]
