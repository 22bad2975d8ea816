"""Why an address is not public, in a sentence of its own for each sort, and how to mend it."""

import ipaddress

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from datasources.rest.allow_list import IPAddress, IPNetwork

NEVER = gettext_noop(
    "%(name)s is a link-local address. Those cannot be reached at all. Clouds hand out "
    "credentials there. Write the address at which the service is known to others."
)
NOT_LISTED = gettext_noop(
    "%(name)s is not among the addresses that this data source may reach. An Administrator can add "
    "it in its settings, under Allowed addresses."
)
NOT_PUBLIC = gettext_noop("%(name)s is not a public address. %(sort)s")
ALLOW = gettext_noop(
    "If the service is there, an administrator of the server can add %(entry)s to the setting "
    "KIANDA_EGRESS_ALLOW."
)
THIS_SERVER = gettext_noop("It leads back to the server that Kianda runs on.")
PRIVATE = gettext_noop("It lies in a private network.")
CARRIER = gettext_noop("It lies in the inner network of an Internet provider.")
ANY = gettext_noop(
    "It stands for every address of a machine, and for none in particular. Write the one of the "
    "service."
)
MANY = gettext_noop("It stands for many machines at once. Write the address of one.")
CARRIES = gettext_noop("It stands for the IPv4 address %(inner)s. Write that one.")
NOBODY = gettext_noop("It is reserved: no service of the Internet answers there.")


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
