"""Lists of hosts, host:ports and networks that may be reached. Plain Python."""

import contextlib
import functools
import ipaddress
import re
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field

from kianda.lib.addresses import Origin
from kianda.lib.i18n import gettext as _

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?")


class AllowList(NamedTuple):
    """Hosts and networks, read: each with a port or with None for any."""

    hosts: frozenset[tuple[str, int | None]]
    networks: tuple[tuple[IPNetwork, int | None], ...]

    def names(self, host: str, port: int) -> bool:
        """Tell whether an entry names this host."""
        return (host, None) in self.hosts or (host, port) in self.hosts

    def holds(self, *, host: str, ip: IPAddress, port: int) -> bool:
        """Tell whether an entry names this host or this address."""
        return self.names(host, port) or any(
            only in (None, port) and ip.version == network.version and ip in network
            for network, only in self.networks
        )


@functools.lru_cache(maxsize=256)
def read_allow_list(entries: tuple[str, ...]) -> AllowList:
    """Return entries sorted into hosts and networks, as KIANDA_EGRESS_ALLOW has them too."""
    hosts: set[tuple[str, int | None]] = set()
    networks: list[tuple[IPNetwork, int | None]] = []
    for entry in entries:
        name, port = _split_port(entry.strip().lower())
        try:
            networks.append((ipaddress.ip_network(name, strict=False), port))
        except ValueError:
            hosts.add((name.rstrip("."), port))
    return AllowList(frozenset(hosts), tuple(networks))


def entry_flaw(entry: str) -> str | None:
    """Return what is wrong with an entry, or None."""
    name, port = _split_port(entry.strip().lower())
    with contextlib.suppress(ValueError):
        ipaddress.ip_network(name, strict=False)
        return None
    if port == 0 or "/" in entry or "@" in entry or not HOST.fullmatch(name):
        return _(
            "Enter a host (api.example.org), a host with a port (api.example.org:8443) or a "
            "network (10.1.0.0/16)."
        )
    return None


def _entry(text: str) -> str:
    if flaw := entry_flaw(text):
        raise ValueError(flaw)
    return text.strip().lower()


AllowedAddress = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_entry)]


def outside(entries: tuple[str, ...], origin: Origin) -> bool:
    """Tell whether an address is seen to be outside a list before its name is looked up."""
    found = read_allow_list(entries)
    if not entries or found.names(origin.host, origin.port):
        return False
    try:
        ip = ipaddress.ip_address(origin.host)
    except ValueError:
        return not found.networks
    return not found.holds(host=origin.host, ip=ip, port=origin.port)


def _split_port(entry: str) -> tuple[str, int | None]:
    name, colon, port = entry.rpartition(":")
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, int(rest[1:]) if rest[1:].isdecimal() else None
    # An IPv6 address without brackets has several colons and no port.
    if colon and port.isdecimal() and ":" not in name:
        return name, int(port)
    return entry, None
