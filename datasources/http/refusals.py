"""Why an address is not public, in a sentence of its own for each sort, and how to mend it."""

import ipaddress

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from datasources.rest.allow_list import IPAddress, IPNetwork

NEVER = gettext_noop(
    "%(name)s is a link-local address, which is never allowed. Enter the public address of "
    "the service."
)
NOT_LISTED = gettext_noop(
    "%(name)s is not an allowed address of this data source. An administrator can add it "
    "under Allowed addresses."
)
NOT_PUBLIC = gettext_noop("%(name)s is not a public address. %(sort)s")
ALLOW = gettext_noop(
    "If the service is there, an administrator of the server can add %(entry)s to the setting "
    "KIANDA_EGRESS_ALLOW."
)
THIS_SERVER = gettext_noop("It points to the server that Kianda runs on.")
PRIVATE = gettext_noop("It is in a private network.")
CARRIER = gettext_noop("It is in the internal network of an Internet provider.")
ANY = gettext_noop("It is a wildcard address. Enter the address of the service.")
MANY = gettext_noop("It is a multicast address. Enter the address of one server.")
CARRIES = gettext_noop("It contains the IPv4 address %(inner)s. Enter that one.")
NOBODY = gettext_noop("It is a reserved address.")


def _networks(*texts: str) -> tuple[IPNetwork, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# The first that holds an address says what it is.
SORTS: tuple[tuple[str, tuple[IPNetwork, ...]], ...] = (
    (ANY, _networks("0.0.0.0/8", "::/128")),
    (THIS_SERVER, _networks("127.0.0.0/8", "::1/128")),
    (PRIVATE, _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    (CARRIER, _networks("100.64.0.0/10", "192.0.0.0/29")),
    (MANY, _networks("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")),
)


def not_public(name: str, *, ip: IPAddress, entry: str, inner: IPAddress | None = None) -> str:
    """Return the sentence for an address that is not public.

    `entry` is what would allow it; `inner` the IPv4 address that an IPv6 address carries.
    """
    sort = _(_sort_of(ip, inner)) % {"inner": inner}
    told = _(NOT_PUBLIC) % {"name": name, "sort": sort}
    return f"{told} {_(ALLOW) % {'entry': entry}}"


def _sort_of(ip: IPAddress, inner: IPAddress | None) -> str:
    for sort, networks in SORTS:
        if any(ip.version == network.version and ip in network for network in networks):
            return sort
    return CARRIES if inner is not None else NOBODY
